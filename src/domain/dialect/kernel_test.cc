#include "domain/dialect/testing_dialect.h"

#include <gtest/gtest.h>

namespace assent::dialect {
namespace {

// The row's name and eventData; the rest is the same in every row and checked here.
std::string told(const StoredEvent& event) {
  const auto row = translate(Dialect::kernel, event);
  if (!row) return "none";
  EXPECT_EQ(*row->string_at("tenantId"), "acme");
  EXPECT_EQ(*row->string_at("traceId"), "424f2376-0b8c-405f-87e1-dcdb254ccaea");
  EXPECT_EQ(*row->string_at("requestId"), kApprovalUuid);
  EXPECT_EQ(*row->string_at("createdAt"), "2026-01-19T22:26:59.790000Z");
  EXPECT_EQ(row->members().size(), 7u);
  Json data = *row->find("eventData");
  EXPECT_EQ(data.string_at("requestId"), kApprovalUuid);
  std::erase_if(data.members(), [](const auto& member) { return member.first == "requestId"; });
  return std::string(*row->string_at("eventName")) + " " + json_text(data);
}

Json policy(bool is_required, Json ttl) {
  return Json::object({{"required", is_required}, {"ttlSeconds", std::move(ttl)}});
}

TEST(KernelDialect, ARowIsTheSourcesRowMemberByMember) {
  EXPECT_EQ(
      row_text(Dialect::kernel, about("approval.attempted", human(),
                                      Json::object({{"evidencePolicy", policy(true, Json())}}))),
      R"({"eventName":"approval.attempted","tenantId":"acme","actorId":")" + kAnnUuid +
          R"(","traceId":"424f2376-0b8c-405f-87e1-dcdb254ccaea","requestId":")" + kApprovalUuid +
          R"(","eventData":{"requestId":")" + kApprovalUuid +
          R"(","evidencePolicy":{"required":true,"ttlSeconds":null}},)"
          R"("createdAt":"2026-01-19T22:26:59.790000Z"})");
}

TEST(KernelDialect, ARequestSaysWhereItsPolicyComesFrom) {
  const auto created = [](Json more) {
    more.set("requestedBy", kAnn).set("evidencePolicy", policy(true, 3600));
    return told(about("approval.requested", {.type = ActorType::agent, .id = kAnn}, more));
  };
  const std::string effective =
      R"("effectivePolicy":{"evidenceRequiredForApproval":true,"evidenceTtlSeconds":3600},)";
  const std::string requester = R"(request.created {"requesterId":")" + kAnnUuid + R"(",)";
  EXPECT_EQ(created(Json::object()),
            requester + R"("templateId":null,)" + effective + R"("source":"default"})");
  EXPECT_EQ(created(Json::object({{"template", "prod"}, {"evidencePolicySource", "template"}})),
            requester + R"("templateId":"prod",)" + effective + R"("source":"template"})");
  EXPECT_EQ(created(Json::object({{"evidencePolicySource", "override"}})),
            requester + R"("templateId":null,)" + effective + R"("source":"override"})");
}

TEST(KernelDialect, ASuccessSaysWhoWhenAndOnWhichEvidence) {
  EXPECT_EQ(told(about("approval.succeeded", human(),
                       Json::object({{"approvedBy", kAnn},
                                     {"approvedAt", "2026-01-19T22:26:59.790000Z"},
                                     {"evidenceCheck", Json::object({{"hasEvidence", true},
                                                                     {"isFresh", nullptr},
                                                                     {"ageSeconds", 0}})}}))),
            R"(approval.succeeded {"approvedBy":")" + kAnnUuid +
                R"(","approvedAt":"2026-01-19T22:26:59.790000Z",)"
                R"("evidenceCheck":{"hasEvidence":true,"isFresh":null,"ageSeconds":0}})");
}

TEST(KernelDialect, EveryRefusalHasARowWithTheDetailsOfTheResponse) {
  for (const auto refusal : words<Refusal>()) {
    const std::string type = "approval.blocked." + std::string(refusal);
    const Json details = Json::object({{"evidenceRequired", true}, {"hasEvidence", false}});
    EXPECT_EQ(told(about(type, human(), Json::object({{"reason", refusal}, {"details", details}}))),
              type + R"( {"reason":")" + std::string(refusal) +
                  R"(","details":{"evidenceRequired":true,"hasEvidence":false}})");
  }
}

TEST(KernelDialect, RejectionsAndEvidenceAreSaidInItsManner) {
  EXPECT_EQ(told(about("approval.rejected", human(),
                       Json::object({{"rejectedBy", kAnn},
                                     {"rejectedAt", "2026-01-19T22:26:59.790000Z"},
                                     {"decision", Json::object({{"rationale", "no"}})}}))),
            R"(approval.rejected {"rejectedBy":")" + kAnnUuid +
                R"(","rejectedAt":"2026-01-19T22:26:59.790000Z","reason":"no"})");
  const Json evidence = Json::object({{"evidenceId", "evd_01kfcdr8jq0000000000000002"},
                                      {"type", "text"},
                                      {"capturedAt", "2026-01-19T22:00:00.000000Z"},
                                      {"text", "not for the trail"}});
  EXPECT_EQ(told(about("evidence.attached", human(), evidence)),
            R"(evidence.attached {"evidenceId":")" + kRuleUuid +
                R"(","type":"text","name":null,"sha256":null,"sizeBytes":null,)"
                R"("capturedAt":"2026-01-19T22:00:00.000000Z"})");
  EXPECT_EQ(told(about("evidence.withdrawn", human(), evidence)),
            R"(evidence.withdrawn {"evidenceId":")" + kRuleUuid +
                R"(","type":"text","name":null,"sha256":null,"reason":null})");
}

TEST(KernelDialect, WhoIsNoPrincipalHasNoActorId) {
  const auto row = translate(Dialect::kernel, about("approval.rejected", policy_entry()));
  ASSERT_TRUE(row);
  EXPECT_TRUE(row->find("actorId")->is_null());
}

TEST(KernelDialect, Trap10_AVoteThatDoesNotDecideIsNoSuccess) {
  for (const char* type :
       {"approval.recorded", "approval.auto_approved", "approval.expired", "approval.deferred",
        "breakglass.used", "grant.issued", "execution.succeeded", "rule.created", "content.publish",
        "approval.blocked.something_new"}) {
    EXPECT_EQ(told(about(type, human())), "none") << type;
  }
  EXPECT_EQ(told(stored("approval.attempted", human(), Json::object())), "none");
}

}  // namespace
}  // namespace assent::dialect
