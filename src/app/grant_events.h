// What every event about a grant says. For the operations that issue, use, refuse and end grants.
#pragma once

#include "app/operation.h"
#include "domain/approval.h"
#include "domain/event.h"
#include "domain/refusal.h"

#include <span>
#include <string>

namespace assent::app {

// An event about the approval's grant. Of a plan it names the plan's hash as such besides.
Event grant_event(std::string type, const Approval& approval, const GrantId& grant,
                  Json data = Json::object());

// The words of the refusals, in order.
Json words_of(std::span<const GrantRefusal> refusals);

// `grant.refused` by the caller, and what the caller is told. `missing`: everything that a plan
// lacks, `refusal` among it; empty for what is no plan.
Result<Refused> refuse_grant(store::Write& write, const Actor& actor, const Approval& approval,
                             const Grant& grant, GrantRefusal refusal,
                             std::span<const GrantRefusal> missing = {});

// `grant.consumed`.
Result<void> record_consumption(store::Write& write, const Actor& actor, const Approval& approval,
                                const Grant& grant, Json data = Json::object());

}  // namespace assent::app
