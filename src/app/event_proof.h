// The proof that an event is in the log, for somebody who has only the log's key.
#pragma once

#include "app/get_event.h"
#include "app/operation.h"

#include <cstdint>
#include <optional>
#include <string>

namespace assent::app {

struct EventProof {
  std::string event;  // An id or a sequence.
  std::optional<std::int64_t> size;
};
void describe(Fields& fields, EventProof& in);

struct ProofText {
  std::string raw;
  std::string content_type;
};
void describe(Fields& fields, ProofText& out);

// C2SP tlog-proof v1 (ledger/proof.h). Code::unprocessable if the log never had that size or had it
// before the event.
Result<ProofText> event_proof(const store::Read& read, const EventProof& in);

}  // namespace assent::app
