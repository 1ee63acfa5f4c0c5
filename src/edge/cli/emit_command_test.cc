#include "edge/cli/emit_command.h"

#include "base/canonical.h"

#include <gtest/gtest.h>

namespace assent::cli {
namespace {

EmitOptions published() {
  EmitOptions options;
  options.type = "content.publish";
  options.target = "post/post-456";
  options.outcome = "success";
  return options;
}

std::string said(const EmitOptions& options) {
  const auto event = event_of(options);
  if (event) return canonical_json(*event);
  return event.error().fields.front().path + " " + event.error().fields.front().message;
}

std::string proof_in(const EmitOptions& options) {
  const auto event = event_of(options);
  return event ? canonical_json(*event->find("proof")) : said(options);
}

TEST(EmitCommand, FlagsAreAnEvent) {
  EXPECT_EQ(said(published()), R"({"outcome":"success","target":{"id":"post-456","type":"post"},)"
                               R"("type":"content.publish"})");
  EmitOptions options = published();
  options.target = "file//srv/a:b";
  options.actor = "user:ann:1";
  options.metadata = {"platform=ig", "note=a=b", "empty="};
  options.json_metadata = {"durationMs=12"};
  options.correlation_id = "flow";
  options.causation_id = "evt_1";
  options.occurred_at = "2026-01-31T09:00:00Z";
  options.id = "evt_2";
  EXPECT_EQ(said(options),
            R"({"actor":{"id":"ann:1","type":"human"},"causationId":"evt_1",)"
            R"("correlationId":"flow","id":"evt_2",)"
            R"("metadata":{"durationMs":12,"empty":"","note":"a=b","platform":"ig"},)"
            R"("occurredAt":"2026-01-31T09:00:00Z","outcome":"success",)"
            R"("target":{"id":"/srv/a:b","type":"file"},"type":"content.publish"})");
}

TEST(EmitCommand, WhatIsMissingOrMalformedIsNamed) {
  const auto with = [](auto member, const std::string& text) {
    EmitOptions options = published();
    options.*member = text;
    return said(options);
  };
  EXPECT_EQ(with(&EmitOptions::type, ""), "type is required");
  EXPECT_EQ(with(&EmitOptions::target, ""), "target is required");
  EXPECT_EQ(with(&EmitOptions::outcome, ""), "outcome is required");
  for (const char* target : {"post", "/1", "post/"}) {
    EXPECT_EQ(with(&EmitOptions::target, target), "target is written TYPE/ID");
  }
  EXPECT_EQ(with(&EmitOptions::actor, "ann"), "actor is written TYPE:ID");
  EXPECT_EQ(with(&EmitOptions::proof_hash, "ab"), "proof-hash must be a SHA-256 of 64 hex digits");
  EXPECT_EQ(with(&EmitOptions::proof_data, "{"), "proof-data must be JSON");
  EmitOptions options = published();
  options.metadata = {"novalue"};
  EXPECT_EQ(said(options), "metadata is written KEY=VALUE, or as JSON with --metadata-json");
}

TEST(EmitCommand, AnErrorIsAFailureUnlessSaidOtherwise) {
  EmitOptions options = published();
  options.outcome = "";
  options.error_code = "RATE";
  options.error_message = "limit";
  const auto event = event_of(options);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->string_at("outcome"), "failure");
  EXPECT_EQ(canonical_json(*event->find("metadata")),
            R"({"errorCode":"RATE","errorMessage":"limit"})");
  options.outcome = "partial";
  EXPECT_EQ(event_of(options)->string_at("outcome"), "partial");
}

TEST(EmitCommand, AProofHasTheTypeOfWhatIsGiven) {
  const std::string hash(64, 'a');
  EmitOptions data = published();
  data.proof_data = R"({"postId":"ig_7"})";
  EXPECT_EQ(proof_in(data), R"({"data":{"postId":"ig_7"},"type":"api_response"})");
  EmitOptions url = published();
  url.proof_url = "https://x.test/";
  EXPECT_EQ(proof_in(url), R"({"type":"url","url":"https://x.test/"})");
  url.proof_hash = hash;
  url.proof_type = "screenshot";
  EXPECT_EQ(proof_in(url),
            R"({"sha256":"sha256:)" + hash + R"(","type":"screenshot","url":"https://x.test/"})");
  EmitOptions hashed = published();
  hashed.proof_hash = "sha256:" + hash;
  EXPECT_EQ(proof_in(hashed), R"({"sha256":"sha256:)" + hash + R"(","type":"hash"})");
  EmitOptions both = data;
  both.proof_file = "a.png";
  EXPECT_EQ(said(both), "proof-file and --proof-data exclude each other");
}

std::string lines(std::size_t count, std::size_t bytes = 2) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += "{" + std::string(bytes - 2, ' ') + "}\n";
  return text;
}

TEST(EmitCommand, WhatOneRequestCanHaveIsOneRequest) {
  EXPECT_EQ(batches_of(lines(1000))->size(), 1u);
  EXPECT_EQ(batches_of(lines(1001))->size(), 3u);
  EXPECT_EQ(batches_of(lines(512, 2047))->size(), 1u) << "1 MiB";
  EXPECT_EQ(batches_of(lines(512, 2048))->size(), 3u);
  const auto batches = batches_of(lines(1234));
  std::size_t next = 1;
  std::string all;
  for (const auto& batch : *batches) {
    for (const std::size_t line : batch.lines) EXPECT_EQ(line, next++);
    all += batch.body;
  }
  EXPECT_EQ(all, lines(1234));
}

TEST(EmitCommand, AMalformedLineIsNamedBeforeAnythingIsSent) {
  const auto fault = [](std::string_view text) {
    const auto batches = batches_of(text);
    return batches ? "none" : batches.error().fields.front().path;
  };
  EXPECT_EQ(fault("{}\n\n{\n"), "line 3");
  EXPECT_EQ(fault("{}\r\n[]"), "line 2");
  EXPECT_EQ(fault("\n \n"), "events");
  EXPECT_EQ(fault(""), "events");
}

TEST(EmitCommand, APlaceInARequestIsALineOfTheInput) {
  const auto batches = batches_of("\n{}\n\n{}");
  ASSERT_TRUE(batches);
  EXPECT_EQ(place_in(batches->front(), "events[1].type"), "line 4: type");
  EXPECT_EQ(place_in(batches->front(), "events[0]"), "line 2: ");
  for (const char* other : {"events[2].type", "events[x]", "events", "events[", ""}) {
    EXPECT_EQ(place_in(batches->front(), other), other);
  }
}

}  // namespace
}  // namespace assent::cli
