// The log gets a new key: what is signed from here on says so, and who trusted the old key is
// handed over.
#pragma once

#include "app/operation.h"

#include <string>

namespace assent::app {

struct RotateLogKey {
  RotationReason reason = RotationReason::scheduled;
  std::string rationale;
};
void describe(Fields& fields, RotateLogKey& in);
Result<void> prepare(RotateLogKey& in, const Preparation& preparation);

struct RotatedLogKey {
  std::int64_t generation = 0;
  std::string verifier_key;
  std::string previous_verifier_key;
  std::int64_t from_size = 0;
};
void describe(Fields& fields, RotatedLogKey& out);

Result<RotatedLogKey> rotate_log_key(store::Write& write, const RotateLogKey& in);

}  // namespace assent::app
