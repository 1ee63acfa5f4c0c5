#include "app/resolve_execution.h"

#include "app/executions.h"
#include "app/suggestions.h"
#include "base/canonical.h"
#include "domain/policy.h"
#include "store/state/approvals.h"
#include "store/state/grants.h"

#include <array>

namespace assent {

template <>
std::span<const std::string_view> words<app::ResolvedAs>() {
  static constexpr std::array<std::string_view, 3> kWords = {"success", "failure", "partial"};
  return kWords;
}

}  // namespace assent

namespace assent::app {

namespace {

constexpr std::size_t kVerificationBytesMax = 16 * 1024;

bool has_verification(const ResolveExecution& in) {
  return in.verification && !in.verification->value.members().empty();
}

// Whoever started it is not believed on their word: they, or their tool, have to have looked.
Result<void> check_resolver(const ResolveExecution& in, const Execution& execution,
                            const Principal& caller) {
  if (caller.id == execution.started_by) {
    if (has_verification(in)) return {};
    return Error{Code::insufficient_permissions,
                 "who started the execution resolves it by a verification only",
                 {{"verification", "is needed: what was looked at, and what was found"}}};
  }
  const bool may_resolve = caller.type == PrincipalType::human &&
                           (caller.has(Role::approver) || caller.has(Role::admin));
  if (may_resolve) return {};
  return Error{Code::insufficient_permissions,
               "only a human approver or admin, or who started the execution, may resolve it"};
}

}  // namespace

Result<void> prepare(ResolveExecution& in, const Preparation& preparation) {
  const auto policy = TRY(preparation.policies.of(preparation.caller.tenant.number));
  policy->redactor.redact(in.note);
  if (in.verification) policy->redactor.redact(in.verification->value);
  if (in.note.find_first_not_of(" \t\n") == std::string::npos) {
    return Error{Code::validation_error, "a resolution says why", {{"note", "must not be blank"}}};
  }
  if (!in.verification) return {};
  if (canonical_json(in.verification->value).size() <= kVerificationBytesMax) return {};
  return Error{Code::too_large,
               "the verification has more than 16 KiB",
               {{"verification", "is too large: upload a blob and name its hash"}}};
}

Result<Resolved> resolve_execution(store::Write& write, const ResolveExecution& in) {
  Execution execution = TRY(store::execution(write, in.execution));
  TRY(check_resolver(in, execution, write.caller().principal));
  if (TRY(lapse_if_overdue(write, execution))) {
    execution = TRY(store::execution(write, in.execution));
  }
  if (execution.state != ExecutionState::unknown) {
    return Error{Code::invalid_state,
                 "there is nothing to resolve: the execution is " +
                     (execution.state == ExecutionState::started
                          ? "running until " + to_rfc3339(execution.lease_expires_at)
                          : "known as " + std::string(word(execution.state)))};
  }
  const Approval approval = TRY(store::approval(write, execution.approval));
  if (approval.requires_proof && in.as == ResolvedAs::success && !has_verification(in)) {
    return Error{Code::unprocessable,
                 "the policy wants proof of a success",
                 {{"verification", "is needed: what shows the outcome"}}};
  }
  Json data = Json::object({{"as", word(in.as)}, {"note", in.note}});
  if (in.verification) data.set("verification", in.verification->value);
  TRY(write.record(execution_event("execution.resolved", execution.id, approval, std::move(data))));
  if (in.as == ResolvedAs::failure) TRY(suggest_demotion(write, approval));
  const auto escalation = TRY(escalate_if_exhausted(write, execution.id));
  const auto status = status_after(*from_word<ExecutionState>(word(in.as)));
  return Resolved{.execution_id = execution.id,
                  .approval_id = approval.id,
                  .as = in.as,
                  .status = status.value_or(Status::approved),
                  .resolved_at = write.now(),
                  .escalation_id = escalation};
}

void describe(Fields& fields, ResolveExecution& in) {
  fields.path("id", in.execution, "the execution");
  fields.field("as", in.as, "what the outcome was: success, failure or partial");
  fields.field("note", in.note, "how you know",
               {.length_max = 2000, .length_min = 1, .allows_newlines = true});
  fields.field("verification", in.verification,
               "what was looked at and found; needed from who started the execution");
}

void describe(Fields& fields, Resolved& out) {
  fields.field("executionId", out.execution_id, "the execution");
  fields.field("approvalId", out.approval_id, "the approval");
  fields.field("as", out.as, "as given");
  fields.field("status", out.status, "the approval's status after it");
  fields.field("resolvedAt", out.resolved_at, "the commit's time");
  fields.field("escalationId", out.escalation_id, "raised where no attempt is left");
}

}  // namespace assent::app
