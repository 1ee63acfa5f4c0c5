#include "base/id.h"

#include "base/json.h"
#include "base/testing_files.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace assent {
namespace {

std::string member(const Json& object, std::string_view name) {
  return std::string(object.string_at(name).value_or("(absent)"));
}

// The specification's texts have prefixes of their own; what is ours to check is the suffix.
TEST(Id, AgreesWithTheSpecificationOnValidTexts) {
  const auto vectors = parse_json(read_vector("typeid/valid.json"));
  ASSERT_TRUE(vectors && !vectors->items().empty());
  for (const auto& vector : vectors->items()) {
    const std::string text = member(vector, "typeid");
    const std::string suffix = text.substr(text.size() - 26);
    const auto bytes = uuid_from_base32(suffix);
    ASSERT_TRUE(bytes) << text;
    EXPECT_EQ(uuid_text(*bytes), member(vector, "uuid"));
    EXPECT_EQ(base32_of(*bytes), suffix);
    if (member(vector, "prefix") == "prefix") {
      EXPECT_EQ(Id<"prefix">::parse(text), Id<"prefix">(*bytes));
      EXPECT_EQ(Id<"prefix">(*bytes).text(), text);
    }
  }
}

TEST(Id, RefusesWhatTheSpecificationCallsInvalid) {
  const auto vectors = parse_json(read_vector("typeid/invalid.json"));
  ASSERT_TRUE(vectors && !vectors->items().empty());
  for (const auto& vector : vectors->items()) {
    EXPECT_FALSE(Id<"prefix">::parse(member(vector, "typeid"))) << member(vector, "name");
  }
}

TEST(Id, TheTextCarriesTheType) {
  SeededRandom random(1);
  const auto approval = ApprovalId::make(from_microseconds(1'768'861'619'790'000), random);
  EXPECT_TRUE(approval.text().starts_with("apr_"));
  EXPECT_EQ(ApprovalId::parse(approval.text()), approval);
  EXPECT_FALSE(RuleId::parse(approval.text()));
  EXPECT_FALSE(Id<"ap">::parse(approval.text()));
}

TEST(Id, HasOneSpelling) {
  SeededRandom random(2);
  const std::string text = KeyId::make(from_microseconds(0), random).text();
  EXPECT_FALSE(KeyId::parse(""));
  EXPECT_FALSE(KeyId::parse(text + "0"));
  EXPECT_FALSE(KeyId::parse(text.substr(0, text.size() - 1)));
  EXPECT_FALSE(KeyId::parse(" " + text.substr(1)));
  EXPECT_FALSE(KeyId::parse("key-" + text.substr(4)));
  EXPECT_TRUE(KeyId::parse("key_7zzzzzzzzzzzzzzzzzzzzzzzzz"));
  EXPECT_FALSE(KeyId::parse("key_80000000000000000000000000"));
  EXPECT_FALSE(KeyId::parse("key_0000000000000000000000000A"));
  EXPECT_FALSE(KeyId::parse("key_0000000000000000000000000\xFF"));
}

TEST(Uuid7, CarriesTheMillisecondAndSortsByIt) {
  SeededRandom random(3);
  UuidBytes previous = {};
  for (std::int64_t ms = 1; ms < 2'000'000'000'000; ms = ms * 3 + 1) {
    const UuidBytes bytes = make_uuid7(from_microseconds(ms * 1000 + 999), random);
    EXPECT_TRUE(is_uuid7(bytes));
    std::int64_t read = 0;
    for (std::size_t i = 0; i < 6; ++i) read = read << 8 | bytes[i];
    EXPECT_EQ(read, ms);
    EXPECT_LT(previous, bytes);
    EXPECT_LT(base32_of(previous), base32_of(bytes));
    previous = bytes;
  }
}

TEST(Uuid7, OfAClockBefore1970Says1970) {
  SeededRandom random(4);
  const UuidBytes bytes = make_uuid7(from_microseconds(-5'000'000), random);
  EXPECT_TRUE(is_uuid7(bytes));
  EXPECT_TRUE(std::all_of(bytes.begin(), bytes.begin() + 6, [](auto byte) { return byte == 0; }));
}

TEST(Uuid7, IsToldFromOtherVersions) {
  EXPECT_TRUE(is_uuid7(*uuid_from_text("01890a5d-ac96-774b-bcce-b302099a8057")));
  EXPECT_FALSE(is_uuid7(*uuid_from_text("01890a5d-ac96-474b-bcce-b302099a8057")));
  EXPECT_FALSE(is_uuid7(*uuid_from_text("01890a5d-ac96-774b-7cce-b302099a8057")));
  EXPECT_FALSE(is_uuid7(*uuid_from_text("01890a5d-ac96-774b-ccce-b302099a8057")));
  EXPECT_FALSE(is_uuid7({}));
}

TEST(UuidText, IsWrittenLowAndReadInEitherCase) {
  const auto bytes = uuid_from_text("01890A5D-AC96-774B-BCCE-B302099A8057");
  ASSERT_TRUE(bytes);
  EXPECT_EQ(uuid_text(*bytes), "01890a5d-ac96-774b-bcce-b302099a8057");
}

TEST(UuidText, RefusesOtherShapes) {
  for (const auto* const text :
       {"", "01890a5dac96774bbcceb302099a8057", "{01890a5d-ac96-774b-bcce-b302099a8057}",
        "01890a5d-ac96-774b-bcce-b302099a805", "01890a5d-ac96-774b-bcce-b302099a80577",
        "01890a5d-ac96-774b-bcce_b302099a8057", "01890a5dac-96-774b-bcce-b302099a8057",
        "01890a5d-ac96-774b-bcce-b302099a805g", "0189-a5d-ac96-774b-bcce-b302099a8057"}) {
    EXPECT_FALSE(uuid_from_text(text)) << text;
  }
}

TEST(Base32, ReadsWhatItWrites) {
  SeededRandom random(5);
  for (int i = 0; i < 10'000; ++i) {
    UuidBytes bytes;
    random.fill(bytes);
    ASSERT_EQ(uuid_from_base32(base32_of(bytes)), bytes);
    ASSERT_EQ(uuid_from_text(uuid_text(bytes)), bytes);
  }
}

}  // namespace
}  // namespace assent
