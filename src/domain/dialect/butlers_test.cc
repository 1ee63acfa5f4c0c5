#include "domain/dialect/testing_dialect.h"

#include <gtest/gtest.h>

namespace assent::dialect {
namespace {

// The members of the row that a test does not fix by itself: type, actor, reason, metadata.
std::string told(const StoredEvent& event) {
  const auto row = translate(Dialect::butlers, event);
  if (!row) return "none";
  EXPECT_EQ(*row->string_at("event_id"), kEventUuid);
  EXPECT_EQ(*row->string_at("occurred_at"), "2026-01-19T22:26:59.790000Z");
  EXPECT_EQ(row->members().size(), 8u);
  std::string text(*row->string_at("event_type"));
  text += " by " + std::string(*row->string_at("actor")) + ": ";
  text += json_text(*row->find("reason")) + " " + json_text(*row->find("event_metadata"));
  return text;
}

// `action`, `rule`, `both` or, if there is no row, `none`.
std::string link_of(const StoredEvent& event) {
  const auto row = translate(Dialect::butlers, event);
  if (!row) return "none";
  const bool has_action = row->string_at("action_id") == kApprovalUuid;
  const bool has_rule = row->string_at("rule_id") == kRuleUuid;
  EXPECT_EQ(has_action, !row->find("action_id")->is_null());
  EXPECT_EQ(has_rule, !row->find("rule_id")->is_null());
  return has_action && has_rule ? "both" : has_action ? "action" : "rule";
}

TEST(ButlersDialect, ARowIsTheSourcesRowMemberByMember) {
  EXPECT_EQ(row_text(Dialect::butlers, about("approval.succeeded", human())),
            R"({"event_id":")" + kEventUuid + R"(","action_id":")" + kApprovalUuid +
                R"(","rule_id":null,"event_type":"action_approved","actor":"user:)" + kAnnUuid +
                R"(","reason":"approved by operator","event_metadata":{"tool_name":"deploy"},)"
                R"("occurred_at":"2026-01-19T22:26:59.790000Z"})");
}

TEST(ButlersDialect, AQueuedActionSaysWhichWayTheGateSentIt) {
  const auto queued = [](Json more) {
    return told(about("approval.requested", {.type = ActorType::agent, .id = kAnn}, more));
  };
  const std::string start =
      R"(action_queued by system:approval_gate: "gated invocation intercepted" )";
  EXPECT_EQ(queued(Json::object({{"decision", "human"}, {"why", "policy.tools[1] answers"}})),
            start + R"({"tool_name":"deploy","path":"pending",)"
                    R"("reason":"no matching standing rule"})");
  EXPECT_EQ(queued(Json::object({{"decision", "human"}, {"unpinned", "to"}})),
            start + R"({"tool_name":"deploy","path":"pending",)"
                    R"("reason":"safety-critical arg not pinned by standing rule: to"})");
  const std::string automatic = start + R"({"tool_name":"deploy","path":"auto_approve"})";
  EXPECT_EQ(queued(Json::object({{"decision", "allow"}})), automatic);
  EXPECT_EQ(queued(Json::object({{"decision", "human"}, {"ruleId", kRule}})), automatic);
  // Of an older log, and of an approval that is no tool call.
  EXPECT_EQ(told(stored("approval.requested", human(), Json::object({{"approvalId", kApproval}}))),
            start + R"({"path":"pending","reason":"no matching standing rule"})");
}

TEST(ButlersDialect, Trap13_AnAutomaticApprovalIsNeverAPersons) {
  const Json with_rule = Json::object({{"ruleId", kRule}});
  EXPECT_EQ(told(about("approval.auto_approved", standing_rule(), with_rule)),
            "action_auto_approved by rule:" + kRuleUuid +
                R"(: "standing rule matched" {"tool_name":"deploy"})");
  EXPECT_EQ(link_of(about("approval.auto_approved", standing_rule(), with_rule)), "both");
  EXPECT_EQ(told(about("approval.auto_approved", policy_entry())),
            R"(action_auto_approved by rule:policy/3/0: "standing rule matched" )"
            R"({"tool_name":"deploy"})");
  EXPECT_EQ(link_of(about("approval.auto_approved", policy_entry())), "action");
  EXPECT_EQ(told(about("approval.expired", engine_actor(),
                       Json::object(
                           {{"timeoutAction", "auto_approve"}, {"resultingStatus", "approved"}}))),
            R"(action_auto_approved by system:expiry: "approval window elapsed" )"
            R"({"tool_name":"deploy"})");
}

TEST(ButlersDialect, DecisionsAreOfAUserAndARejectionSaysWhatTheUserSaid) {
  const Json said = Json::object({{"decision", Json::object({{"rationale", "too risky"}})}});
  EXPECT_EQ(told(about("approval.rejected", human(), said)),
            "action_rejected by user:" + kAnnUuid + R"(: "too risky" {"tool_name":"deploy"})");
  EXPECT_EQ(
      told(about("approval.rejected", human())),
      "action_rejected by user:" + kAnnUuid + R"(: "rejected by operator" {"tool_name":"deploy"})");
  EXPECT_EQ(told(about("approval.rejected", policy_entry())),
            R"(action_rejected by rule:policy/3/0: "rejected by policy" {"tool_name":"deploy"})");
  EXPECT_EQ(told(about("approval.deferred", human(), Json::object({{"hours", 24}}))),
            "action_deferred by user:" + kAnnUuid +
                R"(: "deferred by operator" {"tool_name":"deploy","hours":24})");
  EXPECT_EQ(told(about("approval.abandoned", human(), Json::object({{"reason", "obsolete"}}))),
            "action_abandoned by user:" + kAnnUuid + R"(: "obsolete" {"tool_name":"deploy"})");
  EXPECT_EQ(link_of(about("approval.succeeded", human())), "action");
}

TEST(ButlersDialect, AnExpiryIsTheSystems) {
  EXPECT_EQ(told(about("approval.expired", engine_actor(),
                       Json::object({{"resultingStatus", "expired"}}))),
            R"(action_expired by system:expiry: "approval window elapsed" {"tool_name":"deploy"})");
}

TEST(ButlersDialect, ExecutionsAreTheExecutorsAndFailuresSayWhy) {
  const Actor agent{.type = ActorType::agent, .id = kAnn};
  EXPECT_EQ(told(about("execution.succeeded", agent)),
            R"(action_execution_succeeded by system:executor: null {"tool_name":"deploy"})");
  EXPECT_EQ(link_of(about("execution.succeeded", agent)), "action");
  EXPECT_EQ(link_of(about("execution.succeeded", agent, Json::object({{"ruleId", kRule}}))),
            "both");
  const auto failed = [&](Json error) {
    const auto row =
        translate(Dialect::butlers,
                  about("execution.failed", agent, Json::object({{"error", std::move(error)}})));
    return json_text(*row->find("reason"));
  };
  EXPECT_EQ(failed("disk full"), R"("disk full")");
  EXPECT_EQ(failed(Json::object({{"code", 7}, {"message", "disk full"}})), R"("disk full")");
  EXPECT_EQ(failed(Json::object({{"code", 7}})), R"("{\"code\":7}")");
  EXPECT_EQ(failed(Json()), "null");
}

TEST(ButlersDialect, RulesAreLinkedToTheirSource) {
  const Json rule = Json::object({{"ruleId", kRule}, {"tool", "deploy"}});
  EXPECT_EQ(
      told(stored("rule.created", human(), rule)),
      "rule_created by user:" + kAnnUuid + R"(: "create_approval_rule" {"tool_name":"deploy"})");
  EXPECT_EQ(link_of(stored("rule.created", human(), rule)), "rule");
  Json from_action = rule;
  from_action.set("createdFrom", kApproval);
  EXPECT_EQ(told(stored("rule.created", human(), from_action)),
            "rule_created by user:" + kAnnUuid +
                R"(: "create_rule=true during approve_action" {"tool_name":"deploy"})");
  EXPECT_EQ(link_of(stored("rule.created", human(), from_action)), "both");
  EXPECT_EQ(told(stored("rule.revoked", human(), rule)),
            "rule_revoked by user:" + kAnnUuid +
                R"(: "rule revoked by operator" {"tool_name":"deploy"})");
  EXPECT_EQ(link_of(stored("rule.revoked", human(), rule)), "rule");
}

TEST(ButlersDialect, Trap10_AVoteThatDoesNotDecideIsNoApproval) {
  for (const char* type :
       {"approval.recorded", "approval.attempted", "approval.blocked.forbidden",
        "approval.cancelled", "breakglass.used", "grant.issued", "grant.consumed",
        "execution.started", "execution.partial", "execution.unknown", "execution.resolved",
        "evidence.attached", "content.publish", "policy.changed"}) {
    EXPECT_EQ(told(about(type, human())), "none") << type;
  }
}

TEST(ButlersDialect, WithoutAnActionOrARuleThereIsNoRow) {
  EXPECT_EQ(told(stored("approval.succeeded", human(), Json::object())), "none");
  EXPECT_EQ(told(stored("rule.revoked", human(), Json::object({{"ruleId", 7}}))), "none");
}

}  // namespace
}  // namespace assent::dialect
