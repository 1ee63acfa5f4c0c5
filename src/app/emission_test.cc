// What emitted events count, owe and prove.
#include "app/testing_emission.h"

#include <chrono>
#include <set>

namespace assent::app {
namespace {

using std::chrono::hours;

TEST_F(Emission, H53_AGapIsReportedUntilWhatIsMissingArrives) {
  EXPECT_TRUE(list("list_producers").items().empty());
  EXPECT_EQ(outcome(Json(Json::Array{numbered(1), numbered(2)})), "ok");
  EXPECT_TRUE(producer().find("missing")->items().empty());
  for (const std::int64_t n : {40, 44, 46}) EXPECT_EQ(outcome(numbered(n)), "ok");
  EXPECT_EQ(*producer().find("missing"), Json(Json::Array{"3-39", "41-43", "45"}));
  EXPECT_EQ(producer().integer_at("missingCount"), 41);
  EXPECT_EQ(producer().integer_at("next"), 47);
  EXPECT_EQ(outcome(numbered(42)), "ok") << "out of order, but welcome";
  EXPECT_EQ(*producer().find("missing"), Json(Json::Array{"3-39", "41", "43", "45"}));
  world.crash();
  for (const std::int64_t n : {41, 43, 45}) EXPECT_EQ(outcome(numbered(n)), "ok");
  Json rest = Json::array();
  for (std::int64_t n = 39; n >= 3; --n) rest.push(numbered(n));
  EXPECT_EQ(outcome(rest), "ok");
  EXPECT_TRUE(producer().find("missing")->items().empty());
  EXPECT_EQ(producer().integer_at("missingCount"), 0);
  EXPECT_TRUE(list("list_producers", {{"gaps", "true"}}).items().empty());
}

TEST_F(Emission, ANumberIsOneEventsAndNothingOfTheRequestIsRecordedIfItIsNot) {
  const Json first = numbered(1);
  ASSERT_EQ(outcome(first), "ok");
  const std::uint64_t size = world.log_size();
  EXPECT_EQ(outcome(first), "ok") << "the same event again";
  EXPECT_EQ(outcome(Json(Json::Array{first, first})), "ok");
  EXPECT_EQ(outcome(numbered(1)), "idempotency_conflict producer.sequence");
  EXPECT_EQ(outcome(Json(Json::Array{numbered(2), numbered(3), numbered(2)})),
            "idempotency_conflict events[2].producer.sequence");
  Json other = first;
  other.set("producer", Json::object({{"id", "mailer"}, {"sequence", 2}}));
  EXPECT_EQ(outcome(other), "idempotency_conflict id") << "the same event has one number";
  EXPECT_EQ(world.log_size(), size);
  EXPECT_EQ(producer().integer_at("next"), 2);
  EXPECT_EQ(outcome(Json(Json::Array{first, numbered(2), numbered(3)})), "ok");
  EXPECT_EQ(producer().integer_at("next"), 4);
}

// Whatever is refused for good leaves a gap, and the programs go on: no number of gaps may make the
// server refuse what is in order.
TEST_F(Emission, HoweverManyGapsThereAreTheNextEventIsWelcome) {
  Json events = Json::array();
  for (std::int64_t n = 1; n <= 1000; ++n) events.push(numbered(2 * n));
  ASSERT_EQ(outcome(events), "ok");
  EXPECT_EQ(producer().find("missing")->items().size(), 1000u);
  EXPECT_EQ(outcome(numbered(2002)), "ok");
  EXPECT_EQ(outcome(numbered(2010)), "ok");
  EXPECT_EQ(outcome(numbered(2005)), "ok") << "it splits one";
  EXPECT_EQ(producer().find("missing")->items().size(), 1000u) << "the first of them";
  EXPECT_EQ(producer().integer_at("missingCount"), 1001 + 7 - 1);
}

TEST_F(Emission, TheIdOfAnObligationIsNotTakenTwice) {
  Json pending = Json::object({{"type", "mail.send"},
                               {"target", Json::object({{"type", "mail"}, {"id", "1"}})},
                               {"outcome", "pending"}});
  const Reply first =
      world.call({.operation = "emit_events", .by = agent, .raw_body = json_text(pending)});
  ASSERT_EQ(first.outcome(), "ok");
  pending.set("id", first.id());
  EXPECT_EQ(emit(pending).data, first.data) << "the same event, though the server made its id";
  Json another = pending;
  another.set("type", "mail.deliver");
  EXPECT_EQ(outcome(another), "idempotency_conflict id");
  pending.set("id", EventId::make(world.clock.now(), world.random).text());
  EXPECT_EQ(outcome(pending), "ok");
  world.clock.advance(std::chrono::hours(24 * 9));
  EXPECT_EQ(outcome(Json::object(
                {{"type", "a.b"}, {"target", *pending.find("target")}, {"outcome", "success"}})),
            "ok");
  EXPECT_EQ(outcome(pending), "ok") << "a retry";
  EXPECT_EQ(outcome(numbered(1)), "ok") << "the store takes writes as before";
}

TEST_F(Emission, ProducersAreListedPageByPage) {
  for (const std::string name : {"a", "B", "c-1", "d.2"}) {
    EXPECT_EQ(outcome(numbered(name == "B" ? 2 : 1, name)), "ok");
  }
  std::vector<std::string> seen;
  std::optional<std::string> cursor;
  do {
    std::vector<std::pair<std::string, std::string>> query = {{"limit", "3"}};
    if (cursor) query.emplace_back("cursor", *cursor);
    const Reply page = world.call({.operation = "list_producers", .by = agent, .query = query});
    for (const Json& item : page.data.items()) seen.emplace_back(*item.string_at("id"));
    cursor = page.next_cursor;
  } while (cursor);
  EXPECT_EQ(seen, (std::vector<std::string>{"B", "a", "c-1", "d.2"}));
  EXPECT_EQ(list("list_producers", {{"gaps", "true"}}).items().size(), 1u);
  for (const auto& [name, value] : {std::pair{"limit", "101"}, {"limit", "0"}, {"cursor", "x"}}) {
    EXPECT_EQ(world.call({.operation = "list_producers", .by = agent, .query = {{name, value}}})
                  .outcome(),
              "validation_error");
  }
}

TEST_F(Emission, H57_ProducersAndObligationsAreTheTenantsOwn) {
  const Reply opened = emit(event("pending"));
  EXPECT_EQ(outcome(numbered(5)), "ok");
  const Reply globex = world.call({.operation = "create_tenant",
                                   .by = world.admin,
                                   .body = Json::object({{"name", "globex"}})});
  ASSERT_EQ(globex.outcome(), "ok");
  agent = {.id = {}, .key = globex.at("adminKey")};
  EXPECT_TRUE(list("list_producers").items().empty());
  EXPECT_TRUE(list("list_obligations").items().empty());
  EXPECT_EQ(outcome(numbered(1)), "ok");
  EXPECT_TRUE(producer().find("missing")->items().empty());
  EXPECT_EQ(outcome(caused(event(), opened.at("id"))), "unprocessable causationId")
      << "a foreign cause is an unknown one";
}

TEST_F(Emission, H55_WhatIsPendingIsListedUntilOneEventClosesIt) {
  const Reply opened = emit(event("pending"));
  ASSERT_EQ(opened.outcome(), "ok");
  const Json owed = list("list_obligations").items().at(0);
  EXPECT_EQ(owed.string_at("event"), opened.at("id"));
  EXPECT_EQ(owed.string_at("type"), "content.publish");
  EXPECT_EQ(owed.find("target")->string_at("id"), "1");
  EXPECT_EQ(owed.find("actor")->string_at("id"), agent.id);
  EXPECT_EQ(owed.string_at("dueAt"), to_rfc3339(world.clock.now() + hours(24)));
  EXPECT_EQ(data_of(opened).string_at("dueAt"), owed.string_at("dueAt"));

  EXPECT_EQ(outcome(caused(event("pending"), opened.at("id"))), "ok") << "progress";
  EXPECT_EQ(outcome(caused(event("success", "2"), opened.at("id"))), "ok") << "another target";
  EXPECT_EQ(list("list_obligations").items().size(), 2u) << "progress is owed an end too";

  const std::uint64_t before = world.log_size();
  EXPECT_EQ(outcome(caused(event("partial"), opened.at("id"))), "ok");
  EXPECT_EQ(list("list_obligations").items().size(), 1u);
  for (const std::string again : {"success", "failure", "partial"}) {
    EXPECT_EQ(outcome(caused(event(again), opened.at("id"))), "invalid_state causationId");
  }
  EXPECT_EQ(world.log_size(), before + 1);
  world.crash();
  EXPECT_EQ(outcome(caused(event(), opened.at("id"))), "invalid_state causationId");
}

TEST_F(Emission, H55_ARetryNeitherOpensASecondNorClosesTwice) {
  const Json pending = identified("pending");
  const Reply opened = emit(pending);
  ASSERT_EQ(opened.outcome(), "ok");
  world.clock.advance(hours(1));
  EXPECT_EQ(emit(pending).data, opened.data);
  EXPECT_EQ(list("list_obligations").items().size(), 1u);

  const Json closing = caused(identified(), opened.at("id"));
  const Reply closed = emit(closing);
  ASSERT_EQ(closed.outcome(), "ok");
  EXPECT_EQ(emit(closing).data, closed.data);
  EXPECT_EQ(emit(pending).data, opened.data) << "and does not open it again";
  EXPECT_TRUE(list("list_obligations").items().empty());
  EXPECT_EQ(outcome(caused(closing, closed.at("id"))), "idempotency_conflict id")
      << "of another cause it is another event";
}

TEST_F(Emission, H55_AnObligationMayOpenAndCloseInOneRequest) {
  const Json opening = identified("pending");
  const Json closing = caused(event("failure"), *opening.string_at("id"));
  EXPECT_EQ(outcome(Json(Json::Array{opening, closing, closing})),
            "invalid_state events[2].causationId");
  EXPECT_TRUE(list("list_obligations").items().empty()) << "all or nothing";
  EXPECT_EQ(outcome(Json(Json::Array{opening, closing})), "ok");
  EXPECT_TRUE(list("list_obligations").items().empty());
}

TEST_F(Emission, H55_OfManyThatCloseAtOnceOneDoes) {
  const Reply opened = emit(event("pending"));
  std::vector<std::future<Reply>> replies;
  for (int i = 0; i < 64; ++i) {
    replies.push_back(world.start(asking(caused(identified(), opened.at("id")))));
  }
  int winners = 0;
  for (auto& reply : replies) {
    const std::string end = reply.get().outcome();
    EXPECT_TRUE(end == "ok" || end == "invalid_state") << end;
    winners += end == "ok" ? 1 : 0;
  }
  EXPECT_EQ(winners, 1);
}

TEST_F(Emission, H55_WhatIsOverdueIsListedApart) {
  world.put_policy("version: 1\nobligations: {dueAfter: 2h}");
  const Reply first = emit(event("pending"));
  world.clock.advance(hours(1));
  const Reply second = emit(event("pending", "2"));
  const auto overdue = [&](const std::string& which) {
    return list("list_obligations", {{"overdue", which}});
  };
  world.clock.advance(hours(1));
  EXPECT_TRUE(overdue("true").items().empty()) << "it is due now";
  world.clock.advance(Microseconds(1));
  ASSERT_EQ(overdue("true").items().size(), 1u);
  EXPECT_EQ(overdue("true").items()[0].string_at("event"), first.at("id"));
  EXPECT_EQ(overdue("true").items()[0].find("overdue")->boolean(), true);
  ASSERT_EQ(overdue("false").items().size(), 1u);
  EXPECT_EQ(overdue("false").items()[0].string_at("event"), second.at("id"));
  EXPECT_EQ(outcome(caused(event(), first.at("id"))), "ok") << "late, but an end";
  EXPECT_TRUE(overdue("true").items().empty());
  EXPECT_EQ(
      world.call({.operation = "list_obligations", .by = agent, .query = {{"overdue", "perhaps"}}})
          .error->fields.front()
          .path,
      "overdue");
}

TEST_F(Emission, ObligationsAreListedPageByPage) {
  Json events = Json::array();
  for (int i = 0; i < 5; ++i) events.push(event("pending", std::to_string(i)));
  ASSERT_EQ(outcome(events), "ok");
  std::set<std::string> seen;
  std::optional<std::string> cursor;
  int pages = 0;
  do {
    std::vector<std::pair<std::string, std::string>> query = {{"limit", "2"}};
    if (cursor) query.emplace_back("cursor", *cursor);
    const Reply page = world.call({.operation = "list_obligations", .by = agent, .query = query});
    for (const Json& item : page.data.items()) seen.emplace(*item.string_at("event"));
    cursor = page.next_cursor;
    ++pages;
  } while (cursor);
  EXPECT_EQ(seen.size(), 5u);
  EXPECT_EQ(pages, 3);
}

TEST_F(Emission, H64_AClosedObligationIsForgottenAndAnOpenOneNever) {
  const Reply open = emit(event("pending"));
  const Reply closed = emit(event("pending", "2"));
  EXPECT_EQ(outcome(caused(event("success", "2"), closed.at("id"))), "ok");
  const auto prune = [&] {
    const Reply reply = world.call({.operation = "prune_state",
                                    .by = world.admin,
                                    .body = Json::object({{"obligationsOlderThan", "30d"}})});
    EXPECT_EQ(reply.outcome(), "ok");
    return reply.data.integer_at("obligations");
  };
  world.clock.advance(hours(30 * 24));
  EXPECT_EQ(prune(), 0) << "thirty days exactly";
  world.clock.advance(Microseconds(1));
  EXPECT_EQ(prune(), 1);
  EXPECT_EQ(prune(), 0);
  EXPECT_EQ(list("list_obligations").items().at(0).string_at("event"), open.at("id"));
  EXPECT_EQ(outcome(caused(event(), open.at("id"))), "ok");
}

TEST_F(Emission, H54_EveryProofIsKeptAndOneThatNothingPinsIsMarked) {
  const std::string hash = "sha256:" + std::string(64, 'a');
  const auto kept = [&](Json proof) {
    const Reply reply = emit(proven(std::move(proof)));
    EXPECT_EQ(reply.outcome(), "ok") << (reply.error ? reply.error->detail : "");
    return reply.is_ok() ? *data_of(reply).find("proof") : Json();
  };
  Json proof = Json::object({{"type", "url"}, {"url", "https://example.com/1"}});
  EXPECT_EQ(kept(proof).find("unverified")->boolean(), true);
  proof.set("sha256", hash);
  EXPECT_EQ(kept(proof), proof);
  proof.set("unverified", true);
  EXPECT_EQ(kept(proof), proof) << "the emitter knows better";
  EXPECT_NE(kept(Json::object({{"type", "screenshot"}, {"url", "s3://b/1"}})).find("unverified"),
            nullptr);
  const std::string blob = put_blob("a picture");
  EXPECT_EQ(kept(Json::object({{"type", "screenshot"}, {"blob", blob}})),
            Json::object({{"type", "screenshot"}, {"blob", blob}}));
  proof = Json::object({{"type", "api_response"},
                        {"data", Json::object({{"id", 7}})},
                        {"capturedAt", "2026-01-02T03:04:05.000000Z"}});
  EXPECT_EQ(kept(proof), proof);
  EXPECT_EQ(kept(Json::object({{"type", "hash"}, {"sha256", hash}})).string_at("sha256"), hash);
  EXPECT_EQ(kept(Json::object({{"type", "none"}})), Json::object({{"type", "none"}}));
}

TEST_F(Emission, H54_AMalformedProofIsNamedAndNothingIsRecorded) {
  const std::string hash = "sha256:" + std::string(64, 'a');
  const std::uint64_t before = world.log_size();
  const auto fault = [&](Json proof) { return outcome(proven(std::move(proof))); };
  const auto of = [](std::string_view type) { return Json::object({{"type", type}}); };
  EXPECT_EQ(fault("trust me"), "validation_error proof");
  EXPECT_EQ(fault(Json::object({})), "validation_error proof.type");
  EXPECT_EQ(fault(of("receipt")), "validation_error proof.type");
  EXPECT_EQ(fault(of("url")), "validation_error proof.url");
  EXPECT_EQ(fault(of("screenshot")), "validation_error proof.url");
  EXPECT_EQ(fault(of("api_response")), "validation_error proof.data");
  EXPECT_EQ(fault(of("hash")), "validation_error proof.sha256");
  for (const std::string& bad : {std::string("sha256:" + std::string(63, 'a')),
                                 std::string("sha256:" + std::string(64, 'A')),
                                 std::string("md5:" + std::string(64, 'a')), std::string()}) {
    Json proof = of("hash");
    proof.set("sha256", bad);
    EXPECT_EQ(fault(proof), "validation_error proof.sha256") << bad;
  }
  for (const auto& [name, value] :
       {Json::Member{"data", 1}, Json::Member{"url", "x"}, Json::Member{"sha256", hash},
        Json::Member{"blob", hash}, Json::Member{"unverified", true}}) {
    Json proof = of("none");
    proof.set(name, value);
    EXPECT_EQ(fault(proof), "validation_error proof." + name);
  }
  Json proof = of("url");
  proof.set("url", std::string(2049, 'x'));
  EXPECT_EQ(fault(proof), "validation_error proof.url");
  proof.set("url", "x").set("unverified", false);
  EXPECT_EQ(fault(proof), "validation_error proof.unverified");
  proof = of("url");
  proof.set("url", "x").set("checksum", hash);
  EXPECT_EQ(fault(proof), "validation_error proof.checksum");
  proof = of("screenshot");
  proof.set("blob", hash);
  EXPECT_EQ(fault(proof), "unprocessable proof.blob") << "there is none";
  EXPECT_EQ(world.log_size(), before);
}

TEST_F(Emission, H54_AProofsBodyHasALimit) {
  const auto fault = [&](std::size_t bytes) {
    return outcome(
        proven(Json::object({{"type", "api_response"}, {"data", std::string(bytes - 2, 'x')}})));
  };
  EXPECT_EQ(fault(16384), "ok");
  EXPECT_EQ(fault(16385), "too_large proof.data");
}

TEST_F(Emission, H54_ASuccessWithoutTheProofThatThePolicyDemandsIsRefused) {
  world.put_policy(R"(version: 1
emissions:
  - {match: content.publish, proof: required}
  - {match: "mail.*", proof: verified}
)");
  const Json before = identified();
  const std::uint64_t size = world.log_size();
  EXPECT_EQ(outcome(event()), "unprocessable proof");
  EXPECT_EQ(outcome(proven(Json::object({{"type", "none"}}))), "unprocessable proof");
  EXPECT_EQ(outcome(Json(Json::Array{event("failure"), event()})), "unprocessable events[1].proof");
  EXPECT_EQ(world.log_size(), size);
  for (const std::string end : {"failure", "partial", "pending"}) {
    EXPECT_EQ(outcome(event(end)), "ok") << end;
  }
  const Json seen = Json::object({{"type", "url"}, {"url", "https://example.com/1"}});
  EXPECT_EQ(outcome(proven(seen)), "ok");

  Json mail = proven(seen);
  mail.set("type", "mail.send");
  EXPECT_EQ(outcome(mail), "unprocessable proof.sha256");
  Json pinned = seen;
  pinned.set("sha256", "sha256:" + std::string(64, 'a'));
  mail.set("proof", pinned);
  EXPECT_EQ(outcome(mail), "ok");
  pinned.set("unverified", true);
  mail.set("proof", pinned);
  EXPECT_EQ(outcome(mail), "unprocessable proof.sha256");
  mail.set("type", "page.view");
  EXPECT_EQ(outcome(mail), "ok") << "nothing is demanded of it";
}

TEST_F(Emission, H54_WhatWasRecordedBeforeThePolicyDemandedAProofIsStillItself) {
  const Json body = identified();
  const Reply first = emit(body);
  ASSERT_EQ(first.outcome(), "ok");
  world.put_policy("version: 1\nemissions: [{match: \"*\", proof: required}]");
  EXPECT_EQ(emit(body).data, first.data);
  EXPECT_EQ(outcome(identified()), "unprocessable proof");
}

}  // namespace
}  // namespace assent::app
