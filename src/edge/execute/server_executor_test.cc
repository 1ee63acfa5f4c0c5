#include "edge/execute/server_executor.h"

#include "app/start_execution.h"
#include "base/testing_wait.h"
#include "base/text.h"
#include "edge/execute/testing_receiver.h"
#include "edge/execute/webhook.h"
#include "store/verify/verify_store.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <future>
#include <set>

namespace assent::execute {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Executing : public testing::Test {
 protected:
  Executing() {
    made = store::Store::create(directory, "assent.test", clock, random).value();
    open();
  }
  ~Executing() override {
    store.reset();
    const auto report = store::verify_store(directory, {});
    EXPECT_TRUE(report && !report->finding) << "the store verifies";
    std::filesystem::remove_all(directory);
  }
  void open() {
    store.reset();
    store = store::Store::open({.directory = directory}, clock, random).value();
    admin = *store->identities()->authenticate(made.admin_key, clock.now());
  }

  // An approved tool call that the server executes there.
  ApprovalId approved(const std::string& url, Json terms = Json::object()) {
    const auto id = ApprovalId::make(clock.now(), random);
    const Json arguments = Json::object({{"path", "/srv/a"}});
    Json data = Json::object(
        {{"approvalId", id.text()},
         {"kind", "tool_call"},
         {"tool", "fs.delete"},
         {"subject",
          Json::object({{"arguments", arguments}, {"kind", "tool_call"}, {"tool", "fs.delete"}})},
         {"contentHash", tool_call_hash("fs.delete", arguments)},
         {"riskTier", "low"},
         {"policyVersion", 0},
         {"evidencePolicy", to_json(EvidencePolicy{})},
         {"quorum", to_json(Quorum{.alternatives = {{{.role = Role::approver, .count = 1}}}})},
         {"selfApproval", "forbidden"},
         {"expiresAt", to_rfc3339(clock.now() + seconds(3600))},
         {"maxAttempts", 3},
         {"grantTtlSeconds", 3600},
         {"executor", Json::object({{"url", url}, {"timeoutSeconds", 1000}})},
         {"requestedBy", admin.principal.id.text()},
         {"why", "for a test"},
         {"request", Json::object()}});
    for (const auto& [name, value] : terms.members()) data.set(name, value);
    const auto subject = "approval/" + id.text();
    write([&](store::Write& job) -> Result<void> {
      TRY(job.record({.type = "approval.requested", .subject = subject, .data = data}));
      TRY(job.record_as(
          {.type = ActorType::rule, .id = "policy/0/0"},
          {.type = "approval.auto_approved",
           .subject = subject,
           .data = Json::object({{"approvalId", id.text()},
                                 {"approvedAt", to_rfc3339(job.now())},
                                 {"policyEntry", 0},
                                 {"contentHash", *data.string_at("contentHash")},
                                 {"grantId", job.make_id<GrantId>().text()},
                                 {"ttlSeconds", 3600},
                                 {"expiresAt", to_rfc3339(job.now() + seconds(3600))}})}));
      return {};
    });
    return id;
  }
  void write(const std::function<Result<void>(store::Write&)>& run) {
    std::promise<Result<void>> done;
    ASSERT_TRUE(
        store->write({.caller = admin,
                      .trace = make_trace(random),
                      .run = run,
                      .done = [&](Result<void> result) { done.set_value(std::move(result)); }}));
    const auto result = done.get_future().get();
    ASSERT_TRUE(result) << result.error().detail;
  }
  app::ApprovalView show(const ApprovalId& id) {
    std::promise<app::ApprovalView> view;
    CHECK(store->read({.caller = admin, .run = [&](Result<void>, const store::Read* read) {
                         view.set_value(app::get_approval(*read, {.approval = id}).value());
                       }}));
    return view.get_future().get();
  }
  // Runs the executor until the approval is as wanted.
  app::ApprovalView execute_until(const ApprovalId& id,
                                  const std::function<bool(const app::ApprovalView&)>& is_done) {
    const ServerExecutor executor(*store, {.first_pause = milliseconds(5)});
    EXPECT_TRUE(eventually([&] { return is_done(show(id)); }));
    return show(id);
  }
  app::ApprovalView execute(const ApprovalId& id) {
    return execute_until(id, [](const auto& view) { return view.status != Status::approved; });
  }

  SystemClock clock;
  SystemRandom random;
  std::string directory = (std::filesystem::temp_directory_path() /
                           ("assent_" + PrincipalId::make(clock.now(), random).text()))
                              .string();
  store::NewStore made;
  std::unique_ptr<store::Store> store;
  Caller admin;
};

TEST_F(Executing, WhatIsApprovedIsCalledOnceSignedAndRecorded) {
  const Receiver receiver([](const Received&) {
    return http_answer(200, R"({"deleted":1,"proof":{"type":"receipt","data":"42"}})");
  });
  const auto id = approved(receiver.url(), Json::object({{"requiresProof", true}}));
  const auto view = execute(id);
  EXPECT_EQ(view.status, Status::executed);
  ASSERT_EQ(receiver.received().size(), 1U);
  const Received got = receiver.received().front();
  const Json body = parse_json(got.body).value();
  ASSERT_EQ(view.executions.size(), 1U);
  EXPECT_EQ(body.string_at("executionId"), view.executions.front().id.text());
  EXPECT_EQ(body.string_at("approvalId"), id.text());
  EXPECT_EQ(body.find("arguments")->string_at("path"), "/srv/a");
  EXPECT_EQ(body.string_at("contentHash"), view.content_hash);
  EXPECT_EQ(got.header("traceparent"), *body.string_at("traceparent"));
  EXPECT_EQ(got.header("webhook-id"), view.executions.front().id.text());
  const Secret secret = store::Store::executor_secret(directory, admin.tenant.name).value();
  const Hash mac =
      hmac_sha256(secret.reveal(), got.header("webhook-id") + '.' +
                                       got.header("webhook-timestamp") + '.' + got.body);
  EXPECT_EQ(got.header("webhook-signature"), "v1," + to_base64(as_bytes(mac)));
  EXPECT_EQ(view.executions.front().started_by, admin.principal.id);
  EXPECT_EQ(view.executions.front().by_server, true);
}

TEST_F(Executing, H41_DefiniteFailuresAreTriedUpToTheCap) {
  const Receiver receiver([](const Received&) { return http_answer(409, R"({"error":"busy"})"); });
  const auto id = approved(receiver.url());
  const auto view = execute_until(id, [](const auto& seen) {
    return seen.executions.size() == 3 && seen.executions.back().state == ExecutionState::failure;
  });
  EXPECT_EQ(view.status, Status::approved);
  ASSERT_EQ(view.executions.size(), 3U);
  const ServerExecutor more(*store, {.first_pause = milliseconds(5)});
  std::this_thread::sleep_for(milliseconds(600));
  EXPECT_EQ(receiver.received().size(), 3U);
  std::set<std::string> ids;
  for (const Received& got : receiver.received()) ids.insert(got.header("webhook-id"));
  EXPECT_EQ(ids.size(), 3U) << "each attempt has its own id";
}

TEST_F(Executing, AReceiverThatIsNotThereIsADefiniteFailure) {
  const std::string url = "http://127.0.0.1:1/execute";  // A port that no system gives away.
  const auto view = execute_until(approved(url), [](const auto& seen) {
    return !seen.executions.empty() && seen.executions.front().state == ExecutionState::failure;
  });
  ASSERT_FALSE(view.executions.empty());
  EXPECT_EQ(view.executions.front().state, ExecutionState::failure);
}

TEST_F(Executing, H40_NoAnswerIsUnknownAndIsNotTriedAgain) {
  std::promise<void> end;
  const Receiver hangs([ended = end.get_future().share()](const Received&) {
    ended.wait();
    return http_answer(200);
  });
  const Receiver breaks_off([](const Received&) { return std::string(); });
  const Receiver fails([](const Received&) { return http_answer(500); });
  const Receiver halves([](const Received&) {
    return std::string("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  });
  for (const Receiver* receiver : {&hangs, &breaks_off, &fails, &halves}) {
    const Json executor =
        Json::object({{"url", receiver->url()}, {"timeoutSeconds", receiver == &hangs ? 1 : 1000}});
    const auto view = execute(approved(receiver->url(), Json::object({{"executor", executor}})));
    EXPECT_EQ(view.status, Status::unknown);
    EXPECT_EQ(view.executions.size(), 1U);
    EXPECT_EQ(receiver->received().size(), 1U);
  }
  end.set_value();
}

TEST_F(Executing, ASuccessWithoutTheProofThatThePolicyWantsIsUnknown) {
  const Receiver receiver([](const Received&) { return http_answer(200); });
  const auto id = approved(receiver.url(), Json::object({{"requiresProof", true}}));
  EXPECT_EQ(execute(id).status, Status::unknown);
}

TEST_F(Executing, ARedirectIsNotFollowed) {
  const Receiver elsewhere([](const Received&) { return http_answer(200); });
  const Receiver receiver([&](const Received&) {
    return "HTTP/1.1 307 X\r\nContent-Length: 0\r\nLocation: " + elsewhere.url() + "\r\n\r\n";
  });
  EXPECT_EQ(execute(approved(receiver.url())).status, Status::unknown);
  EXPECT_TRUE(elsewhere.received().empty());
}

TEST_F(Executing, Trap16_AStartThatACrashCutOffIsNotCalledAgain) {
  const Receiver receiver([](const Received&) { return http_answer(200); });
  const auto id = approved(receiver.url());
  // What a crash between the start and the call, or between the call and its end, leaves.
  write([&](store::Write& job) -> Result<void> {
    TRY(app::start_for_server(job, {.approval = id, .lease_seconds = 61}));
    return {};
  });
  open();
  const ServerExecutor executor(*store, {.first_pause = milliseconds(5)});
  std::this_thread::sleep_for(milliseconds(700));
  EXPECT_TRUE(receiver.received().empty());
  EXPECT_EQ(show(id).executions.size(), 1U);
}

TEST_F(Executing, WhenItStopsWhatIsOnItsWayIsUnknownAtOnce) {
  std::promise<void> end;
  const Receiver hangs([ended = end.get_future().share()](const Received&) {
    ended.wait();
    return http_answer(200);
  });
  const auto id = approved(hangs.url());
  {
    const ServerExecutor executor(*store, {.drain = milliseconds(50)});
    EXPECT_TRUE(eventually([&hangs] { return !hangs.received().empty(); }));
  }
  EXPECT_EQ(show(id).status, Status::unknown);
  end.set_value();
}

TEST_F(Executing, ManyAreExecutedOnceEach) {
  const Receiver receiver([](const Received&) { return http_answer(200); });
  std::vector<ApprovalId> ids;
  for (int i = 0; i < 50; ++i) ids.push_back(approved(receiver.url()));
  execute(ids.back());
  const ServerExecutor executor(*store, {});
  for (const ApprovalId& id : ids) {
    EXPECT_TRUE(eventually([&] { return show(id).status == Status::executed; }));
  }
  EXPECT_EQ(receiver.received().size(), 50U);
}

}  // namespace
}  // namespace assent::execute
