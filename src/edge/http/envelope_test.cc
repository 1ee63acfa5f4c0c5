// What every answer has in common, and what is decided before a body is read.
#include "base/testing_wait.h"
#include "edge/http/testing_api.h"

#include <set>

namespace assent::http {
namespace {

constexpr std::string_view kTraceparent = "00-424f23760b8c405f87e1dcdb254ccaea-00f067aa0ba902b7-01";
constexpr std::string_view kAsk = R"({"kind":"tool_call","tool":"x"})";

class EnvelopeTest : public ApiTest {
 protected:
  static void expect_sealed(const net::Response& response, const std::string& what) {
    const Answer answer{.http = response, .body = Json()};
    EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff") << what;
    EXPECT_FALSE(answer.header("Cache-Control").empty()) << what;
    EXPECT_EQ(answer.header("X-Trace-Id").size(), 36u) << what;
    std::set<std::string> names;
    for (const auto& [name, value] : response.headers) {
      EXPECT_TRUE(names.insert(name).second) << what << " says twice " << name;
    }
  }
  // What the head alone decides: the status of a refusal, or 0.
  int refused_at_head(const net::Request& head) {
    const auto limit = api->body_limit(head);
    return limit.refusal ? limit.refusal->status : 0;
  }
};

TEST_F(EnvelopeTest, H29_EveryAnswerIsSealedWhoeverMadeIt) {
  const std::string agent = make("agent", "agent");
  const std::string id = pending(agent);
  for (const net::Request& made :
       {request("GET", "/livez", ""), request("GET", "/readyz", ""),
        request("GET", "/openapi.json", ""), request("GET", "/log/default/checkpoint", admin),
        request("GET", "/log/default/checkpoint", ""), request("GET", "/metrics", admin),
        request("GET", "/v1/approvals", ""), request("GET", "/v1/approvals", agent),
        request("GET", "/v1/nothing", agent), request("DELETE", "/v1/approvals", agent),
        request("POST", "/livez", ""), request("GET", "/v1/approvals?limit=0", agent),
        request("POST", "/v1/approvals/" + id + "/approve", agent, "{}"),
        request("POST", "/v1/approvals/" + id + "/cancel", agent, std::string(kReason)),
        request("GET", "/v1/approvals/" + id, agent, "", {{"Prefer", "wait=1"}})}) {
    expect_sealed(send(made).http, made.method + " " + made.target);
  }
  for (const int status : {400, 408, 413, 431, 503}) {
    const auto response = api->protocol_error(status);
    expect_sealed(response, std::to_string(status));
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(parse_json(response.body)->integer_at("status"), status);
  }
  const auto limit = api->body_limit(request("POST", "/v1/approvals", "", "{}"));
  ASSERT_TRUE(limit.refusal.has_value());
  expect_sealed(*limit.refusal, "a refusal by the head");
  EXPECT_EQ(get("/v1/approvals", agent).header("Cache-Control"), "no-store");
  EXPECT_EQ(get("/log/default/checkpoint", admin).header("Cache-Control"), "private, max-age=1");
}

// Were the answer 413, as for any body where none is wanted, nobody would find the typing error.
TEST_F(EnvelopeTest, H70_TheHeadAloneDecidesWhatItCan) {
  const auto with = [&](std::string method, std::string target, const std::string& key,
                        std::string type, std::string length = "2") {
    return request(std::move(method), std::move(target), key, "",
                   {{"Content-Type", std::move(type)}, {"Content-Length", std::move(length)}});
  };
  EXPECT_EQ(refused_at_head(with("POST", "/v1/nothing", admin, "application/json")), 404);
  EXPECT_EQ(refused_at_head(with("DELETE", "/v1/approvals", admin, "application/json")), 405);
  EXPECT_EQ(refused_at_head(with("POST", "/livez", "", "application/json")), 405);
  EXPECT_EQ(refused_at_head(with("POST", "/v1/approvals", "", "text/html")), 401);
  EXPECT_EQ(refused_at_head(with("POST", "/v1/approvals", admin, "text/html")), 415);
  EXPECT_EQ(refused_at_head(with("GET", "/v1/approvals", admin, "application/json")), 400);
  EXPECT_EQ(refused_at_head(with("PUT", "/v1/blobs", admin, "image/png")), 0);
  EXPECT_EQ(refused_at_head(with("POST", "/v1/events", admin, "application/x-ndjson")), 0);
  EXPECT_EQ(refused_at_head(with("PUT", "/v1/policy", admin, "text/yaml")), 0);
  EXPECT_EQ(refused_at_head(with("PUT", "/v1/policy", admin, "text/plain")), 415);
  EXPECT_EQ(
      refused_at_head(with("POST", "/v1/approvals", admin, "application/json; charset=utf-8")), 0);
  EXPECT_EQ(
      refused_at_head(with("POST", "/v1/approvals", admin, "application/json; charset=latin1")),
      415);
  EXPECT_EQ(refused_at_head(with("GET", "/v1/approvals", admin, "text/plain", "0")), 0);
  EXPECT_EQ(refused_at_head(request("POST", "/v1/approvals", admin)), 0);
  EXPECT_EQ(api->body_limit(request("GET", "/livez", "")).bytes, 0u);
}

TEST_F(EnvelopeTest, APlainPathNamesItsMethods) {
  const Answer answer = post("/readyz", admin);
  EXPECT_EQ(answer.http.status, 405);
  EXPECT_EQ(answer.header("Allow"), "GET, HEAD");
  EXPECT_EQ(send(request("HEAD", "/livez", "")).http.status, 200);
  EXPECT_EQ(get("/metric", "").http.status, 404);
  EXPECT_EQ(get("/log/a/b/checkpoint", admin).http.status, 404);
}

TEST_F(EnvelopeTest, H25_TwoTraceparentsAreNone) {
  const std::string other = "00-524f23760b8c405f87e1dcdb254ccaea-00f067aa0ba902b7-01";
  const Answer answer = get("/v1/approvals", admin,
                            {{"traceparent", std::string(kTraceparent)}, {"traceparent", other}});
  EXPECT_EQ(answer.http.status, 200);
  EXPECT_FALSE(answer.trace().starts_with("424f2376"));
  EXPECT_FALSE(answer.trace().starts_with("524f2376"));
}

TEST_F(EnvelopeTest, H58_TheSameKeyAtTheSameTimeIsOneRequest) {
  const std::string agent = make("agent", "agent");
  std::vector<std::future<Answer>> answers;
  for (int i = 0; i < 32; ++i) {
    answers.push_back(start(request("POST", "/v1/approvals", agent, std::string(kAsk),
                                    {{"Idempotency-Key", i % 2 == 0 ? "k" : "\"k\""}})));
  }
  std::set<std::string> bodies;
  std::set<std::string> traces;
  int originals = 0;
  for (auto& each : answers) {
    const Answer answer = each.get();
    EXPECT_EQ(answer.http.status, 201);
    bodies.insert(answer.http.body);
    traces.insert(answer.header("X-Trace-Id"));
    if (answer.header("Idempotency-Replayed").empty()) ++originals;
  }
  EXPECT_EQ(bodies.size(), 1u);
  EXPECT_EQ(traces.size(), 1u);
  EXPECT_EQ(originals, 1);
  EXPECT_EQ(get("/v1/approvals", agent).data().items().size(), 1u);
}

TEST_F(EnvelopeTest, H58_AnEmptyBodyIsTheEmptyObjectAndARefusalIsReplayedToo) {
  const std::string approver = make("human", "approver");
  const std::string id = pending(make("agent", "agent"));
  const std::string path = "/v1/approvals/" + id + "/approve";
  const std::vector<net::Header> key = {{"Idempotency-Key", "c"}};
  const Answer first = send(request("POST", path, approver, "", key));
  EXPECT_EQ(first.http.status, 200) << first.http.body;
  const Answer again = post(path, approver, " { } ", key);
  EXPECT_EQ(again.http.body, first.http.body);
  EXPECT_EQ(again.header("Idempotency-Replayed"), "true");

  const Answer no = post(path, approver, "{}", {{"Idempotency-Key", "d"}});
  EXPECT_EQ(no.http.status, 409);
  const Answer still = post(path, approver, "{}", {{"Idempotency-Key", "d"}});
  EXPECT_EQ(still.http.status, 409);
  EXPECT_EQ(still.code(), no.code());
}

TEST_F(EnvelopeTest, H58_EventsAreTheSameInAnySpellingOfTheirJson) {
  const std::string service = make("service", "agent");
  const std::vector<net::Header> key = {{"Idempotency-Key", "e"}};
  const Answer first =
      post("/v1/events", service,
           R"({"type":"content.publish","target":{"type":"a","id":"b"},"outcome":"success"})", key);
  ASSERT_EQ(first.http.status, 201) << first.http.body;
  const Answer again = post(
      "/v1/events", service,
      R"({ "outcome":"success", "target":{"id":"b","type":"a"}, "type":"content.publish" })", key);
  EXPECT_EQ(again.http.body, first.http.body);
  EXPECT_EQ(again.header("Idempotency-Replayed"), "true");
}

TEST_F(EnvelopeTest, StoppingAnswersAllWhoWaitAndLetsNobodyWait) {
  const std::string agent = make("agent", "agent");
  const std::string id = pending(agent);
  const auto wait = [&] {
    return start(request("GET", "/v1/approvals/" + id, agent, "", {{"Prefer", "wait=60"}}));
  };
  auto before = wait();
  EXPECT_EQ(before.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  api->stop_waiting();
  auto after = wait();
  for (auto* each : {&before, &after}) {
    ASSERT_EQ(each->wait_for(kPatience), std::future_status::ready);
    EXPECT_EQ(each->get().at("status"), "pending");
  }
}

// The store outlives its watcher: changes and reads that come late must find no ruin.
TEST_F(EnvelopeTest, TheFaceMayGoWhileTheStoreStillWorks) {
  const std::string agent = make("agent", "agent");
  const std::string id = pending(agent);
  std::vector<std::future<Answer>> answers;
  for (int i = 0; i < 64; ++i) {
    answers.push_back(
        start(request("GET", "/v1/approvals/" + id, agent, "", {{"Prefer", "wait=60"}})));
    answers.push_back(start(request("POST", "/v1/approvals", agent, std::string(kAsk))));
  }
  api.reset();
  for (auto& each : answers) {
    ASSERT_EQ(each.wait_for(kPatience), std::future_status::ready);
    EXPECT_LT(each.get().http.status, 300);
  }
}

TEST_F(EnvelopeTest, AKeyRevokedWhileItsOwnerWaitsSeesNothingMore) {
  const std::string agent = make("agent", "agent");
  const std::string id = pending(agent);
  const Answer who =
      post("/v1/principals", admin, R"({"type":"human","name":"eve","roles":["approver"]})");
  const Answer key = post("/v1/principals/" + who.at("id") + "/keys", admin);
  auto waiting =
      start(request("GET", "/v1/approvals/" + id, key.at("key"), "", {{"Prefer", "wait=60"}}));
  EXPECT_EQ(waiting.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  ASSERT_EQ(post("/v1/keys/" + key.at("keyId") + "/revoke", admin).http.status, 200);
  ASSERT_EQ(post("/v1/approvals/" + id + "/cancel", agent, std::string(kReason)).http.status, 200);
  EXPECT_EQ(waiting.get().http.status, 401);
}

}  // namespace
}  // namespace assent::http
