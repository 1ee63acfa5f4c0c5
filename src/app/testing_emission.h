// A program that emits, in a world of its own. For tests only.
#pragma once

#include "app/testing.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assent::app {

class Emission : public testing::Test {
 protected:
  Emission() { agent = world.make("service", "publisher", {"agent"}); }

  static Json event(std::string_view outcome = "success", std::string_view target = "1") {
    return Json::object({{"type", "content.publish"},
                         {"target", Json::object({{"type", "post"}, {"id", target}})},
                         {"outcome", outcome}});
  }
  Json identified(std::string_view outcome = "success") {
    Json body = event(outcome);
    body.set("id", EventId::make(world.clock.now(), world.random).text());
    return body;
  }
  Json numbered(std::int64_t sequence, std::string_view producer = "mailer") {
    Json body = identified();
    body.set("producer", Json::object({{"id", producer}, {"sequence", sequence}}));
    return body;
  }
  static Json caused(Json body, std::string_view cause) {
    body.set("causationId", cause);
    return body;
  }
  static Json proven(Json proof) {
    Json body = event();
    body.set("proof", std::move(proof));
    return body;
  }
  Ask asking(const Json& body) {
    return {.operation = "emit_events", .by = agent, .raw_body = json_text(body)};
  }
  Reply emit(const Json& body) { return world.call(asking(body)); }
  // "ok", or the code and the path.
  std::string outcome(const Json& body) {
    const Reply reply = emit(body);
    if (!reply.error || reply.error->fields.empty()) return reply.outcome();
    return reply.outcome() + " " + reply.error->fields.front().path;
  }
  Json list(std::string_view operation,
            std::vector<std::pair<std::string, std::string>> query = {}) {
    const Reply reply =
        world.call({.operation = std::string(operation), .by = agent, .query = std::move(query)});
    EXPECT_EQ(reply.outcome(), "ok");
    return reply.data;
  }
  Json producer() { return list("list_producers").items().front(); }
  Json data_of(const Reply& emitted) {
    const Reply read = world.call(
        {.operation = "get_event", .by = world.admin, .path = {{"id", emitted.at("id")}}});
    return *read.data.find("data");
  }
  std::string put_blob(std::string bytes) {
    const Reply reply = world.call({.operation = "put_blob",
                                    .by = agent,
                                    .raw_body = std::move(bytes),
                                    .content_type = "application/octet-stream"});
    EXPECT_EQ(reply.outcome(), "ok");
    return reply.at("sha256");
  }

  World world;
  Person agent;
};

}  // namespace assent::app
