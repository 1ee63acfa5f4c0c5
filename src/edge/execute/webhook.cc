#include "edge/execute/webhook.h"

#include "base/hash.h"
#include "base/text.h"

namespace assent::execute {

std::vector<std::string> signed_headers(const Secret& secret, const Message& message) {
  const std::string id(message.id);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(message.at).time_since_epoch();
  const std::string time = std::to_string(seconds.count());
  const Hash mac = hmac_sha256(secret.reveal(), id + '.' + time + '.' + std::string(message.body));
  return {"webhook-id: " + id, "webhook-timestamp: " + time,
          "webhook-signature: v1," + to_base64(as_bytes(mac))};
}

std::string secret_text(const Secret& secret) {
  return "whsec_" + to_base64(secret.reveal());
}

}  // namespace assent::execute
