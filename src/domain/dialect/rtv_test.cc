#include "domain/dialect/testing_dialect.h"
#include "domain/words.h"

#include <gtest/gtest.h>

namespace assent::dialect {
namespace {

const std::string kTime = "2026-01-19T22:26:59.790000Z";

StoredEvent emitted(const std::string& more, const Actor& actor = human()) {
  auto data =
      parse_json(R"({"actionType":"content.publish","targetType":"post","targetId":"post-4",)"
                 R"("outcome":"partial")" +
                 more + "}");
  return stored("content.publish", actor, std::move(data).value());
}

std::string member(const StoredEvent& event, std::string_view name) {
  const auto row = translate(Dialect::rtv, event);
  return row ? json_text(*row->find(name)) : "none";
}

TEST(RtvDialect, ARowIsTheTablesRowColumnByColumn) {
  EXPECT_EQ(row_text(Dialect::rtv, emitted("")),
            R"({"id":")" + kEventUuid +
                R"(","clientId":"acme","actionType":"content.publish","actorType":"user",)"
                R"("actorId":")" +
                kAnnUuid +
                R"(","targetType":"post","targetId":"post-4","outcome":"partial",)"
                R"("proof":{"type":"none"},"metadata":{},)"
                R"("correlationId":"424f23760b8c405f87e1dcdb254ccaea","parentEventId":null,)"
                R"("createdAt":")" +
                kTime + "\"}");
}

TEST(RtvDialect, WhatAnEmitterSaysIsShown) {
  const auto event = emitted(
      R"(,"proof":{"type":"screenshot","url":"https://x.test/1.png","sha256":"sha256:ab",)"
      R"("capturedAt":"2026-01-19T22:26:00.000000Z","unverified":true},)"
      R"("metadata":{"platform":"ig","durationMs":7},"occurredAt":"2026-01-01T00:00:00.000000Z")");
  EXPECT_EQ(member(event, "proof"),
            R"({"type":"screenshot","url":"https://x.test/1.png","hash":"sha256:ab",)"
            R"("capturedAt":"2026-01-19T22:26:00.000000Z"})");
  EXPECT_EQ(member(event, "metadata"),
            R"({"durationMs":7,"platform":"ig","occurredAt":"2026-01-01T00:00:00.000000Z"})");
  EXPECT_EQ(member(event, "createdAt"), "\"" + kTime + "\"");
  EXPECT_EQ(member(emitted(R"(,"metadata":{"occurredAt":"mine"},"occurredAt":"2026")"), "metadata"),
            R"({"occurredAt":"mine"})");
}

TEST(RtvDialect, ProofOfAnyShapeBecomesOneOfTheFiveTypes) {
  const auto proof = [](const std::string& given) {
    return member(emitted(R"(,"proof":)" + given), "proof");
  };
  EXPECT_EQ(proof("{}"), R"({"type":"none"})");
  EXPECT_EQ(proof(R"({"type":"none"})"), R"({"type":"none"})");
  EXPECT_EQ(proof(R"({"type":"api_response","data":{"postId":"ig_7"}})"),
            R"({"type":"api_response","data":{"postId":"ig_7"}})");
  EXPECT_EQ(proof(R"({"type":"api_response","data":[1]})"),
            R"({"type":"api_response","data":{"value":[1]}})");
  EXPECT_EQ(proof(R"({"type":"api_response","blob":"sha256:cd"})"),
            R"({"type":"api_response","data":{"blob":"sha256:cd"}})");
  EXPECT_EQ(proof(R"({"type":"hash","sha256":"sha256:cd"})"),
            R"({"type":"hash","hash":"sha256:cd"})");
  EXPECT_EQ(proof(R"({"url":"https://x.test/"})"),
            R"({"type":"api_response","data":{"url":"https://x.test/"}})");
  EXPECT_EQ(proof(R"({"type":"video","n":1})"),
            R"({"type":"api_response","data":{"n":1,"type":"video"}})");
}

TEST(RtvDialect, EveryActorIsOneOfTheFourKinds) {
  const auto told = [](ActorType type, const std::string& id) {
    const auto event = about("approval.succeeded", {.type = type, .id = id});
    return member(event, "actorType") + member(event, "actorId");
  };
  EXPECT_EQ(told(ActorType::human, kAnn), "\"user\"\"" + kAnnUuid + "\"");
  EXPECT_EQ(told(ActorType::agent, kAnn), "\"agent\"\"" + kAnnUuid + "\"");
  EXPECT_EQ(told(ActorType::webhook, "github"), R"("webhook""github")");
  EXPECT_EQ(told(ActorType::service, kAnn), "\"system\"\"" + kAnnUuid + "\"");
  EXPECT_EQ(told(ActorType::rule, "policy/3/0"), R"("system""policy/3/0")");
  EXPECT_EQ(told(ActorType::system, "assent"), R"("system""assent")");
}

TEST(RtvDialect, WhomTheEmitterNamedIsCalledAsItCalledThem) {
  const auto event = emitted(R"(,"actor":{"type":"agent","id":")" + kAnn +
                             R"("},"recordedBy":{"type":"service","id":")" + kRule + "\"}");
  EXPECT_EQ(member(event, "actorId"), "\"" + kAnn + "\"");
}

TEST(RtvDialect, AGovernedEventHasItsSubjectForATarget) {
  const auto of = [](std::string subject) {
    StoredEvent event = about("grant.issued", human());
    event.subject = std::move(subject);
    return member(event, "targetType") + member(event, "targetId");
  };
  EXPECT_EQ(of("approval/" + kApproval), "\"approval\"\"" + kApprovalUuid + "\"");
  EXPECT_EQ(of("plan/sha256:ab"), R"("plan""sha256:ab")");
  EXPECT_EQ(of("tenant/acme/eu"), R"("tenant""acme/eu")");
  EXPECT_EQ(of("alone"), R"("subject""alone")");
}

TEST(RtvDialect, AGovernedEventTellsHowItsTargetStands) {
  const auto outcome = [](const char* type, const Json& data = Json::object()) {
    return member(about(type, human(), data), "outcome");
  };
  for (const char* type :
       {"approval.succeeded", "approval.auto_approved", "breakglass.used", "evidence.attached",
        "grant.issued", "grant.consumed", "rule.created", "execution.succeeded",
        "execution.resolved", "escalation.resolved", "ir.validated_pass", "ir.dag_diff_ok",
        "ledger.created", "key.revoked", "ir.something_new"}) {
    EXPECT_EQ(outcome(type), "\"success\"") << type;
  }
  for (const char* type :
       {"approval.rejected", "approval.expired", "approval.cancelled", "approval.abandoned",
        "approval.blocked.forbidden", "approval.blocked.something_new", "grant.refused",
        "grant.expired", "execution.failed", "ir.validated_reject", "ir.dag_diff_failed"}) {
    EXPECT_EQ(outcome(type), "\"failure\"") << type;
  }
  for (const char* type : {"approval.requested", "approval.attempted", "approval.recorded",
                           "approval.deferred", "execution.started", "execution.unknown",
                           "escalation.triggered", "ir.validated_escalate"}) {
    EXPECT_EQ(outcome(type), "\"pending\"") << type;
  }
  EXPECT_EQ(outcome("execution.partial"), "\"partial\"");
  EXPECT_EQ(outcome("execution.resolved", Json::object({{"as", "failure"}})), "\"failure\"");
  EXPECT_EQ(outcome("approval.expired", Json::object({{"resultingStatus", "approved"}})),
            "\"success\"");
  // Only an emitted event says its own outcome.
  EXPECT_EQ(outcome("execution.unknown", Json::object({{"outcome", "success"}})), "\"pending\"");
}

TEST(RtvDialect, AGovernedEventHasTheLogsDataForMetadata) {
  auto data = parse_json(R"({"outcome":"failure","durationMs":12,"proof":{"type":"none"},)"
                         R"("error":{"code":"EBUSY","message":"locked"}})");
  const auto event = stored("execution.failed", human(), std::move(data).value());
  EXPECT_EQ(member(event, "metadata"),
            R"({"durationMs":12,"error":{"code":"EBUSY","message":"locked"},)"
            R"("errorCode":"EBUSY","errorMessage":"locked"})");
  EXPECT_EQ(
      member(about("execution.failed", human(), Json::object({{"error", "locked"}})), "metadata"),
      R"({"approvalId":")" + kApproval +
          R"(","error":"locked","tool":"deploy","errorMessage":"locked"})");
}

TEST(RtvDialect, TheParentIsTheCause) {
  StoredEvent event = emitted("");
  event.causation = *EventId::parse("evt_01kfcdr8jq0000000000000007");
  EXPECT_EQ(member(event, "parentEventId"), "\"" + kEventUuid + "\"");
}

}  // namespace
}  // namespace assent::dialect
