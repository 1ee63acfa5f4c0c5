#include "base/canonical.h"
#include "base/hash.h"
#include "edge/cli/import/import_file.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace assent::cli {
namespace {

const std::string kHex(64, 'a');

// A whole row, with `changes` merged over it.
Json row_with(const std::string& changes = "{}") {
  Json row = *parse_json(R"({"id":"7f1c","clientId":"client-123","actionType":"content.publish",
    "actorType":"user","actorId":"ann","targetType":"post","targetId":"post-456",
    "outcome":"success","createdAt":"2025-03-01T09:00:00.123456Z"})");
  const auto more = parse_json(changes);
  for (const auto& [name, value] : more->members()) row.set(name, value);
  return row;
}

std::string fault_of(const Json& row, NoZone no_zone = NoZone::is_a_fault) {
  const auto read = row_from(row, no_zone);
  return read ? "none" : sentence_of(read.error());
}

std::string member_of(const std::string& changes, std::string_view name) {
  const auto read = row_from(row_with(changes), NoZone::is_a_fault);
  if (!read) return sentence_of(read.error());
  const Json* const value = read->event.find(name);
  return value == nullptr ? "none" : canonical_json(*value);
}

ImportPlan plan_of(std::string_view text, const ImportChoice& choice = {}) {
  auto reader = RowReader::open(text, RowReader::format_of(text));
  EXPECT_TRUE(reader);
  auto plan = plan_import(*reader, choice);
  EXPECT_TRUE(plan);
  return plan ? *std::move(plan) : ImportPlan{};
}

std::string lines_of(const std::vector<std::string>& changes) {
  std::string lines;
  for (const auto& each : changes) lines += json_text(row_with(each)) + "\n";
  return lines;
}

std::vector<std::size_t> order_of(const ImportPlan& plan) {
  std::vector<std::size_t> order;
  for (const auto& row : plan.rows) order.push_back(row.line);
  return order;
}

using Lines = std::vector<std::size_t>;

// ---- rows ----

TEST(ImportRow, ARowIsAnEventAndLosesNothing) {
  const auto read = row_from(row_with(R"({"correlationId":"flow-1","parentEventId":"6e0b",
    "proof":{"type":"url","url":"https://x.test/1"},"metadata":{"platform":"ig"}})"),
                             NoZone::is_a_fault);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->parent, "6e0b");
  EXPECT_EQ(canonical_json(read->event),
            R"({"actor":{"id":"ann","type":"human"},"correlationId":"flow-1","id":")" +
                event_id_of("client-123", "7f1c").text() +
                R"(","metadata":{"imported":{"clientId":"client-123","id":"7f1c",)"
                R"("parentEventId":"6e0b"},"platform":"ig"},)"
                R"("occurredAt":"2025-03-01T09:00:00.123456Z","outcome":"success",)"
                R"("proof":{"type":"url","url":"https://x.test/1"},)"
                R"("target":{"id":"post-456","type":"post"},"type":"content.publish"})");
}

TEST(ImportRow, WhatIsRequiredIsNamed) {
  for (const char* const name : {"id", "clientId", "actionType", "actorType", "actorId",
                                 "targetType", "targetId", "outcome", "createdAt"}) {
    Json row = row_with();
    std::erase_if(row.members(), [&](const auto& member) { return member.first == name; });
    EXPECT_EQ(fault_of(row), std::string(name) + " is required");
    for (const Json& nothing : {Json(), Json("")}) {
      EXPECT_EQ(fault_of(row.set(name, nothing)), std::string(name) + " is required");
    }
    EXPECT_EQ(fault_of(row.set(name, 7)), std::string(name) + " must be a string");
  }
}

TEST(ImportRow, WhatTheLogWouldNotTakeIsNamed) {
  const auto fault = [](const std::string& changes) { return fault_of(row_with(changes)); };
  EXPECT_EQ(fault(R"({"actionType":"Publish"})"),
            "actionType must be dotted lower-case words such as content.publish");
  EXPECT_EQ(fault(R"({"actionType":"approval.succeeded"})"),
            "actionType is of a family that only Assent writes");
  EXPECT_EQ(fault(R"({"actorType":"robot"})").substr(0, 21), "actorType must be one");
  EXPECT_EQ(fault(R"({"outcome":"ok"})").substr(0, 19), "outcome must be one");
  EXPECT_EQ(fault(R"({"correlationId":7})"), "correlationId must be a string");
  EXPECT_EQ(fault(R"({"proof":"yes"})"), "proof must be an object");
  EXPECT_EQ(fault(R"({"metadata":[]})"), "metadata must be an object");
  EXPECT_EQ(fault(R"({"more":1})"), "more is no column of the table");
  EXPECT_NE(fault(R"({"targetId":")" + std::string(256, 'x') + "\"}"), "none");
  EXPECT_EQ(fault(R"({"targetId":")" + std::string(255, 'x') + "\"}"), "none");
  EXPECT_EQ(fault(R"({"id":")" + std::string(256, 'x') + "\"}"), "id has more than 255 bytes");
  EXPECT_EQ(fault_of(Json("row")), "must be an object");
}

TEST(ImportRow, TimesAreThoseOfRfc3339AndOfPostgres) {
  const auto time = [](const std::string& text, NoZone no_zone = NoZone::is_a_fault) {
    const auto read = row_from(row_with(R"({"createdAt":")" + text + "\"}"), no_zone);
    return read ? std::string(*read->event.string_at("occurredAt")) : "none";
  };
  EXPECT_EQ(time("2025-03-01T09:00:00Z"), "2025-03-01T09:00:00.000000Z");
  EXPECT_EQ(time("2025-03-01T09:00:00.5+02:00"), "2025-03-01T07:00:00.500000Z");
  EXPECT_EQ(time("2025-03-01 09:00:00.123456+00"), "2025-03-01T09:00:00.123456Z");
  EXPECT_EQ(time("2025-03-01 09:00:00-05"), "2025-03-01T14:00:00.000000Z");
  EXPECT_EQ(time("2025-03-01 09:00:00+05:30"), "2025-03-01T03:30:00.000000Z");
  EXPECT_EQ(time("2025-03-01 09:00:00.25"), "none") << "nobody knows of which zone";
  EXPECT_EQ(time("2025-03-01 09:00:00.25", NoZone::is_utc), "2025-03-01T09:00:00.250000Z");
  EXPECT_EQ(time("2025-03-01T09:00:00.1234567Z"), "none") << "nothing is cut off";
  for (const char* text : {"yesterday", "2025-03-01", "2025-02-30T09:00:00Z", "1740819600",
                           "2025-03-01 09:00:00+", "2025-03-01  09:00:00"}) {
    EXPECT_EQ(time(text, NoZone::is_utc), "none") << text;
  }
}

TEST(ImportRow, AProofIsKeptWholeWhateverItsShape) {
  const auto proof = [](const std::string& given) {
    return member_of(R"({"proof":)" + given + "}", "proof");
  };
  EXPECT_EQ(proof("null"), "none");
  EXPECT_EQ(proof("{}"), "none");
  EXPECT_EQ(proof(R"({"type":"none"})"), "none");
  EXPECT_EQ(proof(R"({"type":"api_response","data":{"postId":"ig_7"}})"),
            R"({"data":{"postId":"ig_7"},"type":"api_response"})");
  for (const std::string& hash : {kHex, "sha256:" + kHex}) {
    EXPECT_EQ(proof(R"({"type":"hash","hash":")" + hash + "\"}"),
              R"({"sha256":"sha256:)" + kHex + R"(","type":"hash"})");
  }
  EXPECT_EQ(proof(R"({"type":"screenshot","url":"u","capturedAt":"2025-03-01T09:00:00Z"})"),
            R"({"capturedAt":"2025-03-01T09:00:00.000000Z","type":"screenshot","url":"u"})");
  EXPECT_EQ(proof(R"({"type":"url","url":"u","data":null})"), R"({"type":"url","url":"u"})");
  // What cannot be said so is an answer's data.
  for (const std::string given :
       {R"({"hash":"md5:1","type":"hash"})", R"({"type":"hash"})", R"({"type":"video"})",
        R"({"n":1,"type":"url"})", R"({"data":1,"type":"none"})", R"({"type":"url","url":7})",
        R"({"capturedAt":"noon","type":"url"})", R"({"path":"a"})", R"({"type":"url"})",
        R"({"type":"screenshot"})", R"({"type":"api_response"})"}) {
    EXPECT_EQ(proof(given), R"({"data":)" + given + R"(,"type":"api_response"})");
  }
}

TEST(ImportRow, LargeDataLeavesTheEventAndIsNamedByItsHash) {
  const auto with_data = [](std::size_t size) {
    return row_from(
        row_with(R"({"proof":{"type":"api_response","data":")" + std::string(size, 'x') + "\"}}"),
        NoZone::is_a_fault);
  };
  auto small = with_data(16384 - 2);
  EXPECT_FALSE(detach_large_data(small->event));
  auto large = with_data(16384 - 1);
  const auto bytes = detach_large_data(large->event);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(*bytes, "\"" + std::string(16383, 'x') + "\"");
  EXPECT_EQ(canonical_json(*large->event.find("proof")),
            R"({"blob":")" + content_hash_text(sha256(*bytes)) + R"(","type":"api_response"})");
  EXPECT_TRUE(with_data(1048576 - 2));
  EXPECT_EQ(sentence_of(with_data(1048576 - 1).error()),
            "proof.data is too large: more than 1 MiB");
}

TEST(ImportRow, MetadataKeepsWhatAnEarlierImportSaid) {
  EXPECT_EQ(member_of(R"({"metadata":{"imported":{"id":"old"}}})", "metadata"),
            R"({"imported":{"before":{"id":"old"},"clientId":"client-123","id":"7f1c"}})");
}

TEST(ImportRow, AnIdIsTheSameEachTimeAndNobodyElses) {
  const EventId id = event_id_of("client-123", "7f1c");
  EXPECT_EQ(id, event_id_of("client-123", "7f1c"));
  EXPECT_TRUE(is_uuid7(id.bytes()));
  EXPECT_EQ(id.text(), "evt_0000000000er4ra4fb91d78rtn") << "for a log keeps it";
  EXPECT_NE(id, event_id_of("client-123", "7f1d"));
  EXPECT_NE(id, event_id_of("client-12", "37f1c")) << "the two are told apart";
  EXPECT_EQ(uuid_text(event_id_of("any", "019BD8DC-2257-7000-8000-000000000007").bytes()),
            "019bd8dc-2257-7000-8000-000000000007")
      << "one that it may have is kept";
}

// ---- files ----

TEST(ImportFile, ColumnsMayBeSpeltAsInTheTable) {
  const auto plan = plan_of(
      "id,client_id,action_type,actor_type,actor_id,target_type,target_id,outcome,proof,metadata,"
      "correlation_id,parent_event_id,created_at\r\n"
      "1,c,content.publish,agent,a,post,p,success,\"{\"\"type\"\":\"\"none\"\"}\",{},,,"
      "2025-03-01 09:00:00+00\r\n");
  EXPECT_TRUE(plan.faults.empty());
  ASSERT_EQ(plan.rows.size(), 1u);
  EXPECT_EQ(plan.rows[0].line, 2u);
  EXPECT_EQ(plan.rows[0].id, event_id_of("c", "1"));
}

TEST(ImportFile, AHeaderSaysWhatIsWrongWithIt) {
  const auto fault = [](std::string_view text) {
    const auto reader = RowReader::open(text, ImportFormat::csv);
    return reader ? "none" : sentence_of(reader.error());
  };
  const std::string all =
      "id,clientId,actionType,actorType,actorId,targetType,targetId,outcome,createdAt";
  EXPECT_EQ(fault(all + "\n"), "none");
  EXPECT_EQ(fault("\xEF\xBB\xBF" + all), "none");
  EXPECT_EQ(fault(""), "there is no header, which names the columns");
  EXPECT_EQ(fault(all + ",more\n"), R"(line 1, the header: "more" is no column)");
  EXPECT_EQ(fault(all + ",created_at\n"), "line 1, the header: createdAt is there twice");
  EXPECT_EQ(fault("id,clientId\n"), "line 1, the header: actionType is required");
  EXPECT_EQ(fault("id,\"clientId\n"),
            "line 1, the header: a quote that opens in line 1 is never closed");
}

TEST(ImportFile, EveryMalformedLineIsNamedWithItsNumber) {
  const auto plan =
      plan_of(lines_of({"{}", R"({"id":"2","outcome":"ok"})"}) + "\n{\"id\":\n[]\n" +
              lines_of({R"({"id":"6"})"}) + R"({"id":"7","created_at":1,"createdAt":2})");
  EXPECT_EQ(order_of(plan), (Lines{1, 6}));
  ASSERT_EQ(plan.faults.size(), 4u);
  EXPECT_EQ(plan.faults[0].line, 2u);
  EXPECT_EQ(plan.faults[1].line, 4u);
  EXPECT_EQ(plan.faults[2].line, 5u);
  EXPECT_EQ(plan.faults[2].what, "must be a JSON object");
  EXPECT_EQ(plan.faults[2].text, "[]");
  EXPECT_EQ(plan.faults[3].line, 7u);
  EXPECT_EQ(plan.faults[3].what, "createdAt is there in two spellings");
}

TEST(ImportFile, EveryMalformedRecordIsNamedWithItsLine) {
  const std::string good = ",c,content.publish,agent,a,post,p,success,2025-03-01T09:00:00Z,";
  const auto plan = plan_of(
      "id,clientId,actionType,actorType,actorId,targetType,targetId,outcome,createdAt,metadata\n1" +
      good + "\n2" + good + "\"{\n\"\n\n4" + good + "\"\nfew,fields\n\"5\"x" + good + "\n6" + good +
      "\"{\"\"note\"\":\"\"a,\\nb\"\"}\"\n7" + good + "\xFF\n");
  std::string told;
  for (const auto& fault : plan.faults) told += std::to_string(fault.line) + " ";
  EXPECT_EQ(told.substr(0, 4), "3 6 ") << told;
  EXPECT_FALSE(plan.rows.empty());
  EXPECT_EQ(plan.rows[0].line, 2u);
}

TEST(ImportFile, AChildFollowsItsParentWhereverThatStands) {
  const auto plan = plan_of(lines_of({R"({"id":"c","parentEventId":"b"})", R"({"id":"x"})",
                                      R"({"id":"b","parentEventId":"a"})", R"({"id":"a"})",
                                      R"({"id":"d","parentEventId":"b"})",
                                      R"({"id":"e","parentEventId":"of another file"})"}));
  EXPECT_EQ(order_of(plan), (Lines{4, 3, 1, 2, 5, 6}));
  EXPECT_EQ(plan.rows[1].parent, event_id_of("client-123", "a"));
  EXPECT_FALSE(plan.rows[1].is_parent_elsewhere);
  EXPECT_TRUE(plan.rows[5].is_parent_elsewhere);
  EXPECT_TRUE(plan.circular.empty());
}

TEST(ImportFile, ACircleOfParentsIsCutOnceAndTold) {
  const auto plan =
      plan_of(lines_of({R"({"id":"a","parentEventId":"c"})", R"({"id":"b","parentEventId":"a"})",
                        R"({"id":"c","parentEventId":"b"})", R"({"id":"d","parentEventId":"c"})",
                        R"({"id":"s","parentEventId":"s"})"}));
  EXPECT_EQ(plan.rows.size(), 5u);
  EXPECT_EQ(plan.circular.size(), 2u);
  std::vector<EventId> before;
  for (const auto& row : plan.rows) {
    const bool is_after = !row.parent || std::ranges::find(before, *row.parent) != before.end();
    EXPECT_TRUE(is_after) << row.line;
    before.push_back(row.id);
  }
}

TEST(ImportFile, ALongChainBackwardsIsNoDeepRecursion) {
  std::string text;
  constexpr int kRows = 20000;
  for (int i = 0; i < kRows; ++i) {
    text += json_text(row_with(R"({"id":")" + std::to_string(i) + R"(","parentEventId":")" +
                               std::to_string(i + 1) + "\"}")) +
            "\n";
  }
  const auto plan = plan_of(text);
  ASSERT_EQ(plan.rows.size(), static_cast<std::size_t>(kRows));
  EXPECT_EQ(plan.rows.front().line, static_cast<std::size_t>(kRows));
  EXPECT_EQ(plan.rows.back().line, 1u);
}

TEST(ImportFile, TheSameRowTwiceIsOneAndAnotherRowOfTheSameIdIsAFault) {
  const auto plan = plan_of(lines_of({"{}", "{}", R"({"targetId":"other"})"}));
  EXPECT_EQ(order_of(plan), Lines{1});
  EXPECT_EQ(plan.repeated, 1u);
  ASSERT_EQ(plan.faults.size(), 1u);
  EXPECT_EQ(plan.faults[0].what, "id is that of line 1, which says something else");
}

TEST(ImportFile, RowsOfSeveralClientsNeedAChoice) {
  const std::string text = lines_of(
      {"{}", R"({"clientId":"other"})", R"({"clientId":"other","outcome":"ok"})", R"({"id":"2"})"});
  auto reader = RowReader::open(text, ImportFormat::ndjson);
  const auto plan = plan_import(*reader, {});
  ASSERT_FALSE(plan);
  EXPECT_EQ(sentence_of(plan.error()),
            "client-id must say whose rows to import: a log is of one client, and these are of "
            R"("client-123" "other")");
  const auto chosen = plan_of(text, {.client_id = "client-123"});
  EXPECT_EQ(order_of(chosen), (Lines{1, 4}));
  EXPECT_EQ(chosen.of_others, 2u);
  EXPECT_TRUE(chosen.faults.empty()) << "what is of others is none of ours";
}

TEST(ImportFile, AFileOfNothingIsAFileOfNoRows) {
  EXPECT_TRUE(plan_of("").rows.empty());
  EXPECT_TRUE(plan_of("\n \n\r\n").rows.empty());
}

}  // namespace
}  // namespace assent::cli
