#include "edge/http/problem.h"

#include <gtest/gtest.h>

namespace assent::http {
namespace {

const TraceId kTrace = "424f23760b8c405f87e1dcdb254ccaea";

std::string header_of(const net::Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "";
}

TEST(Problem, H29_EveryCodeHasItsStatusAndItsWord) {
  struct Row {
    Code code;
    int status;
    std::string_view word;
  };
  for (const Row& row :
       {Row{Code::validation_error, 400, "VALIDATION_ERROR"},
        Row{Code::unprocessable, 422, "VALIDATION_ERROR"},
        Row{Code::unauthenticated, 401, "UNAUTHENTICATED"},
        Row{Code::insufficient_permissions, 403, "INSUFFICIENT_PERMISSIONS"},
        Row{Code::reserved_event_type, 403, "RESERVED_EVENT_TYPE"},
        Row{Code::not_found, 404, "NOT_FOUND"},
        Row{Code::method_not_allowed, 405, "METHOD_NOT_ALLOWED"},
        Row{Code::invalid_state, 409, "INVALID_STATE"},
        Row{Code::idempotency_conflict, 409, "IDEMPOTENCY_CONFLICT"},
        Row{Code::expired, 410, "EXPIRED"}, Row{Code::too_large, 413, "PAYLOAD_TOO_LARGE"},
        Row{Code::unsupported_media_type, 415, "UNSUPPORTED_MEDIA_TYPE"},
        Row{Code::precondition_required, 428, "PRECONDITION_REQUIRED"},
        Row{Code::rate_limited, 429, "RATE_LIMITED"},
        Row{Code::unavailable, 503, "AUDIT_UNAVAILABLE"}, Row{Code::overloaded, 503, "OVERLOADED"},
        Row{Code::uncertain, 503, "UNCERTAIN"}, Row{Code::corrupt, 503, "AUDIT_UNAVAILABLE"},
        Row{Code::internal, 500, "INTERNAL_ERROR"}}) {
    const auto response = problem(Error{row.code, "why"}, kTrace);
    const auto body = parse_json(response.body);
    ASSERT_TRUE(body.has_value()) << row.word;
    EXPECT_EQ(response.status, row.status) << row.word;
    EXPECT_EQ(body->integer_at("status"), row.status) << row.word;
    EXPECT_EQ(body->string_at("code"), row.word);
    EXPECT_EQ(body->find("error")->string_at("code"), row.word);
    EXPECT_EQ(body->find("error")->string_at("message"), body->string_at("detail"));
    EXPECT_EQ(body->string_at("traceId"), "424f2376-0b8c-405f-87e1-dcdb254ccaea");
    EXPECT_EQ(header_of(response, "Content-Type"), "application/problem+json");
    EXPECT_EQ(header_of(response, "Retry-After"), row.status == 503 ? "1" : "") << row.word;
  }
}

TEST(Problem, H29_ARefusalsWordDecidesItsStatusAndItsDetailsStay) {
  for (const auto& [word, status] :
       {std::pair("SELF_APPROVAL_FORBIDDEN", 403), std::pair("INSUFFICIENT_PERMISSIONS", 403),
        std::pair("HUMAN_ACTOR_REQUIRED", 403), std::pair("STEP_UP_REQUIRED", 403),
        std::pair("EXPIRED", 410), std::pair("EVIDENCE_STALE", 409),
        std::pair("ALREADY_VOTED", 409), std::pair("CONTENT_CHANGED", 409)}) {
    const auto response =
        problem(Refused{word, "no", Json::object({{"requester", "prn_1"}})}, kTrace);
    EXPECT_EQ(response.status, status) << word;
    const auto body = parse_json(response.body);
    EXPECT_EQ(body->find("error")->find("details")->string_at("requester"), "prn_1") << word;
  }
}

TEST(Problem, H57_NotFoundSaysTheSameWhateverItWas) {
  const auto plain = problem(Error{Code::not_found, ""}, kTrace);
  const auto told = problem(
      Error{Code::not_found, "approval apr_1 of tenant acme", {{"id", "is acme's"}}}, kTrace);
  const auto refused =
      problem(Refused{"NOT_FOUND", "acme's", Json::object({{"tenant", "acme"}})}, kTrace);
  EXPECT_EQ(told.body, plain.body);
  EXPECT_EQ(refused.body, plain.body);
  EXPECT_EQ(refused.status, 404);
}

TEST(Problem, H29_FaultsOfOursAreNotTold) {
  for (const Code code : {Code::internal, Code::corrupt}) {
    const auto response =
        problem(Error{code, "row 7 of /var/lib/assent", {{"path", "/var/lib"}}}, kTrace);
    EXPECT_EQ(response.body.find("/var/lib"), std::string::npos);
  }
}

TEST(Problem, WhatIsNoRequestIsToldTheStatusThatItGets) {
  for (const auto& [status, word] :
       {std::pair(400, "VALIDATION_ERROR"), std::pair(408, "VALIDATION_ERROR"),
        std::pair(413, "PAYLOAD_TOO_LARGE"), std::pair(431, "PAYLOAD_TOO_LARGE"),
        std::pair(503, "OVERLOADED")}) {
    const auto response = protocol_problem(status, kTrace);
    const auto body = parse_json(response.body);
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(body->integer_at("status"), status);
    EXPECT_EQ(body->string_at("code"), word);
    EXPECT_NE(body->string_at("title"), "Internal Server Error");
  }
}

}  // namespace
}  // namespace assent::http
