// A proof as it is sent, and the texts that no field may be.
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

struct ProofText {
  std::string json;                 // Canonical. Empty: the event has no proof.
  std::optional<std::string> blob;  // Data that is too large to travel inside an event.
};
Result<ProofText> proof_text(const Proof& proof, const Redactor& redactor);

}  // namespace assent::emitter
