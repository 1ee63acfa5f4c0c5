#include "app/expire.h"

#include "app/executions.h"
#include "app/grant_events.h"
#include "store/state/approvals.h"
#include "store/state/grants.h"

namespace assent::app {

namespace {

constexpr std::int64_t kExpiriesPerJob = 200;
// How late a deadline may be noticed by the timer. Decisions and starts notice at once.
constexpr std::chrono::milliseconds kTick{250};

Result<void> expire(store::Write& write, const Approval& approval) {
  Json data = Json::object({{"approvalId", approval.id.text()},
                            {"expiresAt", to_rfc3339(approval.expires_at)},
                            {"timeoutAction", "reject"},
                            {"resultingStatus", word(Status::expired)}});
  data.set_if("tool", approval.tool);
  TRY(write.record_as(engine_actor(), {.type = "approval.expired",
                                       .subject = "approval/" + approval.id.text(),
                                       .data = std::move(data),
                                       .correlation_id = approval.correlation_id}));
  return {};
}

}  // namespace

Result<void> expire_if_overdue(store::Write& write, const ApprovalId& id) {
  const Approval approval = TRY(store::approval(write, id));
  if (!is_overdue(approval, write.now())) return {};
  return expire(write, approval);
}

Result<void> expire_if_overdue(store::Write& write, const Grant& grant, const Approval& approval) {
  if (grant.consumed_at || grant.expired_at || write.now() <= grant.expires_at) return {};
  const auto ttl = std::chrono::floor<std::chrono::seconds>(grant.expires_at - grant.issued_at);
  TRY(write.record_as(
      engine_actor(),
      grant_event("grant.expired", approval, grant.id,
                  Json::object({{"expiredAt", to_rfc3339(write.now())},
                                {"createdAt", to_rfc3339(grant.issued_at)},
                                {"ttlSeconds", static_cast<std::int64_t>(ttl.count())},
                                {"wasConsumed", false}}))));
  return {};
}

Result<void> expire_overdue(store::Write& write, std::int64_t limit) {
  const auto approvals =
      TRY(store::overdue_approvals(write.connection(), write.tenant_key(), write.now(), limit));
  for (const ApprovalId& id : approvals) TRY(expire_if_overdue(write, id));
  const auto grants =
      TRY(store::overdue_grants(write.connection(), write.tenant_key(), write.now(), limit));
  for (const ApprovalId& id : grants) {
    const auto grant = TRY(store::grant_of(write, id));
    if (grant) TRY(expire_if_overdue(write, *grant, TRY(store::approval(write, id))));
  }
  const auto lapsed =
      TRY(store::lapsed_executions(write.connection(), write.tenant_key(), write.now(), limit));
  for (const ExecutionId& id : lapsed) {
    TRY(lapse_if_overdue(write, TRY(store::execution(write, id))));
  }
  return {};
}

TimerTask expiry_task() {
  return {.name = "expiry",
          .tick = kTick,
          .is_due =
              [](store::Store& store) {
                const auto deadline = store.next_deadline();
                return deadline && *deadline && **deadline < store.clock().now();
              },
          .run = [](store::Write& write) { return expire_overdue(write, kExpiriesPerJob); }};
}

}  // namespace assent::app
