// What the rules say no to. A refusal is a fact: it is committed with its events, unlike an Error.
#pragma once

#include "base/json.h"
#include "domain/words.h"

#include <optional>
#include <string>
#include <string_view>

namespace assent {

// A refusal as the caller and the log see it: `details` is the same object in both.
struct Refused {
  std::string code;     // The wire code: EVIDENCE_STALE, INVALID_STATE, ALREADY_CONSUMED, …
  std::string message;  // A sentence.
  Json details = Json::object();
};

// The one table of refusal texts and codes.
std::string_view refusal_code(Refusal refusal);  // `EVIDENCE_REQUIRED`
std::string_view refusal_message(Refusal refusal);
std::string_view refusal_code(GrantRefusal refusal);
std::string_view refusal_message(GrantRefusal refusal);

// The same as a Refused.
Refused refused_as(Refusal refusal, Json details = Json::object());

// `approval.blocked.evidence_stale`
std::string blocked_event(Refusal refusal);

}  // namespace assent
