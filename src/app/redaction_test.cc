// What was secret in an event or an execution is nowhere in the store, and a retry is still one.
#include "app/testing.h"
#include "base/canonical.h"
#include "domain/approval.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace assent::app {
namespace {

class Redaction : public testing::Test {
 protected:
  Redaction() {
    agent = world.make("agent", "robot", {"agent"});
    ann = world.make("human", "ann", {"approver"});
  }

  static Json event(Json metadata) {
    return Json::object({{"type", "content.publish"},
                         {"target", Json::object({{"type", "post"}, {"id", "1"}})},
                         {"outcome", "success"},
                         {"metadata", std::move(metadata)}});
  }
  Reply emit(const Json& body) {
    return world.call({.operation = "emit_events", .by = agent, .raw_body = json_text(body)});
  }
  Json stored(const std::string& id) {
    const Reply reply =
        world.call({.operation = "get_event", .by = world.admin, .path = {{"id", id}}});
    EXPECT_EQ(reply.outcome(), "ok");
    return reply.data;
  }
  Json metadata_of(const std::string& id) { return *stored(id).find("data")->find("metadata"); }

  std::string started() {
    const auto id = world.request_tool(agent, "fs.delete").id();
    EXPECT_EQ(world.decide("approve", ann, id).outcome(), "ok");
    const Reply reply = world.decide("start_execution", agent, id);
    EXPECT_EQ(reply.outcome(), "ok");
    return reply.at("executionId");
  }
  Reply end(std::string_view verb, const Person& by, const std::string& execution, Json body) {
    return world.call({.operation = std::string(verb) + "_execution",
                       .by = by,
                       .path = {{"id", execution}},
                       .body = std::move(body),
                       .idempotency_key = "once"});
  }

  // The files of the store, as they are, that have these bytes.
  std::vector<std::string> files_with(std::string_view bytes) const {
    std::vector<std::string> found;
    for (const auto& file : std::filesystem::recursive_directory_iterator(world.directory)) {
      if (!file.is_regular_file()) continue;
      std::ifstream stream(file.path(), std::ios::binary);
      const std::string content(std::istreambuf_iterator<char>(stream), {});
      if (content.find(bytes) != std::string::npos) found.push_back(file.path().string());
    }
    return found;
  }

  World world;
  Person agent, ann;
};

TEST_F(Redaction, H56_AnEmittedEventLosesItsSecretsBeforeItIsStored) {
  Json body = event(Json::object({{"password", "planted-by-name"},
                                  {"deep", Json::object({{"list", Json::array()}})},
                                  {"errorMessage", "401: Bearer planted-in-an-error"},
                                  {"card", std::int64_t{4111111111111111}},
                                  {"kept", "kept-value"}}));
  Json& deep = body.members().back().second.members()[1].second;
  deep.members()[0].second.push(Json::object({{"api_key", "planted-in-a-list"}}));
  body.set("target", Json::object({{"type", "page"}, {"id", "https://u:planted-pw@example.com"}}));
  body.set(
      "actor",
      Json::object({{"type", "agent"}, {"id", "bot"}, {"name", "bot token=planted-in-a-name"}}));
  body.set("proof", Json::object({{"type", "api_response"},
                                  {"data", "{\"secret\":\"planted-in-a-proof\"}"}}));
  body.set("correlationId", "flow?access_token=planted-in-a-flow");
  const Reply reply = emit(body);
  ASSERT_EQ(reply.outcome(), "ok");

  const Json seen = stored(reply.id());
  EXPECT_EQ(*seen.string_at("subject"), "page/https://u:***REDACTED***@example.com");
  EXPECT_EQ(canonical_json(*seen.find("data")->find("metadata")),
            R"({"card":"***REDACTED***","deep":{"list":[{"api_key":"***REDACTED***"}]},)"
            R"("errorMessage":"401: Bearer ***REDACTED***","kept":"kept-value",)"
            R"("password":"***REDACTED***"})");
  EXPECT_FALSE(files_with("kept-value").empty());
  EXPECT_TRUE(files_with("planted").empty());
  EXPECT_TRUE(files_with("4111111111111111").empty());
}

TEST_F(Redaction, ARetryIsComparedWithoutItsSecrets) {
  Json body = event(Json::object({{"token", "planted-1"}, {"n", 1}}));
  body.set("id", EventId::make(world.clock.now(), world.random).text());
  const Reply first = emit(body);
  ASSERT_EQ(first.outcome(), "ok");
  // An emitter that redacts by itself, and one whose token has been renewed since.
  for (const std::string_view token : {"planted-1", "***REDACTED***", "planted-2"}) {
    body.set("metadata", Json::object({{"token", token}, {"n", 1}}));
    const Reply again = emit(body);
    EXPECT_EQ(again.outcome(), "ok") << token;
    EXPECT_EQ(again.id(), first.id());
  }
  body.set("metadata", Json::object({{"token", "planted-1"}, {"n", 2}}));
  EXPECT_EQ(emit(body).outcome(), "idempotency_conflict");
  EXPECT_TRUE(files_with("planted").empty());
}

TEST_F(Redaction, APolicyAddsNamesFromItsCommitOn) {
  const auto passport = [this] {
    const Reply reply = emit(event(Json::object({{"passportNumber", "C01X00T47"}})));
    return std::string(metadata_of(reply.id()).string_at("passportNumber").value_or(""));
  };
  EXPECT_EQ(passport(), "C01X00T47");
  world.put_policy("version: 1\nredaction: {keys: [passport_number]}\n");
  EXPECT_EQ(passport(), "***REDACTED***");
  world.restart();
  EXPECT_EQ(passport(), "***REDACTED***");
  world.put_policy("version: 1\n");
  EXPECT_EQ(passport(), "C01X00T47");
}

TEST_F(Redaction, H56_WhatAnExecutionSaysLosesItsSecrets) {
  const std::string execution = started();
  const Json body = Json::object(
      {{"outcome", "failure"},
       {"result", Json::object({{"session_token", "planted-result"}})},
       {"error", "connect to postgres://app:planted-error@db/x failed"},
       {"proof", Json::object({{"type", "hash"}, {"log", "--password planted-proof --x"}})}});
  EXPECT_EQ(end("complete", agent, execution, body).outcome(), "ok");
  EXPECT_TRUE(end("complete", agent, execution, body).is_replay);
  EXPECT_FALSE(files_with("postgres://app:***REDACTED***@db/x").empty());
  EXPECT_TRUE(files_with("planted").empty());
}

TEST_F(Redaction, H56_AResolutionLosesItsSecrets) {
  const std::string execution = started();
  EXPECT_EQ(end("complete", agent, execution, Json::object({{"outcome", "unknown"}})).outcome(),
            "ok");
  const Json body =
      Json::object({{"as", "success"},
                    {"note", "logged in with password=planted-note\nand looked"},
                    {"verification", Json::object({{"cookie", "planted-verification"}})}});
  EXPECT_EQ(end("resolve", ann, execution, body).outcome(), "ok");
  EXPECT_FALSE(files_with("password=***REDACTED***\\nand looked").empty());
  EXPECT_TRUE(files_with("planted").empty());
}

TEST_F(Redaction, AnErrorEchoesNoSecret) {
  Json body = event(Json::object({{"password", "planted"}}));
  for (const std::string_view member : {"outcome", "causationId", "id", "unknown"}) {
    Json wrong = body;
    wrong.set(std::string(member), "sk_live_planted0123456789");
    const Reply reply = emit(wrong);
    ASSERT_TRUE(reply.error) << member;
    std::string said = reply.error->detail;
    for (const FieldError& field : reply.error->fields) said += field.path + field.message;
    EXPECT_EQ(said.find("planted"), std::string::npos) << said;
  }
  EXPECT_TRUE(files_with("planted").empty());
}

}  // namespace
}  // namespace assent::app
