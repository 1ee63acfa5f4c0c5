// The proof that the log only grew between two of its sizes.
#pragma once

#include "app/operation.h"

#include <cstdint>
#include <string>
#include <vector>

namespace assent::app {

struct LogConsistency {
  std::int64_t from = 0;
  std::int64_t to = 0;
};
void describe(Fields& fields, LogConsistency& in);

struct ConsistencyProof {
  std::int64_t from = 0;
  std::int64_t to = 0;
  std::vector<std::string> proof;  // RFC 6962 §2.1.2, base64.
};
void describe(Fields& fields, ConsistencyProof& out);

// Code::unprocessable unless from <= to <= the log's size.
Result<ConsistencyProof> log_consistency(const store::Read& read, const LogConsistency& in);

}  // namespace assent::app
