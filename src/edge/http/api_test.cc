#include "edge/http/testing_api.h"
#include "ledger/checkpoint.h"

namespace assent::http {
namespace {

constexpr std::string_view kAbsent = "apr_01h455vb4pex5vsknk084sn02q";

TEST_F(ApiTest, H25_TheTraceIsTheSameInTheBodyTheHeaderAndTheEvents) {
  const std::string agent = make("agent", "agent");
  const Answer asked =
      post("/v1/approvals", agent, R"({"kind":"tool_call","tool":"x"})",
           {{"traceparent", "00-424f23760b8c405f87e1dcdb254ccaea-00f067aa0ba902b7-01"}});
  EXPECT_EQ(asked.trace(), "424f2376-0b8c-405f-87e1-dcdb254ccaea");
  EXPECT_EQ(asked.header("X-Trace-Id"), asked.trace());
  const Answer trail = get("/v1/approvals/" + asked.at("id") + "/trail", agent);
  EXPECT_EQ(*trail.data().items()[0].string_at("traceid"), "424f23760b8c405f87e1dcdb254ccaea");
}

TEST_F(ApiTest, H25_AMalformedTraceparentStartsANewTrace) {
  const Answer one = get("/v1/approvals", admin, {{"traceparent", "00-zzz"}});
  const Answer two = get("/v1/approvals", admin, {{"traceparent", "00-zzz"}});
  EXPECT_EQ(one.http.status, 200);
  EXPECT_NE(one.trace(), two.trace());
}

TEST_F(ApiTest, H29_SuccessAndFailureHaveTheirEnvelopes) {
  const std::string agent = make("agent", "agent");
  const Answer asked = post("/v1/approvals", agent, R"({"kind":"tool_call","tool":"x"})");
  EXPECT_EQ(asked.http.status, 201);
  EXPECT_EQ(asked.header("Content-Type"), "application/json");
  EXPECT_EQ(asked.body.members().size(), 2u);
  const Answer refused = post("/v1/approvals/" + asked.at("id") + "/approve", agent);
  EXPECT_EQ(refused.http.status, 403);
  EXPECT_EQ(refused.header("Content-Type"), "application/problem+json");
  EXPECT_EQ(refused.code(), "INSUFFICIENT_PERMISSIONS");
  EXPECT_EQ(refused.body.integer_at("status"), 403);
  EXPECT_EQ(refused.body.find("error")->string_at("code"), "INSUFFICIENT_PERMISSIONS");
  EXPECT_EQ(refused.header("X-Trace-Id"), refused.trace());
}

TEST_F(ApiTest, H29_EachKindOfFailureHasItsStatusAndCode) {
  const std::string agent = make("agent", "agent");
  const std::string id = pending(agent);
  struct Case {
    net::Request request;
    int status;
    std::string_view code;
  };
  const std::vector<Case> cases = {
      {request("GET", "/v1/approvals", ""), 401, "UNAUTHENTICATED"},
      {request("GET", "/v1/nothing", admin), 404, "NOT_FOUND"},
      {request("DELETE", "/v1/approvals", admin), 405, "METHOD_NOT_ALLOWED"},
      {request("POST", "/v1/approvals", agent, "{"), 400, "VALIDATION_ERROR"},
      {request("POST", "/v1/approvals", agent, "[]"), 400, "VALIDATION_ERROR"},
      {request("POST", "/v1/approvals", agent, "{}", {{"Content-Type", "text/plain"}}), 415,
       "UNSUPPORTED_MEDIA_TYPE"},
      {request("GET", "/v1/approvals", agent, "{}"), 400, "VALIDATION_ERROR"},
      {request("GET", "/v1/approvals?limit=0", agent), 400, "VALIDATION_ERROR"},
      {request("GET", "/v1/approvals?colour=red", agent), 400, "VALIDATION_ERROR"},
      {request("GET", "/v1/approvals?limit=1&limit=2", agent), 400, "VALIDATION_ERROR"},
      {request("GET", "/v1/approvals/%zz", agent), 400, "VALIDATION_ERROR"},
      {request("GET", "/v1/approvals/rul_01h455vb4pex5vsknk084sn02q", agent), 400,
       "VALIDATION_ERROR"},
      {request("POST", "/v1/events", agent,
               R"({"type":"grant.issued","target":{"type":"a","id":"b"},"outcome":"success"})"),
       403, "RESERVED_EVENT_TYPE"},
      {request("POST", "/v1/approvals/" + id + "/executions", agent, "{}"), 409, "INVALID_STATE"},
      {request("POST", "/v1/principals", agent, R"({"type":"human","name":"x","roles":["admin"]})"),
       403, "INSUFFICIENT_PERMISSIONS"}};
  for (const Case& each : cases) {
    const Answer answer = send(each.request);
    EXPECT_EQ(answer.http.status, each.status) << each.request.target << answer.http.body;
    EXPECT_EQ(answer.code(), each.code) << each.request.target;
  }
  EXPECT_EQ(send(request("DELETE", "/v1/approvals", admin)).header("Allow"), "POST, GET");
  EXPECT_EQ(get("/v1/approvals", "").header("WWW-Authenticate"), "Bearer");
}

TEST_F(ApiTest, H57_ForeignAndAbsentAreByteIdenticalButForTheTrace) {
  const std::string agent = make("agent", "agent");
  const std::string id = pending(agent);
  const std::string stranger = post("/v1/tenants", admin, R"({"name":"acme"})").at("adminKey");
  const auto shown = [&](const std::string& method, const std::string& path) {
    const std::string body = path.ends_with("/executions") ? "{}" : R"({"rationale":"x"})";
    Answer answer =
        send(request(method, path, stranger, method == "POST" ? body : "",
                     {{"traceparent", "00-424f23760b8c405f87e1dcdb254ccaea-00f067aa0ba902b7-01"}}));
    EXPECT_EQ(answer.http.status, 404) << method << path;
    return answer.http.body;
  };
  for (const auto& [method, tail] :
       {std::pair("GET", ""), std::pair("GET", "/trail"), std::pair("POST", "/approve"),
        std::pair("POST", "/reject"), std::pair("POST", "/cancel"),
        std::pair("POST", "/executions")}) {
    EXPECT_EQ(shown(method, "/v1/approvals/" + id + tail),
              shown(method, "/v1/approvals/" + std::string(kAbsent) + tail));
  }
}

TEST_F(ApiTest, H58_AKeyQuotedOrBareReplaysTheAnswerAndSaysSo) {
  const std::string agent = make("agent", "agent");
  const std::string body = R"({"kind":"tool_call","tool":"x"})";
  const Answer first = post("/v1/approvals", agent, body, {{"Idempotency-Key", "\"k 1\""}});
  EXPECT_EQ(first.header("Idempotency-Replayed"), "");
  const Answer again = post("/v1/approvals", agent, body, {{"Idempotency-Key", "\"k 1\""}});
  EXPECT_EQ(again.http.status, 201);
  EXPECT_EQ(again.http.body, first.http.body);
  EXPECT_EQ(again.header("X-Trace-Id"), first.trace());
  EXPECT_EQ(again.header("Idempotency-Replayed"), "true");
  // The same JSON in another spelling is the same request.
  const Answer spelt = post("/v1/approvals", agent, R"({ "tool": "x", "kind": "tool_call" })",
                            {{"Idempotency-Key", "\"k 1\""}});
  EXPECT_EQ(spelt.http.body, first.http.body);
  const Answer other = post("/v1/approvals", agent, R"({"kind":"tool_call","tool":"y"})",
                            {{"Idempotency-Key", "\"k 1\""}});
  EXPECT_EQ(other.http.status, 409);
  EXPECT_EQ(other.code(), "IDEMPOTENCY_CONFLICT");
  EXPECT_EQ(post("/v1/approvals", agent, body, {{"Idempotency-Key", ""}}).http.status, 400);
}

TEST_F(ApiTest, H58_TheSameKeyOnAnotherItemIsAConflictNotAReplay) {
  const std::string agent = make("agent", "agent");
  const std::string ann = make("human", "approver");
  const std::string one = pending(agent);
  const std::string two = pending(agent);
  ASSERT_EQ(
      post("/v1/approvals/" + one + "/approve", ann, "{}", {{"Idempotency-Key", "k"}}).http.status,
      200);
  EXPECT_EQ(post("/v1/approvals/" + two + "/approve", ann, "{}", {{"Idempotency-Key", "k"}}).code(),
            "IDEMPOTENCY_CONFLICT");
}

TEST_F(ApiTest, Trap18_HeaderIdentityIsIgnored) {
  const std::vector<net::Header> forged = {
      {"X-Actor-ID", "prn_root"}, {"X-Actor-Roles", "admin"}, {"X-Tenant-ID", "default"}};
  EXPECT_EQ(get("/v1/approvals", "", forged).http.status, 401);
  EXPECT_EQ(get("/v1/approvals", "dev", forged).http.status, 401);
  EXPECT_EQ(get("/v1/approvals", "ask_forged_000000", forged).http.status, 401);
}

TEST_F(ApiTest, TwoAuthorizationHeadersAreNone) {
  auto twice = request("GET", "/v1/approvals", admin);
  twice.headers.emplace_back("Authorization", "Bearer " + admin);
  EXPECT_EQ(send(twice).http.status, 401);
}

TEST_F(ApiTest, H70_WithoutAKeyNotAByteOfTheBodyIsWanted) {
  const auto limit = api->body_limit(request("POST", "/v1/approvals", ""));
  ASSERT_TRUE(limit.refusal.has_value());
  EXPECT_EQ(limit.refusal->status, 401);
  EXPECT_EQ(api->body_limit(request("POST", "/v1/approvals", admin)).bytes, 1048576u);
  EXPECT_EQ(api->body_limit(request("PUT", "/v1/blobs", admin)).bytes, 25u * 1048576u);
}

TEST_F(ApiTest, H70_DepthDuplicatesAndNumbersAreRefusedWithThePath) {
  const std::string agent = make("agent", "agent");
  const auto path_of = [&](const std::string& body) {
    const Answer answer = post("/v1/approvals", agent, body);
    EXPECT_EQ(answer.http.status, 400) << body.substr(0, 80);
    const Json* fields = answer.body.find("error")->find("fieldErrors");
    return fields == nullptr ? "" : std::string(*fields->items()[0].string_at("path"));
  };
  EXPECT_EQ(path_of(R"({"kind":"tool_call","tool":"x","arguments":{"a":1,"a":2}})"), "arguments.a");
  EXPECT_EQ(path_of(R"({"kind":"tool_call","tool":"x","arguments":{"a":1e400}})"), "arguments.a");
  EXPECT_EQ(path_of(R"({"kind":"tool_call","tool":"x","arguments":{"a":9007199254740993}})"),
            "arguments.a");
  EXPECT_EQ(path_of(R"({"kind":"tool_call","tool":"x","arguments":{"a":"\ud800"}})"),
            "arguments.a");
  const std::string deep = std::string(70, '[') + std::string(70, ']');
  EXPECT_FALSE(
      path_of(R"({"kind":"tool_call","tool":"x","arguments":{"a":)" + deep + "}}").empty());
}

TEST_F(ApiTest, WaitingAnswersWhenTheApprovalIsDecided) {
  const std::string agent = make("agent", "agent");
  const std::string ann = make("human", "approver");
  const std::string id = pending(agent);
  auto one = start(request("GET", "/v1/approvals/" + id, agent, "", {{"Prefer", "wait=30"}}));
  auto two = start(request("GET", "/v1/approvals/" + id, agent, "", {{"Prefer", "wait=30"}}));
  EXPECT_EQ(one.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  ASSERT_EQ(post("/v1/approvals/" + id + "/approve", ann).http.status, 200);
  for (auto* waiting : {&one, &two}) {
    const Answer answer = waiting->get();
    EXPECT_EQ(answer.at("status"), "approved");
    EXPECT_EQ(answer.header("Preference-Applied"), "wait=30");
  }
}

TEST_F(ApiTest, WaitingEndsWithItsPatienceAndIsNoneForWhatIsDecided) {
  const std::string agent = make("agent", "agent");
  const std::string id = pending(agent);
  EXPECT_EQ(get("/v1/approvals/" + id, agent, {{"Prefer", "wait=1"}}).at("status"), "pending");
  ASSERT_EQ(post("/v1/approvals/" + id + "/cancel", agent, std::string(kReason)).http.status, 200);
  EXPECT_EQ(get("/v1/approvals/" + id, agent, {{"Prefer", "wait=60"}}).at("status"), "cancelled");
  const Answer absent =
      get("/v1/approvals/" + std::string(kAbsent), agent, {{"Prefer", "wait=60"}});
  EXPECT_EQ(absent.http.status, 404);
}

TEST_F(ApiTest, ACheckpointIsSignedByTheTenantsKeyAndForItsOwnOnly) {
  const Answer own = get("/log/default/checkpoint", admin);
  ASSERT_EQ(own.http.status, 200);
  const auto* tenant = store->identities()->tenant("default");
  const auto key = ledger::VerifierKey::from_text(store->verifier_key(*tenant));
  ASSERT_TRUE(key.has_value());
  EXPECT_TRUE(ledger::open_checkpoint(own.http.body, *key).has_value());
  const std::string stranger = post("/v1/tenants", admin, R"({"name":"acme"})").at("adminKey");
  EXPECT_EQ(get("/log/default/checkpoint", stranger).http.status, 404);
  EXPECT_EQ(get("/log/default/checkpoint", "").http.status, 401);
}

TEST_F(ApiTest, ABlobComesBackAsItWasPutAndToItsTenantOnly) {
  const std::string agent = make("agent", "agent");
  const std::string bytes("\x00\xff blob", 7);
  const Answer put = send(
      request("PUT", "/v1/blobs", agent, bytes, {{"Content-Type", "application/octet-stream"}}));
  ASSERT_EQ(put.http.status, 201) << put.http.body;
  const Answer back = get("/v1/blobs/" + put.at("sha256"), agent);
  EXPECT_EQ(back.http.body, bytes);
  EXPECT_EQ(back.header("Content-Disposition"), "attachment");
  EXPECT_EQ(back.header("X-Content-Type-Options"), "nosniff");
  const std::string stranger = post("/v1/tenants", admin, R"({"name":"acme"})").at("adminKey");
  EXPECT_EQ(get("/v1/blobs/" + put.at("sha256"), stranger).http.status, 404);
}

TEST_F(ApiTest, HealthSaysHowTheStoreIs) {
  EXPECT_EQ(get("/livez", "").http.status, 200);
  const Answer ready = get("/readyz", "");
  EXPECT_EQ(ready.http.status, 200);
  EXPECT_EQ(ready.body.string_at("status"), "ready");
  EXPECT_EQ(get("/openapi.json", "").body.string_at("openapi"), "3.1.1");
}

}  // namespace
}  // namespace assent::http
