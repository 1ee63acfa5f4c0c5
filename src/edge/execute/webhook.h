// The signature of an outgoing call, as Standard Webhooks 1.0 has it (standardwebhooks.com): HMAC
// of id, time and body under a secret that the receiver has. Pure.
#pragma once

#include "base/secret.h"
#include "base/time.h"

#include <string>
#include <string_view>
#include <vector>

namespace assent::execute {

struct Message {
  std::string_view id;  // The same for the same attempt: a receiver recognises a replay by it.
  Timestamp at;
  std::string_view body;
};

// The three header lines.
std::vector<std::string> signed_headers(const Secret& secret, const Message& message);

// The secret as receivers are given it: `whsec_` and base64.
std::string secret_text(const Secret& secret);

}  // namespace assent::execute
