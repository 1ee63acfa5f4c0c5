// A withdrawn piece of evidence counts as none.
#pragma once

#include "app/operation.h"
#include "domain/evidence.h"

#include <optional>
#include <string>

namespace assent::app {

struct WithdrawEvidence {
  EvidenceId evidence;
  std::optional<std::string> reason;
};
void describe(Fields& fields, WithdrawEvidence& in);

struct Withdrawn {
  EvidenceId id;
  ApprovalId approval_id;
  Timestamp withdrawn_at;
};
void describe(Fields& fields, Withdrawn& out);

Result<Withdrawn> withdraw_evidence(store::Write& write, const WithdrawEvidence& in);

}  // namespace assent::app
