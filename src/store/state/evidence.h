// Evidence, as the state tables have it. Errors as in approvals.h.
#pragma once

#include "base/result.h"
#include "domain/evidence.h"
#include "store/read.h"

#include <vector>

namespace assent::store {

// Every item of the approval, withdrawn ones too, as attached. Empty if there is no such approval.
Result<std::vector<Evidence>> evidence_of(const Read& read, const ApprovalId& approval);

Result<Evidence> evidence(const Read& read, const EvidenceId& id);

}  // namespace assent::store
