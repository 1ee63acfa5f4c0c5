// What shows that an emitted event happened as it says.
#pragma once

#include "app/operation.h"
#include "domain/words.h"

#include <cstddef>
#include <optional>
#include <string>

namespace assent::app {

// More than this lies in a blob, so that events stay small.
inline constexpr std::size_t kProofDataBytesMax = 16384;

struct EmittedProof {
  ProofType type = ProofType::none;
  std::optional<Json> data;
  std::optional<std::string> url;
  std::optional<Hash> sha256;  // Of what was seen.
  std::optional<Timestamp> captured_at;
  std::optional<Hash> blob;           // What was seen, uploaded beforehand.
  std::optional<bool> is_unverified;  // The emitter knows that nothing pins what was seen.
};
void describe(Fields& fields, EmittedProof& proof);

// The fault of a proof whose members do not fit its type. `path` is the proof's own.
Result<void> check(const EmittedProof& proof, const std::string& path);

// Whether nothing pins what was seen: it may be something else when somebody looks.
bool is_unverified(const EmittedProof& proof);

Json to_json(const EmittedProof& proof);

}  // namespace assent::app
