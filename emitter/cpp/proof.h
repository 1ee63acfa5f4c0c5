// A proof as it is sent, and what goes for the texts of all fields.
#pragma once

#include "base/redact.h"

#include <assent/emitter.h>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace assent::emitter {

// What is wrong with a text of 1 to `bytes_max` bytes without control characters, if anything.
std::optional<Error> fault_of_text(std::string_view field, std::string_view text,
                                   std::size_t bytes_max);

// The text as it is sent; what is wrong with it is asked of that. What is not Unicode stays as it
// is, to be refused.
std::string without_secrets(std::string_view text, const Redactor& redactor);

struct ProofText {
  std::string json;                 // Canonical. Empty: the event has no proof.
  std::optional<std::string> blob;  // Data that is too large to travel inside an event.
};
Result<ProofText> proof_text(const Proof& proof, const Redactor& redactor);

}  // namespace assent::emitter
