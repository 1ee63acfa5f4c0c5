#include "base/canonical.h"
#include "domain/quorum.h"

#include <gtest/gtest.h>

namespace assent {
namespace {

PrincipalId human(std::uint8_t number) {
  UuidBytes bytes = {};
  bytes[15] = number;
  return PrincipalId(bytes);
}

// Unsorted and with one of them twice, as people write.
const ApproverGroups kGroups = {{"dba", {human(3), human(1), human(2), human(1)}}, {"nobody", {}}};

std::string repeated(std::string_view element, std::size_t times) {
  std::string list = "[";
  for (std::size_t i = 0; i < times; ++i) list.append(i == 0 ? "" : ",").append(element);
  return list + "]";
}

// A requirement in so many alternating any and all.
std::string nested(std::size_t depth) {
  std::string json = R"({"role": "admin"})";
  for (std::size_t i = 0; i < depth; ++i) {
    json = (i % 2 == 0 ? R"({"any": [)" : R"({"all": [)") + json + "]}";
  }
  return json;
}

enum class Notation { policy, stored };

Result<Quorum> read(std::string_view json, Notation notation = Notation::policy) {
  const auto value = parse_json(json);
  CHECK(value.has_value());
  return quorum_from_json(*value, "approvers", notation == Notation::policy ? &kGroups : nullptr);
}

// What the expression comes to, as it is stored.
std::string meaning(std::string_view json, Notation notation = Notation::policy) {
  const auto quorum = read(json, notation);
  return quorum ? canonical_json(to_json(*quorum)) : quorum.error().detail;
}

std::string fault(std::string_view json, Notation notation = Notation::policy) {
  const auto quorum = read(json, notation);
  if (quorum) return "accepted";
  EXPECT_EQ(quorum.error().code, Code::validation_error);
  EXPECT_FALSE(quorum.error().fields.front().message.empty());
  return quorum.error().fields.front().path;
}

TEST(QuorumNotation, OfRolesIsStoredAsItIsWritten) {
  const std::vector<std::string> notations = {
      R"([{"count":2,"role":"approver"}])",
      R"([{"count":1,"role":"approver"},{"count":3,"role":"admin"}])",
      R"({"any":[{"all":[{"count":2,"role":"admin"}]},{"all":[{"count":1,"role":"auditor"}]}]})",
      R"({"any":[{"all":[{"count":1,"role":"admin"}]},{"all":[{"count":1,"role":"admin"}]}]})",
  };
  for (const auto& json : notations) {
    EXPECT_EQ(meaning(json), json);
    EXPECT_EQ(meaning(json, Notation::stored), json);
  }
  EXPECT_EQ(meaning(R"({"all": [{"role": "admin"}]})"), R"([{"count":1,"role":"admin"}])");
  EXPECT_EQ(json_text(to_json(*read(R"([{"count": 2, "role": "admin"}])"))),
            R"([{"role":"admin","count":2}])");
}

TEST(QuorumNotation, IsExpandedIntoAlternatives) {
  EXPECT_EQ(meaning(R"([{"role": "admin"}, {"any": [{"role": "auditor"},
                        {"all": [{"role": "approver", "count": 2}, {"role": "policy_admin"}]}]}])"),
            R"({"any":[{"all":[{"count":1,"role":"admin"},{"count":1,"role":"auditor"}]},)"
            R"({"all":[{"count":1,"role":"admin"},{"count":2,"role":"approver"},)"
            R"({"count":1,"role":"policy_admin"}]}]})");
  EXPECT_EQ(read(R"([{"any": [{"role": "admin"}, {"role": "auditor"}]},
                     {"any": [{"role": "admin"}, {"role": "auditor"}, {"role": "approver"}]}])")
                ->alternatives.size(),
            6U);
  EXPECT_EQ(meaning(R"({"any": [{"any": [{"role": "admin"}]}]})"),
            R"([{"count":1,"role":"admin"}])");
}

TEST(QuorumNotation, AGroupIsStoredWithItsPeople) {
  const std::string stored = R"([{"count":2,"group":"dba","people":[")" + human(1).text() +
                             R"(",")" + human(2).text() + R"(",")" + human(3).text() + R"("]}])";
  EXPECT_EQ(meaning(R"([{"group": "dba", "count": 2}])"), stored);
  EXPECT_EQ(meaning(stored, Notation::stored), stored);
  EXPECT_EQ(*read(stored, Notation::stored), *read(R"([{"group": "dba", "count": 2}])"));
}

TEST(QuorumNotation, APersonIsStoredByName) {
  const std::string stored = R"([{"person":")" + human(7).text() + R"("}])";
  EXPECT_EQ(meaning(stored), stored);
  EXPECT_EQ(meaning(stored, Notation::stored), stored);
  EXPECT_EQ(read(stored)->alternatives[0][0],
            (ApproverRequirement{.kind = SeatKind::person, .people = {human(7)}}));
}

TEST(QuorumNotation, H21_WhatNobodyCouldMeetIsLeftOutOrRefused) {
  const std::string one = R"({"person": ")" + human(1).text() + R"("})";
  const std::string two = R"({"person": ")" + human(2).text() + R"("})";
  EXPECT_EQ(fault("[" + one + "," + one + "]"), "approvers");
  EXPECT_EQ(fault(R"([{"group": "dba", "count": 3}, )" + one + "]"), "approvers");
  EXPECT_EQ(fault(R"({"any": [{"role": "admin"}, {"all": [)" + one + "," + one + "]}]}"),
            "approvers.any[1].all");
  EXPECT_EQ(fault(R"([{"group": "dba", "count": 4}])"), "approvers[0].count");
  EXPECT_EQ(fault(R"([{"group": "dba", "count": 3}, {"role": "admin"}])"), "accepted");
  // Both of two people: of four combinations, two have one of them twice.
  const std::string either = R"({"any": [)" + one + "," + two + "]}";
  EXPECT_EQ(read("[" + either + "," + either + "]")->alternatives.size(), 2U);
}

TEST(QuorumNotation, SaysWhereItIsWrong) {
  struct Case {
    std::string_view json;
    std::string_view path;
  };
  const std::vector<Case> cases = {
      // Not an expression.
      {"1", "approvers"},
      {"null", "approvers"},
      {"[]", "approvers"},
      {"{}", "approvers"},
      {R"({"role": "admin"})", "approvers"},
      {R"({"some": []})", "approvers"},
      {R"({"any": [], "all": []})", "approvers"},
      {R"({"any": [{"role": "admin"}], "count": 2})", "approvers"},
      {R"({"any": []})", "approvers.any"},
      {R"({"all": {}})", "approvers.all"},
      {R"({"any": [{"all": []}]})", "approvers.any[0].all"},
      {R"([{"any": [{"role": "admin"}], "role": "admin"}])", "approvers[0]"},
      {R"([[{"role": "admin"}]])", "approvers[0]"},
      {R"({"any": [[{"role": "admin"}]]})", "approvers.any[0]"},
      {R"([1])", "approvers[0]"},
      // Not a requirement.
      {R"([{"role": "approver"}, {"count": 1}])", "approvers[1].role"},
      {R"([{}])", "approvers[0].role"},
      {R"([{"role": "admin", "group": "dba"}])", "approvers[0]"},
      {R"([{"role": "admin", "person": 1}])", "approvers[0]"},
      {R"([{"role": "admin", "minimum": 2}])", "approvers[0].minimum"},
      {R"([{"roles": "admin"}])", "approvers[0].roles"},
      {R"([{"role": "admin", "people": []}])", "approvers[0].people"},
      // Not a role.
      {R"([{"role": "boss"}])", "approvers[0].role"},
      {R"([{"role": 1}])", "approvers[0].role"},
      {R"([{"role": "operator"}])", "approvers[0].role"},
      {R"({"any": [{"all": [{"role": "operator"}]}]})", "approvers.any[0].all[0].role"},
      // Not a count.
      {R"([{"role": "admin", "count": 0}])", "approvers[0].count"},
      {R"([{"role": "admin", "count": 101}])", "approvers[0].count"},
      {R"([{"role": "admin", "count": 1.0}])", "approvers[0].count"},
      {R"([{"role": "admin", "count": "1"}])", "approvers[0].count"},
      {R"([{"group": "dba", "count": 0}])", "approvers[0].count"},
      {R"({"any": [{"all": [{"role": "admin", "count": -1}]}]})", "approvers.any[0].all[0].count"},
      // Not a group.
      {R"([{"group": "dbas"}])", "approvers[0].group"},
      {R"([{"group": ""}])", "approvers[0].group"},
      {R"([{"group": 1}])", "approvers[0].group"},
      {R"([{"group": "nobody"}])", "approvers[0].group"},
      {R"([{"group": "dba", "people": []}])", "approvers[0].people"},
      // Not a person.
      {R"([{"person": "ann"}])", "approvers[0].person"},
      {R"([{"person": 1}])", "approvers[0].person"},
      {R"([{"person": "apr_00000000000000000000000001"}])", "approvers[0].person"},
      {R"([{"person": "prn_0000000000000000000000000"}])", "approvers[0].person"},
      {R"([{"person": "prn_00000000000000000000000001", "count": 2}])", "approvers[0].count"},
  };
  for (const auto& each : cases) EXPECT_EQ(fault(each.json), each.path) << each.json;
  EXPECT_EQ(fault(R"([{"person": "prn_00000000000000000000000001", "count": 1}])"), "accepted");
}

TEST(QuorumNotation, SaysWhereWhatIsStoredIsWrong) {
  const auto stored = [](std::string_view json) { return fault(json, Notation::stored); };
  EXPECT_EQ(stored(R"([{"group": "dba"}])"), "approvers[0].people");
  EXPECT_EQ(stored(R"([{"group": "dba", "people": []}])"), "approvers[0].people");
  EXPECT_EQ(stored(R"([{"group": "dba", "people": "ann"}])"), "approvers[0].people");
  EXPECT_EQ(stored(R"([{"group": "dba", "people": ["ann"]}])"), "approvers[0].people[0]");
  EXPECT_EQ(stored(R"([{"group": "", "people": ["prn_00000000000000000000000001"]}])"),
            "approvers[0].group");
  EXPECT_EQ(stored(R"([{"group": "a", "count": 2,
                        "people": ["prn_00000000000000000000000001"]}])"),
            "approvers[0].count");
  EXPECT_EQ(stored(R"([{"role": "admin", "people": ["prn_00000000000000000000000001"]}])"),
            "approvers[0].people");
}

TEST(QuorumNotation, HasItsLimitsAndNotOneMore) {
  constexpr std::string_view kAdmin = R"({"role": "admin"})";
  EXPECT_EQ(fault(repeated(kAdmin, 32)), "accepted");
  EXPECT_EQ(fault(repeated(kAdmin, 33)), "approvers");
  EXPECT_EQ(fault(R"({"any": )" + repeated(kAdmin, 64) + "}"), "accepted");
  EXPECT_EQ(fault(R"({"any": )" + repeated(kAdmin, 65) + "}"), "approvers.any");
  const std::string eight = R"({"any": )" + repeated(kAdmin, 8) + "}";
  EXPECT_EQ(fault("[" + eight + "," + eight + "]"), "accepted");
  EXPECT_EQ(fault("[" + eight + "," + eight + R"(, {"any": [{"role": "admin"},
                  {"role": "auditor"}]}])"),
            "approvers");
  EXPECT_EQ(fault(R"([{"role": "admin", "count": 60}, {"role": "auditor", "count": 40}])"),
            "accepted");
  EXPECT_EQ(fault(R"([{"role": "admin", "count": 60}, {"role": "auditor", "count": 41}])"),
            "approvers");
  EXPECT_EQ(fault(R"({"any": [{"role": "admin", "count": 60}, {"role": "admin", "count": 60}]})"),
            "accepted");
  EXPECT_EQ(fault(nested(8)), "accepted");
  EXPECT_EQ(fault(nested(9)),
            "approvers.any[0].all[0].any[0].all[0].any[0].all[0].any[0].all[0].any");
  EXPECT_EQ(fault(nested(30)),
            "approvers.all[0].any[0].all[0].any[0].all[0].any[0].all[0].any[0].all");
}

TEST(QuorumNotation, IsNeverTooLargeForAnEvent) {
  // 64 alternatives of 32 requirements in an expression of a few hundred bytes.
  const std::string pair = R"({"any": [{"role": "admin"}, {"role": "auditor"}]})";
  const std::string six = repeated(pair, 6);
  const std::string thirty_two =
      six.substr(0, six.size() - 1) + "," + repeated(R"({"role": "approver"})", 26).substr(1);
  EXPECT_EQ(fault(thirty_two), "approvers");
  EXPECT_NE(meaning(thirty_two).find("8,192 bytes"), std::string::npos);

  ApproverGroups groups;
  for (std::size_t i = 0; i < 400; ++i) {
    UuidBytes bytes = {};
    bytes[14] = static_cast<std::uint8_t>(i / 256);
    bytes[15] = static_cast<std::uint8_t>(i % 256);
    groups["most"].push_back(PrincipalId(bytes));
    if (i == 200) groups["some"] = groups["most"];
  }
  const auto some = quorum_from_json(*parse_json(R"([{"group": "some"}])"), "approvers", &groups);
  ASSERT_TRUE(some.has_value());
  EXPECT_LE(canonical_json(to_json(*some)).size(), 8192U);
  const auto all = quorum_from_json(*parse_json(R"([{"group": "most"}])"), "approvers", &groups);
  ASSERT_FALSE(all.has_value());
  EXPECT_EQ(all.error().fields.front().path, "approvers");
}

}  // namespace
}  // namespace assent
