#include "domain/evidence.h"

#include "base/canonical.h"

#include <gtest/gtest.h>

namespace assent {
namespace {

using std::chrono::seconds;

constexpr std::int64_t kTtl = 60;
const Timestamp kNow = *from_rfc3339("2026-01-19T22:26:59.790000Z");

Evidence aged(Microseconds age) {
  Evidence item;
  item.captured_at = kNow - age;
  item.attached_at = kNow;
  return item;
}

Evidence withdrawn(Microseconds age) {
  Evidence item = aged(age);
  item.withdrawn_at = kNow;
  return item;
}

// One cell of H22's matrix: required × what is attached × ttl, and what must come of it.
struct Cell {
  bool is_required;
  enum class Attached { none, fresh, stale } attached;
  std::optional<std::int64_t> ttl_seconds;
  std::optional<Refusal> refusal;
  const char* check;
};

class EvidenceMatrix : public testing::TestWithParam<Cell> {};

TEST_P(EvidenceMatrix, H22_TheGateAnswersAsInEvi012) {
  const Cell& cell = GetParam();
  const EvidencePolicy policy{.required = cell.is_required, .ttl_seconds = cell.ttl_seconds};
  std::vector<Evidence> items;
  if (cell.attached == Cell::Attached::fresh) items = {aged(seconds(kTtl))};
  if (cell.attached == Cell::Attached::stale) items = {aged(seconds(kTtl) + Microseconds(1))};

  const EvidenceCheck check = check_evidence(policy, items, kNow);
  EXPECT_EQ(refuse_evidence(policy, check), cell.refusal);
  EXPECT_EQ(canonical_json(to_json(check)), cell.check);
}

using enum Cell::Attached;
constexpr auto kNone = std::nullopt;
INSTANTIATE_TEST_SUITE_P(
    Evidence, EvidenceMatrix,
    testing::Values(
        Cell{true, none, kNone, Refusal::evidence_required,
             R"({"ageSeconds":null,"hasEvidence":false,"isFresh":null})"},
        Cell{true, none, kTtl, Refusal::evidence_required,
             R"({"ageSeconds":null,"hasEvidence":false,"isFresh":null})"},
        Cell{true, fresh, kNone, kNone, R"({"ageSeconds":60,"hasEvidence":true,"isFresh":null})"},
        Cell{true, fresh, kTtl, kNone, R"({"ageSeconds":60,"hasEvidence":true,"isFresh":true})"},
        Cell{true, stale, kNone, kNone, R"({"ageSeconds":60,"hasEvidence":true,"isFresh":null})"},
        Cell{true, stale, kTtl, Refusal::evidence_stale,
             R"({"ageSeconds":60,"hasEvidence":true,"isFresh":false})"},
        Cell{false, none, kNone, kNone,
             R"({"ageSeconds":null,"hasEvidence":false,"isFresh":null})"},
        Cell{false, none, kTtl, kNone, R"({"ageSeconds":null,"hasEvidence":false,"isFresh":null})"},
        Cell{false, fresh, kNone, kNone, R"({"ageSeconds":60,"hasEvidence":true,"isFresh":null})"},
        Cell{false, fresh, kTtl, kNone, R"({"ageSeconds":60,"hasEvidence":true,"isFresh":true})"},
        Cell{false, stale, kNone, kNone, R"({"ageSeconds":60,"hasEvidence":true,"isFresh":null})"},
        // Not required, yet what is shown must not mislead.
        Cell{false, stale, kTtl, Refusal::evidence_stale,
             R"({"ageSeconds":60,"hasEvidence":true,"isFresh":false})"}));

TEST(Evidence, H22_AnAgeOfExactlyTheTtlIsFreshAndOneMicrosecondMoreIsStale) {
  for (const std::int64_t ttl : {std::int64_t{1}, kTtl, std::int64_t{31'536'000}}) {
    const EvidencePolicy policy{.required = true, .ttl_seconds = ttl};
    const auto at_ttl = check_evidence(policy, std::vector{aged(seconds(ttl))}, kNow);
    EXPECT_EQ(at_ttl.is_fresh, true);
    EXPECT_EQ(refuse_evidence(policy, at_ttl), std::nullopt);

    const auto after =
        check_evidence(policy, std::vector{aged(seconds(ttl) + Microseconds(1))}, kNow);
    EXPECT_EQ(after.is_fresh, false);
    EXPECT_EQ(after.age_seconds, ttl);  // The floor: the microsecond decides but is not shown.
    EXPECT_EQ(refuse_evidence(policy, after), Refusal::evidence_stale);
  }
}

TEST(Evidence, H22_TheDetailsOfABlockAreEvi012s) {
  const EvidencePolicy policy{.required = true, .ttl_seconds = kTtl};
  const EvidenceCheck nothing = check_evidence(policy, {}, kNow);
  EXPECT_EQ(canonical_json(evidence_details(Refusal::evidence_required, policy, nothing)),
            R"({"evidenceRequired":true,"hasEvidence":false})");

  const EvidenceCheck stale = check_evidence(policy, std::vector{aged(seconds(61))}, kNow);
  EXPECT_EQ(canonical_json(evidence_details(Refusal::evidence_stale, policy, stale)),
            R"({"evidenceAge":61,"evidenceTtl":60,)"
            R"("latestEvidenceAt":"2026-01-19T22:25:58.790000Z"})");
}

TEST(Evidence, Trap1_TheNewestUsableEvidenceDecides) {
  const EvidencePolicy policy{.required = true, .ttl_seconds = kTtl};
  const Evidence old = aged(seconds(3600));
  const Evidence recent = aged(seconds(10));
  const std::vector<std::vector<Evidence>> orders = {{old, recent}, {recent, old}};
  for (const auto& items : orders) {
    const EvidenceCheck check = check_evidence(policy, items, kNow);
    EXPECT_EQ(check.age_seconds, 10);
    EXPECT_EQ(refuse_evidence(policy, check), std::nullopt);
  }
}

TEST(Evidence, H23_OnlyWithdrawnEvidenceCountsAsNone) {
  const EvidencePolicy policy{.required = true, .ttl_seconds = kTtl};
  const std::vector items = {withdrawn(seconds(1)), withdrawn(seconds(2))};
  const EvidenceCheck check = check_evidence(policy, items, kNow);
  EXPECT_FALSE(check.has_evidence);
  EXPECT_EQ(refuse_evidence(policy, check), Refusal::evidence_required);
}

TEST(Evidence, H23_WithdrawingTheNewestLeavesTheOlderToDecide) {
  const EvidencePolicy policy{.required = true, .ttl_seconds = kTtl};
  const std::vector items = {aged(seconds(61)), withdrawn(seconds(1))};
  EXPECT_EQ(refuse_evidence(policy, check_evidence(policy, items, kNow)), Refusal::evidence_stale);
}

TEST(Evidence, H23_AttachingAnOldFileAgainDoesNotMakeItFresh) {
  const EvidencePolicy policy{.required = true, .ttl_seconds = kTtl};
  Evidence again = aged(seconds(3600));
  again.attached_at = kNow;  // Just now; it was captured an hour ago.
  EXPECT_EQ(refuse_evidence(policy, check_evidence(policy, std::vector{again}, kNow)),
            Refusal::evidence_stale);
}

TEST(Evidence, AnAgeIsNeverNegative) {
  const EvidencePolicy policy{.required = true, .ttl_seconds = kTtl};
  const auto check = check_evidence(policy, std::vector{aged(-seconds(5))}, kNow);
  EXPECT_EQ(check.age_seconds, 0);
  EXPECT_EQ(check.is_fresh, true);
}

TEST(EvidencePolicy, ARequestMayTightenItAndNeverWeakenIt) {
  const EvidencePolicy base{.required = true, .ttl_seconds = 60};
  EXPECT_TRUE(is_at_least_as_strict(base, base));
  EXPECT_TRUE(is_at_least_as_strict({.required = true, .ttl_seconds = 59}, base));
  EXPECT_FALSE(is_at_least_as_strict({.required = true, .ttl_seconds = 61}, base));
  EXPECT_FALSE(is_at_least_as_strict({.required = true, .ttl_seconds = kNone}, base));
  EXPECT_FALSE(is_at_least_as_strict({.required = false, .ttl_seconds = 60}, base));

  const EvidencePolicy lax{.required = false, .ttl_seconds = kNone};
  EXPECT_TRUE(is_at_least_as_strict(base, lax));
  EXPECT_TRUE(is_at_least_as_strict(lax, lax));
}

TEST(EvidencePolicy, SaysThatThereIsNoTtl) {
  EXPECT_EQ(canonical_json(to_json(EvidencePolicy{.required = true, .ttl_seconds = 60})),
            R"({"required":true,"ttlSeconds":60})");
  EXPECT_EQ(canonical_json(to_json(EvidencePolicy{})), R"({"required":false,"ttlSeconds":null})");
}

TEST(Evidence, TheStricterOfTwoPoliciesSatisfiesBoth) {
  for (const bool one_required : {false, true}) {
    for (const bool other_required : {false, true}) {
      for (const auto& one_ttl : {std::optional<std::int64_t>(), std::optional<std::int64_t>(60)}) {
        for (const auto& other_ttl :
             {std::optional<std::int64_t>(), std::optional<std::int64_t>(30)}) {
          const EvidencePolicy one{.required = one_required, .ttl_seconds = one_ttl};
          const EvidencePolicy other{.required = other_required, .ttl_seconds = other_ttl};
          const EvidencePolicy both = stricter_of(one, other);
          EXPECT_EQ(both, stricter_of(other, one));
          EXPECT_TRUE(is_at_least_as_strict(both, one) && is_at_least_as_strict(both, other));
        }
      }
    }
  }
}

}  // namespace
}  // namespace assent
