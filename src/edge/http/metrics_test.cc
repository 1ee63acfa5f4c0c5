#include "edge/http/metrics.h"

#include "edge/http/health.h"
#include "edge/http/observer.h"
#include "edge/http/testing_api.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

namespace assent::http {
namespace {

const Timestamp kStarted = from_microseconds(1'700'000'000'000'000);
constexpr std::array<std::string_view, 2> kTwo = {"approve", "readyz"};

store::Health well() {
  return {.parts = {{{"writer"}, {"disk"}, {"search"}, {"checkpoints"}}}};
}

bool has(const std::string& page, const std::string& line) {
  return ("\n" + page).find("\n" + line + "\n") != std::string::npos;
}

TEST(MetricsTest, H67_CountsWhatWasCommittedByTypeAndReason) {
  Metrics metrics(kStarted, kTwo);
  const std::vector<store::CountedEvent> events = {{"approval.requested", ""},
                                                   {"approval.attempted", ""},
                                                   {"approval.blocked.self_approval", ""},
                                                   {"approval.succeeded", ""},
                                                   {"grant.refused", "already_consumed"},
                                                   {"grant.refused", "already_consumed"},
                                                   {"execution.unknown", ""}};
  metrics.count_batch(
      {.jobs = 3, .is_committed = true, .emitted_events = 7, .governed_events = events});
  metrics.count_batch({.jobs = 1, .is_committed = false});
  metrics.count_request("approve", 409, std::chrono::milliseconds(3));
  const std::string page = metrics.page({.health = well()});
  for (const char* line : {R"(assent_events_appended_total{type="emitted"} 7)",
                           R"(assent_events_appended_total{type="approval.attempted"} 1)",
                           R"(assent_events_appended_total{type="grant.refused"} 2)",
                           "assent_approvals_requested_total 1",
                           R"(assent_approvals_decided_total{outcome="approved"} 1)",
                           R"(assent_approvals_decided_total{outcome="rejected"} 0)",
                           R"(assent_approvals_blocked_total{reason="self_approval"} 1)",
                           R"(assent_approvals_blocked_total{reason="evidence_stale"} 0)",
                           R"(assent_grants_refused_total{reason="already_consumed"} 2)",
                           R"(assent_executions_ended_total{outcome="unknown"} 1)",
                           "assent_writer_failures_total 1", "assent_writer_batch_jobs_sum 4",
                           R"(assent_http_requests_total{code="409",operation="approve"} 1)",
                           R"(assent_http_request_duration_seconds_count{operation="approve"} 1)",
                           "assent_start_time_seconds 1700000000"}) {
    EXPECT_TRUE(has(page, line)) << line << "\n" << page;
  }
}

TEST(MetricsTest, G40_WhatCouldNotBeReadIsAbsentAndNamed) {
  Metrics metrics(kStarted, kTwo);
  const std::string blind = metrics.page({.health = well()});
  EXPECT_TRUE(has(blind, R"(assent_metrics_source_up{source="state"} 0)"));
  std::vector<std::int64_t> values;
  for (const auto& gauge : store::state_gauges()) {
    EXPECT_EQ(blind.find(std::string(gauge.name)), std::string::npos) << gauge.name;
    values.push_back(static_cast<std::int64_t>(values.size()) + 40);
  }
  const std::string seeing = metrics.page({.health = well(), .state = values});
  EXPECT_TRUE(has(seeing, R"(assent_metrics_source_up{source="state"} 1)"));
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_TRUE(
        has(seeing, std::string(store::state_gauges()[i].name) + " " + std::to_string(values[i])));
  }
}

TEST(MetricsTest, APartThatIsNotWellIsZero) {
  Metrics metrics(kStarted, kTwo);
  store::Health health = well();
  health.parts[1].state = "full";
  const std::string page = metrics.page({.health = health});
  EXPECT_TRUE(has(page, R"(assent_part_up{part="disk"} 0)"));
  EXPECT_TRUE(has(page, R"(assent_part_up{part="writer"} 1)"));
}

// The page of the operators' handbook and the code say the same.
TEST(MetricsTest, EveryMetricIsInTheDocumentAndNoOther) {
  std::ifstream file(ASSENT_SOURCE_DIR "/docs/operating.md");
  const std::string document((std::istreambuf_iterator<char>(file)), {});
  std::set<std::string> rows;  // `| `name` labels | help |`
  for (std::size_t at = document.find("\n## Metrics");
       (at = document.find("\n| `assent_", at)) != std::string::npos; ++at) {
    rows.insert(document.substr(at + 1, document.find('\n', at + 1) - at - 1));
  }
  const auto expect_row = [&rows](std::string_view name, std::string_view kind,
                                  std::string_view labels, std::string_view help) {
    const std::string row = "| `" + std::string(name) + "` | " + std::string(kind) + " | " +
                            std::string(labels) + " | " + std::string(help) + " |";
    EXPECT_EQ(rows.erase(row), 1U) << "docs/operating.md lacks this row:\n" << row;
  };
  for (const MetricRow& row : metric::kAll) {
    static constexpr std::array kKinds = {"counter", "gauge", "histogram"};
    expect_row(row.name, kKinds[static_cast<std::size_t>(row.kind)], row.labels, row.help);
  }
  for (const auto& gauge : store::state_gauges()) expect_row(gauge.name, "gauge", "", gauge.help);
  for (const auto& row : rows) ADD_FAILURE() << "no such metric: " << row;
}

TEST(Readiness, H67_NamesEachPartThatIsNotWellAndNothingElse) {
  const auto body_of = [](const net::Response& response) { return *parse_json(response.body); };
  const std::string trace(32, 'a');
  const auto ready = readiness(well(), {}, trace);
  EXPECT_EQ(ready.status, 200);
  EXPECT_EQ(body_of(ready).string_at("status"), "ready");
  for (std::size_t i = 0; i < well().parts.size(); ++i) {
    store::Health health = well();
    health.parts[i].state = "failing";
    const auto response = readiness(health, {}, trace);
    EXPECT_EQ(response.status, 503);
    const Json body = body_of(response);
    EXPECT_EQ(body.string_at("code"), "NOT_READY");
    const Json degraded = *body.find("error")->find("details")->find("degraded");
    ASSERT_EQ(degraded.members().size(), 1U);
    EXPECT_EQ(degraded.string_at(health.parts[i].name), "failing");
  }
}

TEST(LineLimit, LeavesOutTheRestOfASecondAndSaysHowMany) {
  LineLimit limit(2);
  const LineLimit::Clock::time_point start{std::chrono::hours(1)};
  EXPECT_TRUE(limit.ask(start).may_write);
  EXPECT_TRUE(limit.ask(start).may_write);
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(limit.ask(start).may_write);
  const auto next = limit.ask(start + std::chrono::seconds(1));
  EXPECT_TRUE(next.may_write);
  EXPECT_EQ(next.left_out, 5U);
  EXPECT_EQ(limit.ask(start + std::chrono::seconds(1)).left_out, 0U);
}

TEST_F(ApiTest, H67_ThePageNeedsNoKeyAndIsNobodys) {
  const std::string agent = make("agent", "agent");
  pending(agent);
  EXPECT_EQ(post("/v1/events", agent,
                 R"({"type":"zebra.private","target":{"type":"a","id":"b"},"outcome":"success"})")
                .http.status,
            201);
  const Answer page = get("/metrics", "");
  EXPECT_EQ(page.http.status, 200);
  EXPECT_TRUE(page.header("Content-Type").starts_with("text/plain; version=0.0.4"));
  EXPECT_TRUE(has(page.http.body, "assent_approvals_pending 1"));
  EXPECT_TRUE(has(page.http.body, R"(assent_events_appended_total{type="emitted"} 1)"));
  for (const char* theirs : {"fs.delete", "zebra", "default", "prn_", "apr_", "ask_"}) {
    EXPECT_EQ(page.http.body.find(theirs), std::string::npos) << theirs;
  }
  EXPECT_EQ(post("/metrics", admin).http.status, 405);
}

// Whoever is refused on the head alone is counted as well.
TEST_F(ApiTest, H67_EveryAnswerIsCountedOnceHoweverItCame) {
  const std::string agent = make("agent", "agent");
  api->body_limit(request("POST", "/v1/approvals", ""));
  api->protocol_error(431);
  get("/v1/nothing", agent);
  get("/v1/approvals/" + pending(agent), agent, {{"Prefer", "wait=1"}});
  const std::string page = get("/metrics", "").http.body;
  for (const char* line :
       {R"(assent_http_requests_total{code="401",operation="request_approval"} 1)",
        R"(assent_http_requests_total{code="431",operation="malformed"} 1)",
        R"(assent_http_requests_total{code="404",operation="no_such_path"} 1)",
        R"(assent_http_requests_total{code="200",operation="get_approval"} 1)",
        R"(assent_http_requests_total{code="201",operation="request_approval"} 1)"}) {
    EXPECT_TRUE(has(page, line)) << line << "\n" << page;
  }
}

}  // namespace
}  // namespace assent::http
