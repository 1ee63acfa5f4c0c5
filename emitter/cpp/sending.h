// The requests that an emitter makes, and what an answer means for what was sent.
#pragma once

#include <assent/emitter.h>
#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace assent::emitter {

using Send = std::function<Answer(const Request&)>;

// Not now. What was sent may or may not have arrived.
struct Later {
  std::string reason;
  std::chrono::seconds after{0};
  bool is_too_large = false;  // Something on the way says so: in smaller pieces it may pass.
};

// Durably in the log, in the order of the ids; refused for good; or neither.
using Delivery = std::variant<std::vector<Receipt>, Error, Later>;

// Whether somebody waits who can put a wrong key right, or the spool does, which has time.
enum class Patience { single, spooled };

Request event_request(const std::string& key, std::string event, const std::string& traceparent);
// `lines`: events, each ended by a newline.
Request batch_request(const std::string& key, std::string lines);
Request blob_request(const std::string& key, std::string blob);

Delivery send_event(const Send& send, const Request& request, const std::string& id,
                    Patience patience);
Delivery send_batch(const Send& send, const Request& request, std::span<const std::string> ids);
// Without receipts: a blob is in no log.
Delivery send_blob(const Send& send, const Request& request, Patience patience);

}  // namespace assent::emitter
