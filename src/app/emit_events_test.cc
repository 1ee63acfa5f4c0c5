#include "app/testing.h"

#include <gtest/gtest.h>

namespace assent::app {
namespace {

class Emit : public testing::Test {
 protected:
  Emit() { agent = world.make("service", "publisher", {"agent"}); }

  static Json event(std::string_view type, std::string_view target = "post/1") {
    const auto slash = target.find('/');
    return Json::object({{"type", type},
                         {"target", Json::object({{"type", target.substr(0, slash)},
                                                  {"id", target.substr(slash + 1)}})},
                         {"outcome", "success"}});
  }
  Reply emit(const Json& body) { return emit_text(json_text(body)); }
  Reply emit_text(std::string text, std::string content_type = "application/json") {
    return world.call({.operation = "emit_events",
                       .by = agent,
                       .raw_body = std::move(text),
                       .content_type = std::move(content_type)});
  }
  Json query(std::vector<std::pair<std::string, std::string>> filters) {
    const Reply reply =
        world.call({.operation = "query_events", .by = world.admin, .query = std::move(filters)});
    EXPECT_EQ(reply.outcome(), "ok");
    return reply.data;
  }

  World world;
  Person agent;
};

TEST_F(Emit, OneEventIsReadableByIdAndBySequenceAtOnce) {
  const Reply reply = emit(event("content.publish"));
  ASSERT_EQ(reply.outcome(), "ok") << (reply.error ? reply.error->detail : "");
  for (const std::string& name :
       {reply.at("id"), std::to_string(*reply.data.integer_at("sequence"))}) {
    const Reply read =
        world.call({.operation = "get_event", .by = world.admin, .path = {{"id", name}}});
    ASSERT_EQ(read.outcome(), "ok") << name;
    EXPECT_EQ(*read.data.string_at("type"), "content.publish");
    EXPECT_EQ(*read.data.string_at("subject"), "post/1");
    EXPECT_EQ(*read.data.find("data")->find("actor")->string_at("id"), agent.id);
  }
}

TEST_F(Emit, AnArrayAndNdjsonAreOneCommitAndAllOrNothing) {
  Json array = Json::array();
  for (int i = 0; i < 3; ++i) array.push(event("content.publish"));
  const Reply reply = emit(array);
  ASSERT_EQ(reply.outcome(), "ok");
  EXPECT_EQ(reply.data.find("events")->items().size(), 3u);
  const std::uint64_t before = world.log_size();
  const std::string good = json_text(event("content.publish"));
  EXPECT_EQ(emit_text(good + "\n\n" + good + "\n", "application/x-ndjson").outcome(), "ok");
  EXPECT_EQ(world.log_size(), before + 2);
  EXPECT_EQ(emit_text(good + "\n{\"type\":1}\n", "application/x-ndjson").outcome(),
            "validation_error");
  array.push(event("approval.forged"));
  EXPECT_EQ(emit(array).outcome(), "reserved_event_type");
  EXPECT_EQ(world.log_size(), before + 2);
}

TEST_F(Emit, WhatIsMissingWrongOrReservedIsNamed) {
  const std::uint64_t before = world.log_size();
  const auto path_of = [&](const Json& body) {
    const Reply reply = emit(body);
    return reply.error && !reply.error->fields.empty() ? reply.error->fields.front().path : "";
  };
  for (const std::string name : {"type", "target", "outcome"}) {
    Json body = event("content.publish");
    std::erase_if(body.members(), [&](const auto& member) { return member.first == name; });
    EXPECT_EQ(path_of(body), name);
  }
  EXPECT_EQ(path_of(event("Content")), "type");
  EXPECT_EQ(path_of(event("grant.issued")), "type");
  Json bad = event("content.publish");
  bad.set("outcome", "great");
  EXPECT_EQ(path_of(bad), "outcome");
  bad = event("content.publish");
  bad.set("causationId", "evt_01h455vb4pex5vsknk084sn02q");
  EXPECT_EQ(path_of(bad), "causationId");
  EXPECT_EQ(path_of(Json::array()), "events");
  EXPECT_EQ(world.log_size(), before);
}

TEST_F(Emit, AnEmittersOwnIdMakesARetryHarmlessAndAnotherMeaningAConflict) {
  Json body = event("content.publish");
  body.set("id", EventId::make(world.clock.now(), world.random).text());
  const Reply first = emit(body);
  ASSERT_EQ(first.outcome(), "ok");
  const std::uint64_t size = world.log_size();
  const Reply again = emit(body);
  EXPECT_EQ(again.data, first.data);
  EXPECT_EQ(world.log_size(), size);
  body.set("outcome", "failure");
  EXPECT_EQ(emit(body).outcome(), "idempotency_conflict");
}

TEST_F(Emit, UnderAnIdempotencyKeyTheAnswerIsGivenAgain) {
  for (const Json& body : {event("content.publish"),
                           Json(Json::Array{event("content.publish"), event("mail.send")})}) {
    const Ask ask{.operation = "emit_events",
                  .by = agent,
                  .raw_body = json_text(body),
                  .idempotency_key = body.is_array() ? "many" : "one"};
    const Reply first = world.call(ask);
    ASSERT_EQ(first.outcome(), "ok");
    const Reply again = world.call(ask);
    EXPECT_TRUE(again.is_replay);
    EXPECT_EQ(again.data, first.data);
  }
}

TEST_F(Emit, ACauseMustStandInTheLogOrEarlierInTheRequest) {
  const Reply cause = emit(event("content.publish"));
  Json effect = event("content.index");
  effect.set("causationId", cause.at("id"));
  EXPECT_EQ(emit(effect).outcome(), "ok");
  const auto id = EventId::make(world.clock.now(), world.random).text();
  Json first = event("content.publish");
  first.set("id", id);
  effect.set("causationId", id);
  EXPECT_EQ(emit(Json(Json::Array{first, effect})).outcome(), "ok");
}

TEST_F(Emit, AnOversizedEventIsRefusedAndNothingIsWritten) {
  const std::uint64_t before = world.log_size();
  Json body = event("content.publish");
  body.set("metadata", Json::object({{"x", std::string(70'000, 'x')}}));
  EXPECT_EQ(emit(body).outcome(), "too_large");
  Json many = Json::array();
  for (int i = 0; i < 1001; ++i) many.push(event("content.publish"));
  EXPECT_EQ(emit(many).outcome(), "too_large");
  EXPECT_EQ(world.log_size(), before);
}

TEST_F(Emit, H51_AnEventIsOfTheTenantOfTheKeyOrRefused) {
  Json body = event("content.publish");
  body.set("tenantId", "default");
  EXPECT_EQ(emit(body).outcome(), "ok");
  const std::uint64_t before = world.log_size();
  body.set("tenantId", "globex");
  const Reply refused = emit(Json(Json::Array{event("content.publish"), body}));
  EXPECT_EQ(refused.outcome(), "insufficient_permissions");
  EXPECT_EQ(refused.error->fields.front().path, "events[1].tenantId");
  EXPECT_EQ(world.log_size(), before);
}

TEST_F(Emit, AProducerIsKeptAndAMalformedOneNamed) {
  const auto by = [](Json producer) {
    Json body = event("content.publish");
    body.set("producer", std::move(producer));
    return body;
  };
  const Json producer = Json::object({{"id", "Mailer.eu-1_a"}, {"sequence", 1}});
  const Reply reply = emit(by(producer));
  ASSERT_EQ(reply.outcome(), "ok");
  const Reply read =
      world.call({.operation = "get_event", .by = world.admin, .path = {{"id", reply.at("id")}}});
  Json kept = producer;
  kept.set("principal", agent.id);
  EXPECT_EQ(*read.data.find("data")->find("producer"), kept) << "the server says whose it is";
  const auto path_of = [&](Json wrong) {
    const Reply refused = emit(by(std::move(wrong)));
    return refused.error && !refused.error->fields.empty() ? refused.error->fields.front().path
                                                           : "";
  };
  EXPECT_EQ(path_of("mailer"), "producer");
  EXPECT_EQ(path_of(Json::object({{"sequence", 1}})), "producer.id");
  EXPECT_EQ(path_of(Json::object({{"id", "mailer"}})), "producer.sequence");
  for (const std::string& id : {std::string(), std::string("a b"), std::string(101, 'a')}) {
    EXPECT_EQ(path_of(Json::object({{"id", id}, {"sequence", 1}})), "producer.id");
  }
  for (const Json& sequence : {Json(0), Json(-1), Json(1.5), Json("1")}) {
    EXPECT_EQ(path_of(Json::object({{"id", "mailer"}, {"sequence", sequence}})),
              "producer.sequence");
  }
  EXPECT_EQ(path_of(Json::object({{"id", "mailer"}, {"sequence", 1}, {"epoch", 1}})),
            "producer.epoch");
}

TEST_F(Emit, AUserIsAHumanAndNobodyEmitsAsARule) {
  Json body = event("content.publish");
  body.set("actor", Json::object({{"type", "user"}, {"id", "ann"}}));
  const Reply reply = emit(body);
  ASSERT_EQ(reply.outcome(), "ok");
  const Reply read =
      world.call({.operation = "get_event", .by = world.admin, .path = {{"id", reply.at("id")}}});
  EXPECT_EQ(*read.data.find("data")->find("actor")->string_at("type"), "human");
  body.set("actor", Json::object({{"type", "rule"}, {"id", "ann"}}));
  EXPECT_EQ(emit(body).error->fields.front().path, "actor.type");
}

TEST_F(Emit, H60_FiltersCombineAndTimeIsInclusiveAndExclusive) {
  const Timestamp start = world.clock.now();
  for (int i = 0; i < 10; ++i) {
    emit(event(i % 2 == 0 ? "content.publish" : "mail.send", "post/" + std::to_string(i % 3)));
    world.clock.advance(std::chrono::seconds(1));
  }
  EXPECT_EQ(query({{"type", "mail.send"}}).items().size(), 5u);
  EXPECT_EQ(query({{"type", "mail.send"}, {"target", "post/0"}}).items().size(), 2u);
  EXPECT_EQ(query({{"subject", "post/1"}}).items().size(), 3u);
  EXPECT_EQ(query({{"actor", agent.id}}).items().size(), 10u);
  const auto at = [&](int second) { return to_rfc3339(start + std::chrono::seconds(second)); };
  EXPECT_EQ(query({{"actor", agent.id}, {"since", at(2)}, {"until", at(5)}}).items().size(), 3u);
  const Reply bad =
      world.call({.operation = "query_events", .by = world.admin, .query = {{"limit", "1001"}}});
  EXPECT_EQ(bad.outcome(), "validation_error");
}

TEST_F(Emit, H60_PagesNeverSkipOrRepeatWhileTheLogGrows) {
  for (int i = 0; i < 25; ++i) emit(event("content.publish"));
  std::vector<std::string> seen;
  std::optional<std::string> cursor;
  do {
    std::vector<std::pair<std::string, std::string>> filters = {{"type", "content.publish"},
                                                                {"limit", "7"}};
    if (cursor) filters.emplace_back("cursor", *cursor);
    const Reply page =
        world.call({.operation = "query_events", .by = world.admin, .query = filters});
    ASSERT_EQ(page.outcome(), "ok");
    for (const Json& item : page.data.items()) seen.emplace_back(*item.string_at("sequence"));
    cursor = page.next_cursor;
    emit(event("content.publish"));
  } while (cursor);
  EXPECT_EQ(seen.size(), 25u);
  EXPECT_TRUE(std::ranges::is_sorted(seen));
}

TEST_F(Emit, H27_TheTrailOfAnApprovalIsCompleteByIdByTraceAndByCorrelation) {
  const Reply asked = world.request(
      agent, Json::object(
                 {{"kind", "tool_call"}, {"tool", "fs.delete"}, {"correlationId", "workflow-7"}}));
  const Person ann = world.make("human", "ann", {"approver"});
  const Reply approved = world.decide("approve", ann, asked.id());
  EXPECT_EQ(query({{"correlationId", "workflow-7"}}).items().size(), 4u);
  EXPECT_EQ(query({{"approvalId", asked.id()}}).items().size(), 4u);
  EXPECT_EQ(query({{"traceId", approved.trace}}).items().size(), 3u);
  EXPECT_EQ(query({{"traceId", trace_uuid(approved.trace)}}).items().size(), 3u);
}

}  // namespace
}  // namespace assent::app
