#include "store/gauges.h"

#include <array>

namespace assent::store {

namespace {

// By tenant, because the index over the status begins with it.
constexpr std::string_view kPending = R"sql(
  SELECT COALESCE(SUM((SELECT COUNT(*)
                         FROM approvals AS a
                        WHERE a.tenant = t.number AND a.status = 'pending')), 0)
    FROM tenants AS t)sql";

constexpr std::string_view kUnknown = R"sql(
  SELECT COALESCE(SUM((SELECT COUNT(*)
                         FROM approvals AS a
                        WHERE a.tenant = t.number AND a.status = 'unknown')), 0)
    FROM tenants AS t)sql";

constexpr std::string_view kUnusedGrants = R"sql(
  SELECT COUNT(*)
    FROM grants
   WHERE consumed_at IS NULL AND expired_at IS NULL)sql";

constexpr std::string_view kOpenEscalations = R"sql(
  SELECT COUNT(*)
    FROM escalations
   WHERE status = 'open')sql";

constexpr std::string_view kStandingRules = R"sql(
  SELECT COUNT(*)
    FROM rules
   WHERE revoked_at IS NULL)sql";

constexpr std::string_view kEngagedSwitches = R"sql(
  SELECT COUNT(*)
    FROM kill_switches
   WHERE released_at IS NULL)sql";

constexpr std::string_view kWithGaps = R"sql(
  SELECT COUNT(*)
    FROM producers
   WHERE missing > 0)sql";

// In floating point, and bounded, because a sum of whole numbers that is too large is no answer.
constexpr std::string_view kMissing = R"sql(
  SELECT CAST(MIN(TOTAL(missing), 9007199254740991.0) AS INTEGER)
    FROM producers
   WHERE missing > 0)sql";

constexpr std::string_view kOpenObligations = R"sql(
  SELECT COUNT(*)
    FROM obligations
   WHERE closed_at IS NULL)sql";

constexpr std::string_view kOverdueObligations = R"sql(
  SELECT COALESCE(SUM((SELECT COUNT(*)
                         FROM obligations AS o
                        WHERE o.tenant = t.number AND o.closed_at IS NULL AND o.due_at < $1)), 0)
    FROM tenants AS t)sql";

constexpr std::array kGauges = {
    StateGauge{"assent_approvals_pending", "Approvals that wait for a decision.", kPending},
    StateGauge{"assent_executions_unknown",
               "Approvals whose execution ended nobody knows how: a person must find out.",
               kUnknown},
    StateGauge{"assent_grants_unused", "Grants neither used nor expired.", kUnusedGrants},
    StateGauge{"assent_escalations_open", "Escalations that nobody has resolved.",
               kOpenEscalations},
    StateGauge{"assent_rules_standing", "Standing rules that are not revoked.", kStandingRules},
    StateGauge{"assent_kill_switches_engaged",
               "Kill switches engaged, a global one in each tenant.", kEngagedSwitches},
    StateGauge{"assent_producers_with_gaps",
               "Producers of emitted events of which some never arrived.", kWithGaps},
    StateGauge{"assent_producer_events_missing",
               "Emitted events that never arrived: how blind the logs are.", kMissing},
    StateGauge{"assent_obligations_open", "Emitted events that are pending still.",
               kOpenObligations},
    StateGauge{"assent_obligations_overdue",
               "Emitted events that are pending still, and should not be.", kOverdueObligations,
               true},
};

}  // namespace

std::span<const StateGauge> state_gauges() {
  return kGauges;
}

Result<std::vector<std::int64_t>> read_gauges(Connection& connection, Timestamp now) {
  std::vector<std::int64_t> values;
  for (const StateGauge& gauge : kGauges) {
    const auto rows = gauge.takes_time ? TRY(connection.query(gauge.sql, {to_microseconds(now)}))
                                       : TRY(connection.query(gauge.sql));
    if (!TRY(rows->next())) return Error{Code::internal, "no answer to a count"};
    values.push_back(rows->integer(0));
  }
  return values;
}

}  // namespace assent::store
