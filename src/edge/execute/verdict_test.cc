#include "edge/execute/verdict.h"

#include "base/text.h"
#include "edge/execute/webhook.h"

#include <gtest/gtest.h>

namespace assent::execute {
namespace {

using app::EndedAs;

app::CompleteExecution of(long status, std::string body = {}) {
  return verdict(ExecutionId(), {.was_sent = true, .status = status, .body = std::move(body)});
}

TEST(Verdict, TheStatusSaysWhatIsCertain) {
  for (const long status : {200L, 201L, 204L}) EXPECT_EQ(of(status).outcome, EndedAs::success);
  for (const long status : {400L, 404L, 409L, 429L})
    EXPECT_EQ(of(status).outcome, EndedAs::failure);
  for (const long status : {302L, 303L, 308L, 500L, 502L, 503L}) {
    EXPECT_EQ(of(status).outcome, EndedAs::unknown) << status;
  }
  EXPECT_EQ(of(404).error, Json("status 404"));
}

TEST(Verdict, H41_AnErrorObjectAndSuccessFalseAreFailures) {
  EXPECT_EQ(of(200, R"({"success":false})").outcome, EndedAs::failure);
  EXPECT_EQ(of(200, R"({"error":{"code":7}})").outcome, EndedAs::failure);
  EXPECT_EQ(of(200, R"({"error":null})").outcome, EndedAs::success);
  EXPECT_EQ(of(200, "not JSON").outcome, EndedAs::success);
}

TEST(Verdict, WhatMayHaveBeenSentIsUnknownAndWhatWasNotIsAFailure) {
  EXPECT_EQ(verdict(ExecutionId(), {.was_sent = true, .fault = "timed out"}).outcome,
            EndedAs::unknown);
  EXPECT_EQ(verdict(ExecutionId(), {.was_sent = false, .fault = "refused"}).outcome,
            EndedAs::failure);
  EXPECT_EQ(verdict(ExecutionId(), {.was_sent = true, .fault = "broke off", .status = 200}).outcome,
            EndedAs::unknown)
      << "half of an answer is none";
}

TEST(Verdict, ALongBodyIsNamedByItsHashAndTheResultSaysSo) {
  const std::string body(20'000, 'x');
  const auto ended = of(200, body);
  EXPECT_EQ(ended.outcome, EndedAs::success);
  const Json* const kept = ended.result->find("body");
  EXPECT_EQ(kept->find("cut")->boolean(), true);
  EXPECT_EQ(kept->integer_at("sizeBytes"), 20'002) << "as JSON, with its quotes";
  const auto bytes = of(200, "\xff\xfe");
  EXPECT_EQ(bytes.result->find("body")->integer_at("sizeBytes"), 2);
}

TEST(Verdict, AnAnswerThatWasNotReadToItsEndIsNoSuccess) {
  const auto ended = verdict(ExecutionId(), {.was_sent = true, .is_too_long = true, .status = 200});
  EXPECT_EQ(ended.outcome, EndedAs::unknown);
}

TEST(Verdict, AProofInTheAnswerIsTheProof) {
  const auto ended = of(200, R"({"proof":{"type":"receipt","data":"42"}})");
  ASSERT_TRUE(ended.proof);
  EXPECT_EQ(ended.proof->value.string_at("data"), "42");
  EXPECT_FALSE(of(200, R"({"proof":"trust me"})").proof);
  const auto large = of(200, R"({"proof":{"data":")" + std::string(9000, 'x') + "\"}}");
  EXPECT_TRUE(large.proof->value.string_at("sha256"));
}

// The vector of the Standard Webhooks specification.
TEST(Webhook, SignsAsTheSpecificationSays) {
  const Secret secret(*from_base64("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
  const auto headers = signed_headers(secret, {.id = "msg_p5jXN8AQM9LWM0D4loKWxJek",
                                               .at = from_microseconds(1'614'265'330'000'000),
                                               .body = R"({"test": 2432232314})"});
  EXPECT_EQ(headers,
            (std::vector<std::string>{
                "webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp: 1614265330",
                "webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}));
  EXPECT_EQ(secret_text(secret), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
}

}  // namespace
}  // namespace assent::execute
