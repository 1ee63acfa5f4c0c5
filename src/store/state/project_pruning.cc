// Forgetting what is over. The event names every approval and rule that goes, so that a replay
// forgets the same; what is not over never goes, whatever an event says.
#include "store/state/fact_fields.h"
#include "store/state/project_parts.h"

#include <array>

namespace assent::store {
namespace {

constexpr std::string_view kApproval = R"sql(
  DELETE FROM approvals
   WHERE tenant = $1 AND id = $2
     AND status IN ('rejected', 'expired', 'cancelled', 'executed', 'abandoned')
     AND NOT EXISTS (SELECT 1
                       FROM escalations
                      WHERE escalations.tenant = $1 AND escalations.approval = $2
                        AND escalations.status = 'open'))sql";

constexpr std::string_view kRule = R"sql(
  DELETE FROM rules
   WHERE tenant = $1 AND id = $2
     AND (revoked_at IS NOT NULL OR expires_at < $3 OR uses >= max_uses))sql";

constexpr std::string_view kObligation = R"sql(
  DELETE FROM obligations
   WHERE tenant = $1 AND id = $2 AND closed_at IS NOT NULL)sql";

constexpr std::string_view kVotes = R"sql(
  DELETE FROM votes
   WHERE tenant = $1 AND approval = $2)sql";
constexpr std::string_view kEvidence = R"sql(
  DELETE FROM evidence
   WHERE tenant = $1 AND approval = $2)sql";
constexpr std::string_view kGrants = R"sql(
  DELETE FROM grants
   WHERE tenant = $1 AND approval = $2)sql";
constexpr std::string_view kExecutions = R"sql(
  DELETE FROM executions
   WHERE tenant = $1 AND approval = $2)sql";
constexpr std::string_view kEscalations = R"sql(
  DELETE FROM escalations
   WHERE tenant = $1 AND approval = $2)sql";
constexpr std::string_view kDeduplications = R"sql(
  DELETE FROM deduplications
   WHERE tenant = $1 AND approval = $2)sql";

// What hangs on an approval.
constexpr std::array kDependants = {kVotes,      kEvidence,    kGrants,
                                    kExecutions, kEscalations, kDeduplications};

template <class IdType>
std::vector<IdType> ids_of(FactFields& fields, std::string_view name) {
  std::vector<IdType> ids;
  for (const Json& item : fields.array(name).items()) {
    const auto id = item.is_string() ? IdType::parse(item.string()) : std::nullopt;
    if (!id) fields.spoil(name);
    ids.push_back(id.value_or(IdType{}));
  }
  return ids;
}

}  // namespace

Result<void> project_state_pruned(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const auto approvals = ids_of<ApprovalId>(fields, "approvals");
  const auto rules = ids_of<RuleId>(fields, "rules");
  std::vector<EventId> obligations;  // Absent where there were none.
  if (fields.has("obligations")) obligations = ids_of<EventId>(fields, "obligations");
  TRY(fields.finish());

  for (const ApprovalId& id : approvals) {
    TRY(require_one(fact, TRY(connection.run(kApproval, {fact.tenant, bytes_of(id)}))));
    for (const std::string_view dependants : kDependants) {
      TRY(connection.run(dependants, {fact.tenant, bytes_of(id)}));
    }
  }
  for (const RuleId& id : rules) {
    TRY(require_one(
        fact, TRY(connection.run(kRule, {fact.tenant, bytes_of(id), to_microseconds(fact.time)}))));
  }
  for (const EventId& id : obligations) {
    TRY(require_one(fact, TRY(connection.run(kObligation, {fact.tenant, bytes_of(id)}))));
  }
  return {};
}

}  // namespace assent::store
