#include "domain/dialect/testing_dialect.h"

#include <gtest/gtest.h>

namespace assent::dialect {
namespace {

const std::string kTime = "2026-01-19T22:26:59.790000Z";
const std::string kHash = "sha256:" + std::string(64, 'a');
const std::string kOther = "sha256:" + std::string(64, 'b');

StoredEvent of_plan(std::string type, const Actor& actor, const std::string& data) {
  return stored(std::move(type), actor, *parse_json(data));
}

// The row's name and payload; the envelope is the same in every row and checked here.
std::string told(const StoredEvent& event) {
  const auto row = translate(Dialect::charter, event);
  if (!row) return "none";
  EXPECT_EQ(row->members().size(), 7u);
  EXPECT_EQ(row->string_at("id"), kEventUuid);
  EXPECT_EQ(row->string_at("source"), "ir_governance");
  EXPECT_TRUE(row->find("target")->is_null());
  EXPECT_EQ(row->string_at("timestamp"), kTime);
  EXPECT_EQ(json_text(*row->find("meta")),
            R"({"schema_version":"1.0","producer":"ir_governance","source_module":"ir_governance",)"
            R"("tenant_id":"acme","correlation_id":"424f23760b8c405f87e1dcdb254ccaea"})");
  return std::string(*row->string_at("type")) + " " + json_text(*row->find("payload"));
}

// `{"approvalId":…,"irHash":…,` and the rest.
std::string grant(const std::string& rest) {
  return R"({"grantId":"grt_01kfcdr8jq0000000000000009","approvalId":")" + kApproval +
         R"(","contentHash":")" + kHash + R"(","irHash":")" + kHash + "\"," + rest + "}";
}

const std::string kAbout =
    R"({"approval_id":")" + kApprovalUuid + R"(","tenant_id":"acme","ir_hash":")" + kHash + "\",";
const std::string kOfPlan =
    R"({"tenant_id":"acme","request_id":"req_123","ir_hash":")" + kHash + "\",";

TEST(CharterDialect, ARowIsTheSourcesEventMemberByMember) {
  const auto event =
      of_plan("ir.dag_diff_ok", human(),
              R"({"requestId":"req_123","irHash":")" + kHash + R"(","dagHash":")" + kHash +
                  R"(","stepCount":5,"dagNodeCount":5,"allHashesMatch":true})");
  EXPECT_EQ(row_text(Dialect::charter, event),
            R"({"id":")" + kEventUuid +
                R"(","type":"ir.dag_diff_ok","source":"ir_governance","target":null,)"
                R"("timestamp":")" +
                kTime + R"(","payload":)" + kOfPlan + R"("dag_hash":")" + kHash +
                R"(","step_count":5,"dag_node_count":5,"all_hashes_match":true,"verified_at":")" +
                kTime +
                R"("},"meta":{"schema_version":"1.0","producer":"ir_governance",)"
                R"("source_module":"ir_governance","tenant_id":"acme",)"
                R"("correlation_id":"424f23760b8c405f87e1dcdb254ccaea"}})");
}

TEST(CharterDialect, AnIssuedTokenIsAnApprovalCreated) {
  EXPECT_EQ(told(of_plan("grant.issued", human(),
                         grant(R"("ttlSeconds":3600,"expiresAt":"2026-01-19T23:26:59.790000Z",)"
                               R"("form":"token")"))),
            "ir.approval_created " + kAbout +
                R"("ttl_seconds":3600,"expires_at":"2026-01-19T23:26:59.790000Z","created_by":")" +
                kAnnUuid + R"(","created_at":")" + kTime + "\"}");
}

TEST(CharterDialect, AConsumedTokenIsAnApprovalConsumed) {
  EXPECT_EQ(
      told(of_plan("grant.consumed", human(),
                   grant(R"("consumedBy":"prn_01","consumedAt":"2026-01-19T22:26:59.790000Z",)"
                         R"("timeToConsumeSeconds":900,"wasExpired":false)"))),
      "ir.approval_consumed " + kAbout + R"("consumed_by":")" + kAnnUuid + R"(","consumed_at":")" +
          kTime + R"(","time_to_consume_seconds":900,"was_expired":false})");
}

TEST(CharterDialect, AnExpiredTokenIsAnApprovalExpired) {
  EXPECT_EQ(told(of_plan("grant.expired", engine_actor(),
                         grant(R"("expiredAt":"2026-01-19T22:26:59.790000Z",)"
                               R"("createdAt":"2026-01-19T21:26:00.000000Z",)"
                               R"("ttlSeconds":3600,"wasConsumed":false)"))),
            "ir.approval_expired " + kAbout +
                R"("expired_at":"2026-01-19T22:26:00.000000Z",)"
                R"("created_at":"2026-01-19T21:26:00.000000Z",)"
                R"("ttl_seconds":3600,"was_consumed":false})");
}

TEST(CharterDialect, ARefusedTokenIsAnInvalidApprovalForTheSourcesReasonsAlone) {
  EXPECT_EQ(told(of_plan("grant.refused", human(),
                         R"({"grantId":null,"contentHash":")" + kHash + R"(","irHash":")" + kHash +
                             R"(","reason":"token_not_found"})")),
            R"(ir.approval_invalid {"tenant_id":"acme","ir_hash":")" + kHash +
                R"(","reason":"token_not_found","attempted_by":")" + kAnnUuid +
                R"(","attempted_at":")" + kTime + R"(","approval_id":null})");
  for (const std::string reason : {"tenant_mismatch", "ir_hash_mismatch", "already_consumed"}) {
    const auto row = translate(Dialect::charter, of_plan("grant.refused", human(),
                                                         grant(R"("reason":")" + reason + "\"")));
    ASSERT_TRUE(row) << reason;
    EXPECT_EQ(row->find("payload")->string_at("reason"), reason);
    EXPECT_EQ(row->find("payload")->string_at("approval_id"), kApprovalUuid);
  }
  for (const std::string reason :
       {"expired", "kill_switch", "policy_denied", "not_validated", "plan_rejected", "not_approved",
        "not_consumed", "diff_missing", "diff_failed"}) {
    EXPECT_EQ(told(of_plan("grant.refused", human(), grant(R"("reason":")" + reason + "\""))),
              "none")
        << reason;
  }
  EXPECT_EQ(told(of_plan("grant.refused", human(), grant(R"("reason":7)"))), "none");
}

TEST(CharterDialect, AGrantOfAToolCallIsNoPlans) {
  for (const char* type : {"grant.issued", "grant.consumed", "grant.expired", "grant.refused"}) {
    EXPECT_EQ(told(about(type, human(), Json::object({{"reason", "already_consumed"}}))), "none")
        << type;
  }
}

TEST(CharterDialect, APlanThatPassesSaysItsTierAndSteps) {
  EXPECT_EQ(told(of_plan("ir.validated_pass", human(),
                         R"({"requestId":"req_123","irHash":")" + kHash +
                             R"(","riskTier":"none","brainTier":0,"requiresApproval":false,)"
                             R"("violations":[],"stepCount":5,"policyVersion":3,"plan":{}})")),
            "ir.validated_pass " + kOfPlan +
                R"("risk_tier":0,"requires_approval":false,"violations":[],"validated_at":")" +
                kTime + R"(","step_count":5})");
}

TEST(CharterDialect, AnEscalatedPlanNamesItsRiskySteps) {
  EXPECT_EQ(
      told(of_plan("ir.validated_escalate", human(),
                   R"({"requestId":"req_123","irHash":")" + kHash +
                       R"(","riskTier":"medium","brainTier":2,"requiresApproval":true,)"
                       R"("violations":[{"code":"LONG","message":"m","severity":"WARNING"}],)"
                       R"("highRiskSteps":[{"stepIndex":2,"action":"odoo.update",)"
                       R"("provider":"odoo","riskTier":"medium","brainTier":2,)"
                       R"("reason":"Critical Odoo model: account.move"}],"stepCount":5})")),
      "ir.validated_escalate " + kOfPlan +
          R"("risk_tier":2,"requires_approval":true,)"
          R"("violations":[{"step_index":null,"code":"LONG","message":"m","severity":"WARNING"}],)"
          R"("high_risk_steps":[{"step_index":2,"action":"odoo.update","provider":"odoo",)"
          R"("risk_tier":2,"reason":"Critical Odoo model: account.move"}],"validated_at":")" +
          kTime + R"(","step_count":5})");
}

TEST(CharterDialect, ARejectedPlanNamesItsViolationsAndNeedsNoHash) {
  EXPECT_EQ(told(of_plan("ir.validated_reject", human(),
                         R"({"irHash":null,"riskTier":"critical","brainTier":3,)"
                         R"("requiresApproval":false,"violations":[{"stepIndex":1,)"
                         R"("code":"UNKNOWN_ACTION","message":"Unknown action: custom.delete.",)"
                         R"("path":"steps[1].action","severity":"ERROR"}],"stepCount":5})")),
            R"(ir.validated_reject {"tenant_id":"acme","request_id":null,"ir_hash":null,)"
            R"("risk_tier":3,"requires_approval":false,"violations":[{"step_index":1,)"
            R"("code":"UNKNOWN_ACTION","message":"Unknown action: custom.delete.",)"
            R"("severity":"ERROR"}],"validated_at":")" +
                kTime + R"(","step_count":5})");
}

TEST(CharterDialect, AFailedDiffTellsWhatDiffers) {
  const std::string start = R"({"requestId":"req_123","irHash":")" + kHash + R"(","dagHash":")" +
                            kOther + R"(","stepCount":5,"dagNodeCount":6,"allHashesMatch":false)";
  const std::string told_start = "ir.dag_diff_failed " + kOfPlan + R"("dag_hash":")" + kOther +
                                 R"(","step_count":5,"dag_node_count":6,"all_hashes_match":false,)"
                                 R"("mismatch_details":)";
  const std::string told_end = R"(,"verified_at":")" + kTime + "\"}";
  EXPECT_EQ(told(of_plan("ir.dag_diff_failed", human(),
                         start +
                             R"(,"mismatchDetails":{"missingIrSteps":[],"extraDagNodes":[3],)"
                             R"("hashMismatches":[{"stepIndex":1,"irStepHash":")" +
                             kHash + R"(","dagNodeHash":")" + kOther +
                             R"("}],"violations":[{"nodeIndex":3,"code":"X","message":"y"}]}})")),
            told_start +
                R"({"missing_ir_steps":[],"extra_dag_nodes":[3],"hash_mismatches":)"
                R"([{"step_index":1,"ir_step_hash":")" +
                kHash + R"(","dag_node_hash":")" + kOther + "\"}]}" + told_end);
  EXPECT_EQ(told(of_plan("ir.dag_diff_failed", human(), start + "}")),
            told_start + R"({"missing_ir_steps":[],"extra_dag_nodes":[],"hash_mismatches":[]})" +
                told_end);
}

TEST(CharterDialect, WhatIsNotOfPlansHasNoRow) {
  for (const char* type :
       {"approval.requested", "approval.succeeded", "grant.token_issued", "execution.started",
        "evidence.attached", "rule.created", "content.publish", "ir.something_new"}) {
    EXPECT_EQ(told(of_plan(type, human(), grant(R"("reason":"already_consumed")"))), "none")
        << type;
  }
}

}  // namespace
}  // namespace assent::dialect
