#include "app/testing.h"

#include <gtest/gtest.h>

namespace assent::app {
namespace {

class Attach : public testing::Test {
 protected:
  Attach() {
    agent = world.make("agent", "robot", {"agent"});
    ann = world.make("human", "ann", {"approver"});
    id = world.request_tool(agent, "fs.delete").id();
  }
  std::string put_blob(std::string bytes) {
    const Reply put = world.call({.operation = "put_blob",
                                  .by = agent,
                                  .raw_body = std::move(bytes),
                                  .content_type = "application/octet-stream"});
    EXPECT_EQ(put.outcome(), "ok");
    return put.at("sha256");
  }
  std::string path_of(Json body) {
    const Reply reply = world.attach(agent, id, std::move(body));
    return reply.error && !reply.error->fields.empty() ? reply.error->fields.front().path
                                                       : reply.outcome();
  }

  World world;
  Person agent, ann;
  std::string id;
};

TEST_F(Attach, EachTypeHasItsSubstanceAndIsShownWithItsHash) {
  const std::string hash = std::string(64, 'a');
  const std::vector<Json> items = {
      Json::object({{"type", "text"}, {"text", "looked at it"}}),
      Json::object({{"type", "url"}, {"url", "https://ci.example/1"}, {"sha256", hash}}),
      Json::object({{"type", "hash"}, {"name", "report"}, {"sha256", "sha256:" + hash}}),
      Json::object({{"type", "entity"}, {"name", "ticket/42"}}),
      Json::object({{"type", "file"}, {"name", "log.txt"}, {"blob", put_blob("bytes")}})};
  for (const Json& item : items) EXPECT_EQ(world.attach(agent, id, item).outcome(), "ok");
  const Reply shown = world.show(id);
  const auto& evidence = shown.data.find("evidence")->items();
  ASSERT_EQ(evidence.size(), items.size());
  const auto of_type = [&](std::string_view type) -> const Json& {
    return *std::ranges::find_if(evidence,
                                 [&](const Json& item) { return item.string_at("type") == type; });
  };
  EXPECT_EQ(of_type("text").string_at("sha256"), content_hash_text(sha256("looked at it")));
  EXPECT_EQ(of_type("url").string_at("sha256"), "sha256:" + hash);
  EXPECT_EQ(of_type("hash").string_at("sha256"), "sha256:" + hash);
  EXPECT_EQ(of_type("file").integer_at("sizeBytes"), 5);
}

TEST_F(Attach, WhatIsMissingMalformedOrNotUploadedIsNamedAndNothingIsWritten) {
  const std::uint64_t before = world.log_size();
  const Json text = Json::object({{"type", "text"}, {"text", "x"}});
  EXPECT_EQ(path_of(Json::object({{"type", "text"}})), "text");
  EXPECT_EQ(path_of(Json::object({{"type", "url"}})), "url");
  EXPECT_EQ(path_of(Json::object({{"type", "hash"}})), "sha256");
  EXPECT_EQ(path_of(Json::object({{"type", "hash"}, {"sha256", "zz"}})), "sha256");
  EXPECT_EQ(path_of(Json::object({{"type", "file"}})), "blob");
  EXPECT_EQ(path_of(Json::object({{"type", "file"}, {"blob", std::string(64, 'a')}})), "blob");
  EXPECT_EQ(path_of(Json::object({{"type", "entity"}})), "name");
  EXPECT_EQ(path_of(Json::object({{"type", "rumour"}})), "type");
  for (const char* at : {"yesterday", "2036-01-01T00:00:00Z"}) {
    Json body = text;
    EXPECT_EQ(path_of(body.set("capturedAt", at)), "capturedAt");
  }
  EXPECT_EQ(world.log_size(), before);
}

TEST_F(Attach, EvidenceStandsOnceTheApprovalIsDecided) {
  const Json text = Json::object({{"type", "text"}, {"text", "x"}});
  const Reply item = world.attach(agent, id, text);
  ASSERT_EQ(world.decide("approve", ann, id).outcome(), "ok");
  EXPECT_EQ(world.attach(agent, id, text).outcome(), "invalid_state");
  EXPECT_EQ(world.decide("withdraw_evidence", ann, item.id()).outcome(), "invalid_state");
}

TEST_F(Attach, AClaimThatEvidenceIsOldIsBelieved) {
  const auto then = to_rfc3339(world.clock.now() - std::chrono::hours(2));
  const Reply old = world.attach(
      agent, id, Json::object({{"type", "text"}, {"text", "x"}, {"capturedAt", then}}));
  EXPECT_EQ(old.at("capturedAt"), then);
}

}  // namespace
}  // namespace assent::app
