#include "store/search/facets.h"

#include "base/canonical.h"
#include "base/json.h"
#include "store/search/testing_search.h"

#include <gtest/gtest.h>

namespace assent::store {
namespace {

// The same, read off the parsed document.
std::optional<std::string> spelt(const Json* object, std::string_view name) {
  if (object == nullptr) return std::nullopt;
  const auto text = object->string_at(name);
  if (!text) return std::nullopt;
  return spelling_of(*text);
}

void expect_facets_are_the_documents(const std::string& bytes, const Json& document) {
  const auto facets = facets_of(bytes);
  ASSERT_TRUE(facets) << bytes;
  const Json* data = document.find("data");
  const Json* actor = data == nullptr ? nullptr : data->find("actor");
  const Json* target = data == nullptr ? nullptr : data->find("target");
  const auto expect = [&](const Facets::Spelling& found, const Json* in, std::string_view name) {
    EXPECT_EQ(found, spelt(in, name)) << name << " of " << bytes;
  };
  expect(facets->id, &document, "id");
  expect(facets->type, &document, "type");
  expect(facets->subject, &document, "subject");
  expect(facets->time, &document, "time");
  expect(facets->trace_id, &document, "traceid");
  expect(facets->correlation_id, &document, "correlationid");
  expect(facets->approval_id, data, "approvalId");
  expect(facets->outcome, data, "outcome");
  expect(facets->flat_target.type, data, "targetType");
  expect(facets->flat_target.id, data, "targetId");
  expect(facets->actor_type, actor, "type");
  expect(facets->actor_id, actor, "id");
  expect(facets->inner_target.type, target, "type");
  expect(facets->inner_target.id, target, "id");
}

// Any JSON at all, with the names that matter in places where they do and do not.
Json made_up_value(Dice& dice, int depth) {
  static const std::vector<std::string> names = {
      "id",    "type",       "subject",  "time",   "traceid",  "correlationid", "data",
      "actor", "target",     "outcome",  "dat\\a", "targetId", "\x02id",        "targetType",
      "",      "approvalId", "quo\"ted", "{",      "}",        "\u20ac"};
  const auto choice = dice.below(depth > 0 ? 9 : 5);
  if (choice >= 6) {
    Json object = Json::object();
    for (auto count = dice.below(9); count > 0; --count) {
      object.set(dice.pick(names), made_up_value(dice, depth - 1));
    }
    return object;
  }
  if (choice == 5) {
    Json array = Json::array();
    for (auto count = dice.below(4); count > 0; --count) array.push(made_up_value(dice, depth - 1));
    return array;
  }
  switch (choice) {
    case 0:
      return Json();
    case 1:
      return Json(dice.one_in(2));
    case 2:
      return dice.one_in(2) ? Json(std::int64_t{-17}) : Json(1.25e30);
    default:
      return Json(dice.one_in(3) ? "]}{[,:\"" + made_up_name(dice) : made_up_name(dice));
  }
}

TEST(FacetsTest, AreWhatTheParsedDocumentSays) {
  Dice dice(1);
  for (int i = 0; i < 5000; ++i) {
    const auto event = made_up_event(dice, 0, Timestamp{});
    expect_facets_are_the_documents(event.bytes, event.document);
  }
}

TEST(FacetsTest, AreWhatTheParsedDocumentSaysOfAnyCanonicalObject) {
  Dice dice(2);
  for (int i = 0; i < 20000; ++i) {
    Json document = Json::object();
    while (!document.is_object() || document.members().empty()) document = made_up_value(dice, 5);
    if (dice.one_in(2)) document.set("data", made_up_value(dice, 4));
    const std::string bytes = canonical_json(document);
    const auto read_back = parse_json(bytes);
    ASSERT_TRUE(read_back);
    expect_facets_are_the_documents(bytes, *read_back);
  }
}

TEST(FacetsTest, OfDamagedBytesAreTheTruthOrNothing) {
  Dice dice(3);
  for (int i = 0; i < 20000; ++i) {
    std::string bytes = made_up_event(dice, 0, Timestamp{}).bytes;
    for (auto count = 1 + dice.below(3); count > 0; --count) {
      const auto at = dice.below(bytes.size());
      if (dice.one_in(2)) {
        bytes[at] = "\"\\{}[],: u0x"[dice.below(12)];
      } else {
        bytes.erase(at, 1);
      }
    }
    const auto document = parse_json(bytes);
    if (document && facets_of(bytes)) expect_facets_are_the_documents(bytes, *document);
  }
}

TEST(FacetsTest, EndWithTheBytesWhereverTheseAreCut) {
  Dice dice(4);
  const std::string bytes = made_up_event(dice, 0, Timestamp{}).bytes;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::vector<char> exactly(bytes.begin(),
                                    bytes.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(facets_of({exactly.data(), exactly.size()}));
  }
}

TEST(FacetsTest, AreNotReadFromAnotherSpellingOfTheSame) {
  EXPECT_TRUE(facets_of(R"({"type":"a.b"})"));
  EXPECT_TRUE(facets_of(R"({"type":"\u0001\u001f\n\\\""})"));
  for (const auto* text :
       {R"({ "type":"a.b"})", R"({"type" :"a.b"})", R"({"type":"a.b"} )", R"({"type":"\u0061.b"})",
        R"({"typ\u0065":"a.b"})", R"({"type":"a\/b"})", R"({"type":"\u000a"})",
        R"({"type":"\u001F"})", R"({"type":"\u007f"})", R"([])", R"("type")", ""}) {
    EXPECT_FALSE(facets_of(text)) << text;
  }
}

TEST(FacetsTest, DoNotMindDepth) {
  const std::string deep(30000, '[');
  EXPECT_FALSE(facets_of(R"({"data":)" + deep));
  // Named, because the facets are views of it.
  const std::string text = R"({"data":)" + deep + std::string(30000, ']') + R"(,"type":"a.b"})";
  const auto facets = facets_of(text);
  ASSERT_TRUE(facets);
  EXPECT_EQ(facets->type, "a.b");
}

}  // namespace
}  // namespace assent::store
