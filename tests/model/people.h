// Who is what, in the model's world.
#pragma once

#include "model.h"

namespace assent::model {

constexpr Micros kHour = 3600 * kSecond;
constexpr Micros kDay = 24 * kHour;
constexpr std::size_t kAttemptsMax = 3;

inline bool is_human(Who who) {
  return who != robot && who != service;
}
inline bool is_approver(Who who) {
  return who == olga || who == ann || who == bob || who == pat || who == service;
}
// Whoever asks, and the human who answers for an agent that asks.
inline bool is_requester(Who who, Who requester) {
  return who == requester || (requester == robot && who == olga);
}
inline bool may_ask(Who who) {
  return who == robot || is_approver(who) || who == admin;
}

}  // namespace assent::model
