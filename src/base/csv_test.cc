#include "base/csv.h"

#include "base/json.h"
#include "base/testing_files.h"

#include <gtest/gtest.h>

namespace assent {
namespace {

Json json_of(const CsvRecord& record) {
  Json out = Json::object({{"line", static_cast<std::int64_t>(record.line)}});
  if (!record.fault.empty()) return out.set("fault", record.fault);
  Json fields = Json::array();
  for (const CsvField& field : record.fields) {
    fields.push(field.is_quoted ? Json::object({{"quoted", field.text}}) : Json(field.text));
  }
  return out.set("fields", std::move(fields));
}

std::vector<CsvRecord> records_of(std::string_view text) {
  std::vector<CsvRecord> records;
  CsvReader reader(text);
  for (CsvRecord record; reader.next(record);) records.push_back(record);
  return records;
}

TEST(CsvReader, ReadsTheVectors) {
  const auto vectors = parse_json(read_vector("csv.json"));
  ASSERT_TRUE(vectors);
  ASSERT_GT(vectors->items().size(), 20u);
  for (const Json& vector : vectors->items()) {
    Json read = Json::array();
    for (const auto& record : records_of(*vector.string_at("csv"))) read.push(json_of(record));
    EXPECT_EQ(json_text(read), json_text(*vector.find("records"))) << *vector.string_at("name");
  }
}

TEST(CsvReader, TheBytesOfARecordAreKept) {
  const auto records = records_of("a,\"b\r\nc\"\r\nd\"e\r\nf\n");
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0].text, "a,\"b\r\nc\"");
  EXPECT_EQ(records[1].text, "d\"e");
  EXPECT_EQ(records[2].text, "f");
}

TEST(CsvReader, AnEmptyTextIsNotAnAbsentOne) {
  const auto records = records_of(",\"\"\n\n\"\"\n");
  ASSERT_EQ(records.size(), 3u);
  EXPECT_TRUE(records[0].fields[0].is_absent());
  EXPECT_FALSE(records[0].fields[1].is_absent());
  EXPECT_FALSE(records[0].is_blank());
  EXPECT_TRUE(records[1].is_blank());
  EXPECT_FALSE(records[2].is_blank());
}

// The writer of the naive kind: everything in quotes.
TEST(CsvReader, WhateverIsWrittenInQuotesComesBack) {
  const std::string alphabet = "a\",\r\n ";
  for (std::size_t code = 0; code < 6 * 6 * 6 * 6; ++code) {
    std::string text;
    for (std::size_t left = code, i = 0; i < 4; ++i, left /= 6) text += alphabet[left % 6];
    std::string quoted = "\"";
    for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    const auto records = records_of(quoted + "\",end");
    ASSERT_EQ(records.size(), 1u) << code;
    ASSERT_EQ(records[0].fault, "");
    ASSERT_EQ(records[0].fields.size(), 2u);
    EXPECT_EQ(records[0].fields[0].text, text);
    EXPECT_EQ(records[0].fields[1].text, "end");
  }
}

}  // namespace
}  // namespace assent
