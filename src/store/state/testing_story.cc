#include "store/state/testing_story.h"

#include "store/sqlite/sqlite_connection.h"
#include "store/state/projection.h"

#include <chrono>

namespace assent::store {
namespace {

using std::chrono::hours;

const std::string kTrace(32, 'a');

Step step(Actor actor, std::string type, std::string subject, Json data,
          std::optional<std::string> correlation = std::nullopt) {
  return {.actor = std::move(actor),
          .event = {.type = std::move(type),
                    .subject = std::move(subject),
                    .data = std::move(data),
                    .correlation_id = std::move(correlation)}};
}

Step about(const Ask& ask, Actor actor, std::string type, Json data) {
  data.set("approvalId", ask.id.text());
  return step(std::move(actor), std::move(type), "approval/" + ask.id.text(), std::move(data),
              ask.correlation_id);
}

Actor rule() {
  return {.type = ActorType::rule, .id = "policy/0/0"};
}

Json arguments() {
  return Json::object({{"path", "/srv/a"}});
}

Json one_approver() {
  return to_json(Quorum{.alternatives = {{{.role = Role::approver, .count = 1}}}});
}

Json no_evidence_required() {
  return to_json(EvidencePolicy{.required = false, .ttl_seconds = 60});
}

Json decision(std::string_view action) {
  return Json::object({{"action", action}});
}

std::string_view type_of(ExecutionState state) {
  switch (state) {
    case ExecutionState::started:
      return "execution.started";
    case ExecutionState::success:
      return "execution.succeeded";
    case ExecutionState::failure:
      return "execution.failed";
    case ExecutionState::partial:
      return "execution.partial";
    case ExecutionState::unknown:
      return "execution.unknown";
  }
  return {};
}

}  // namespace

Actor human(const PrincipalId& id) {
  return {.type = ActorType::human, .id = id.text()};
}

Actor agent(const PrincipalId& id) {
  return {.type = ActorType::agent, .id = id.text()};
}

Ask Story::ask(const PrincipalId& by, std::string tool) {
  std::string hash = tool_call_hash(tool, arguments());
  return {.id = make<ApprovalId>(),
          .tool = std::move(tool),
          .content_hash = std::move(hash),
          .by = by,
          .asked_at = now,
          .expires_at = now + hours(1),
          .grant = make<GrantId>(),
          .correlation_id = "flow-" + make<EventId>().text()};
}

Step Story::founded(TenantNumber number, std::string_view name) {
  return step(engine_actor(), "ledger.created", "ledger/" + std::string(name),
              Json::object({{"name", name},
                            {"number", static_cast<std::int64_t>(number)},
                            {"origin", "test.example/t/" + std::string(name)},
                            {"verifierKey", "test.example/t/" + std::string(name) + "+0+x"}}));
}

Step Story::principal(const PrincipalId& id, PrincipalType type, const std::vector<Role>& roles) {
  Json words = Json::array();
  for (const Role role : roles) words.push(word(role));
  return step(engine_actor(), "principal.created", "principal/" + id.text(),
              Json::object({{"principalId", id.text()},
                            {"type", word(type)},
                            {"name", "somebody"},
                            {"roles", std::move(words)},
                            {"email", "somebody@test.example"}}));
}

Step Story::key(const KeyId& id, const PrincipalId& principal) {
  return step(engine_actor(), "key.created", "key/" + id.text(),
              Json::object({{"keyId", id.text()},
                            {"principalId", principal.text()},
                            {"keyHash", content_hash_text(sha256(id.text()))},
                            {"name", "laptop"},
                            {"expiresAt", to_rfc3339(now + hours(24))}}));
}

Step Story::key_revoked(const KeyId& id, const PrincipalId& principal) {
  return step(engine_actor(), "key.revoked", "key/" + id.text(),
              Json::object({{"keyId", id.text()}, {"principalId", principal.text()}}));
}

Step Story::policy(std::int64_t version, const std::string& sha256,
                   const std::optional<std::string>& previous) {
  const auto id = make<PolicyId>();
  Json data = Json::object({{"policyId", id.text()}, {"version", version}, {"sha256", sha256}});
  data.set_if("previousSha256", previous);
  return step(engine_actor(), "policy.changed", "policy/" + id.text(), std::move(data));
}

Step Story::requested(const Ask& ask) {
  return about(
      ask, agent(ask.by), "approval.requested",
      Json::object(
          {{"kind", "tool_call"},
           {"tool", ask.tool},
           {"subject",
            Json::object({{"arguments", arguments()}, {"kind", "tool_call"}, {"tool", ask.tool}})},
           {"contentHash", ask.content_hash},
           {"riskTier", "high"},
           {"policyVersion", 0},
           {"evidencePolicy", no_evidence_required()},
           {"quorum", one_approver()},
           {"selfApproval", "forbidden"},
           {"expiresAt", to_rfc3339(ask.expires_at)},
           {"maxAttempts", 3},
           {"grantTtlSeconds", 3600},
           {"requestedBy", ask.by.text()},
           {"why", "no policy entry matches"},
           {"request", Json::object({{"title", "Delete it"}})}}));
}

Step Story::auto_approved(const Ask& ask) {
  return about(ask, rule(), "approval.auto_approved",
               Json::object({{"approvedAt", to_rfc3339(now)},
                             {"policyEntry", 0},
                             {"contentHash", ask.content_hash},
                             {"grantId", ask.grant.text()},
                             {"ttlSeconds", 3600},
                             {"expiresAt", to_rfc3339(now + hours(1))}}));
}

Step Story::attempted(const Ask& ask, const PrincipalId& by, Verdict verdict) {
  return about(
      ask, human(by), "approval.attempted",
      Json::object({{"verdict", word(verdict)}, {"evidencePolicy", no_evidence_required()}}));
}

Step Story::blocked(const Ask& ask, const PrincipalId& by, Refusal refusal) {
  return about(ask, human(by), "approval.blocked." + std::string(word(refusal)),
               Json::object({{"reason", word(refusal)}, {"details", Json::object()}}));
}

Step Story::recorded(const Ask& ask, const PrincipalId& by) {
  return about(ask, human(by), "approval.recorded",
               Json::object({{"decisionId", make<DecisionId>().text()},
                             {"roles", Json::Array{"approver"}},
                             {"decision", decision("approved")},
                             {"votes", Json::object({{"have", 1}, {"need", 2}})}}));
}

Step Story::succeeded(const Ask& ask, const PrincipalId& by) {
  return about(ask, human(by), "approval.succeeded",
               Json::object({{"decisionId", make<DecisionId>().text()},
                             {"roles", Json::Array{"approver", "admin"}},
                             {"approvedBy", by.text()},
                             {"approvedAt", to_rfc3339(now)},
                             {"contentHash", ask.content_hash},
                             {"decision", decision("approved")},
                             {"response", Json::object({{"durationSeconds", 1}})},
                             {"votes", Json::object({{"have", 1}, {"need", 1}})},
                             {"grantId", ask.grant.text()}}));
}

Step Story::rejected(const Ask& ask, const PrincipalId& by) {
  return about(ask, human(by), "approval.rejected",
               Json::object({{"decisionId", make<DecisionId>().text()},
                             {"rejectedBy", by.text()},
                             {"rejectedAt", to_rfc3339(now)},
                             {"contentHash", ask.content_hash},
                             {"decision", decision("rejected")}}));
}

Step Story::rejected_by_rule(const Ask& ask) {
  return about(ask, rule(), "approval.rejected",
               Json::object({{"rejectedAt", to_rfc3339(now)},
                             {"policyEntry", 0},
                             {"contentHash", ask.content_hash}}));
}

Step Story::cancelled(const Ask& ask) {
  return about(ask, agent(ask.by), "approval.cancelled",
               Json::object({{"decisionId", make<DecisionId>().text()},
                             {"cancelledBy", ask.by.text()},
                             {"cancelledAt", to_rfc3339(now)}}));
}

Step Story::expired(const Ask& ask) {
  return about(ask, engine_actor(), "approval.expired",
               Json::object({{"expiresAt", to_rfc3339(ask.expires_at)},
                             {"timeoutAction", "reject"},
                             {"resultingStatus", "expired"}}));
}

Step Story::attached(const Ask& ask, const EvidenceId& id) {
  return about(ask, agent(ask.by), "evidence.attached",
               Json::object({{"evidenceId", id.text()},
                             {"type", "text"},
                             {"name", "note"},
                             {"text", "It is safe."},
                             {"sha256", content_hash_text(sha256("It is safe."))},
                             {"sizeBytes", 11},
                             {"capturedAt", to_rfc3339(now)}}));
}

Step Story::withdrawn(const Ask& ask, const EvidenceId& id) {
  return about(ask, agent(ask.by), "evidence.withdrawn",
               Json::object({{"evidenceId", id.text()}, {"type", "text"}}));
}

Step Story::issued(const Ask& ask) {
  return about(ask, engine_actor(), "grant.issued",
               Json::object({{"grantId", ask.grant.text()},
                             {"contentHash", ask.content_hash},
                             {"ttlSeconds", 3600},
                             {"expiresAt", to_rfc3339(now + hours(1))},
                             {"form", "identity"}}));
}

Step Story::consumed(const Ask& ask) {
  return about(ask, agent(ask.by), "grant.consumed",
               Json::object({{"grantId", ask.grant.text()},
                             {"contentHash", ask.content_hash},
                             {"consumedAt", to_rfc3339(now)},
                             {"timeToConsumeSeconds", 0},
                             {"wasExpired", false}}));
}

Step Story::grant_expired(const Ask& ask) {
  return about(ask, engine_actor(), "grant.expired",
               Json::object({{"grantId", ask.grant.text()},
                             {"contentHash", ask.content_hash},
                             {"expiredAt", to_rfc3339(now)},
                             {"createdAt", to_rfc3339(ask.asked_at)},
                             {"ttlSeconds", 3600},
                             {"wasConsumed", false}}));
}

Step Story::started(const Ask& ask, const ExecutionId& id, std::int64_t attempt) {
  return about(
      ask, agent(ask.by), "execution.started",
      Json::object(
          {{"executionId", id.text()}, {"grantId", ask.grant.text()}, {"attempt", attempt}}));
}

Step Story::ended(const Ask& ask, const ExecutionId& id, ExecutionState state) {
  return about(ask, agent(ask.by), std::string(type_of(state)),
               Json::object({{"executionId", id.text()},
                             {"outcome", word(state)},
                             {"durationMs", 5},
                             {"result", Json::object({{"exit", 0}})},
                             {"error", "none"}}));
}

Step Story::renewed(const Ask& ask, const ExecutionId& id, Timestamp until) {
  return about(ask, agent(ask.by), "execution.renewed",
               Json::object({{"executionId", id.text()}, {"leaseExpiresAt", to_rfc3339(until)}}));
}

Step Story::resolved(const Ask& ask, const ExecutionId& id, const PrincipalId& by,
                     ExecutionState as) {
  return about(
      ask, human(by), "execution.resolved",
      Json::object({{"executionId", id.text()}, {"as", word(as)}, {"note", "It is gone."}}));
}

Step Story::escalated(const Ask& ask, const EscalationId& id, const ExecutionId& execution) {
  return about(ask, engine_actor(), "escalation.triggered",
               Json::object({{"escalationId", id.text()},
                             {"executionId", execution.text()},
                             {"type", "retry_exhausted"},
                             {"attempts", 3},
                             {"history", Json::array()}}));
}

TestState::TestState()
    : connection_(open_sqlite({.path = ":memory:"}).value()),
      blobs_(Blobs::open(directory_ / "blobs").value()) {
  CHECK(migrate(*connection_, sqlite_migrations()).has_value());
  CHECK(connection_->begin().has_value());
}

Result<void> TestState::tell(const Step& step, Timestamp at, TenantNumber tenant) {
  TRY(connection_->savepoint());
  Json data = step.event.data;
  data.set("actor", to_json(step.actor));
  const EventId id = step.event.id.value_or(EventId{});
  auto result =
      project(*connection_,
              {.tenant = static_cast<std::int64_t>(tenant),
               .sequence = sizes_[tenant],
               .time = at,
               .id = id,
               .type = step.event.type,
               .subject = step.event.subject,
               .correlation_id = step.event.correlation_id ? *step.event.correlation_id : kTrace,
               .data = data,
               .causation = step.event.causation});
  if (result) {
    ++sizes_[tenant];
    TRY(connection_->release());
  } else {
    TRY(connection_->rollback_to_savepoint());
  }
  return result;
}

Read& TestState::read(Timestamp now, TenantNumber tenant) {
  caller_.tenant.number = tenant;
  return read_.emplace(Read::Parts{.connection = *connection_,
                                   .blobs = *blobs_,
                                   .search = nullptr,
                                   .caller = caller_,
                                   .now = now,
                                   .size = sizes_[tenant]});
}

}  // namespace assent::store
