#include "domain/words.h"

#include <gtest/gtest.h>

namespace assent {
namespace {

template <class E>
void expect_words_read_back(std::size_t count) {
  ASSERT_EQ(words<E>().size(), count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto value = static_cast<E>(i);
    EXPECT_FALSE(word(value).empty());
    EXPECT_EQ(from_word<E>(word(value)), value) << word(value);
  }
}

// The last enumerator of each says how many there are: a new one without its word fails here.
TEST(Words, EveryEnumeratorHasAWordThatReadsBack) {
  expect_words_read_back<PrincipalType>(static_cast<std::size_t>(PrincipalType::service) + 1);
  expect_words_read_back<ActorType>(static_cast<std::size_t>(ActorType::webhook) + 1);
  expect_words_read_back<Role>(static_cast<std::size_t>(Role::operator_) + 1);
  expect_words_read_back<Kind>(static_cast<std::size_t>(Kind::plan) + 1);
  expect_words_read_back<Status>(static_cast<std::size_t>(Status::unknown) + 1);
  expect_words_read_back<RiskTier>(static_cast<std::size_t>(RiskTier::critical) + 1);
  expect_words_read_back<PolicyDecision>(static_cast<std::size_t>(PolicyDecision::reject) + 1);
  expect_words_read_back<Verdict>(static_cast<std::size_t>(Verdict::break_glass) + 1);
  expect_words_read_back<EvidenceType>(static_cast<std::size_t>(EvidenceType::entity) + 1);
  expect_words_read_back<GrantForm>(static_cast<std::size_t>(GrantForm::token) + 1);
  expect_words_read_back<ExecutionState>(static_cast<std::size_t>(ExecutionState::unknown) + 1);
  expect_words_read_back<EmitOutcome>(static_cast<std::size_t>(EmitOutcome::pending) + 1);
  expect_words_read_back<RotationReason>(static_cast<std::size_t>(RotationReason::compromised) + 1);
  expect_words_read_back<ProofDemand>(static_cast<std::size_t>(ProofDemand::verified) + 1);
  expect_words_read_back<ProofType>(static_cast<std::size_t>(ProofType::none) + 1);
  expect_words_read_back<Priority>(static_cast<std::size_t>(Priority::critical) + 1);
  expect_words_read_back<Refusal>(static_cast<std::size_t>(Refusal::evidence_stale) + 1);
  expect_words_read_back<GrantRefusal>(static_cast<std::size_t>(GrantRefusal::diff_failed) + 1);
}

// One from the middle and one from the end of each: a swapped pair would still read back.
TEST(Words, TheWordIsTheEnumeratorsName) {
  EXPECT_EQ(word(PrincipalType::agent), "agent");
  EXPECT_EQ(word(ActorType::system), "system");
  EXPECT_EQ(word(ActorType::webhook), "webhook");
  EXPECT_EQ(word(Role::approver), "approver");
  EXPECT_EQ(word(Role::policy_admin), "policy_admin");
  EXPECT_EQ(word(Kind::content), "content");
  EXPECT_EQ(word(Status::expired), "expired");
  EXPECT_EQ(word(Status::cancelled), "cancelled");
  EXPECT_EQ(word(Status::abandoned), "abandoned");
  EXPECT_EQ(word(RiskTier::medium), "medium");
  EXPECT_EQ(word(PolicyDecision::human), "human");
  EXPECT_EQ(word(Verdict::reject), "reject");
  EXPECT_EQ(word(EvidenceType::hash), "hash");
  EXPECT_EQ(word(GrantForm::token), "token");
  EXPECT_EQ(word(ExecutionState::failure), "failure");
  EXPECT_EQ(word(EmitOutcome::partial), "partial");
  EXPECT_EQ(word(ProofDemand::verified), "verified");
  EXPECT_EQ(word(ProofType::api_response), "api_response");
  EXPECT_EQ(word(ProofType::url), "url");
  EXPECT_EQ(word(Priority::high), "high");
  EXPECT_EQ(word(Refusal::content_changed), "content_changed");
  EXPECT_EQ(word(Refusal::kill_switch), "kill_switch");
  EXPECT_EQ(word(Refusal::evidence_required), "evidence_required");
  EXPECT_EQ(word(GrantRefusal::ir_hash_mismatch), "ir_hash_mismatch");
}

TEST(Words, TheOperatorIsSpeltWithoutItsUnderscore) {
  EXPECT_EQ(word(Role::operator_), "operator");
  EXPECT_EQ(from_word<Role>("operator"), Role::operator_);
  EXPECT_EQ(from_word<Role>("operator_"), std::nullopt);
}

TEST(Words, AnotherSpellingIsNoWord) {
  EXPECT_EQ(from_word<RiskTier>("High"), std::nullopt);
  EXPECT_EQ(from_word<RiskTier>(""), std::nullopt);
  EXPECT_EQ(from_word<RiskTier>("high "), std::nullopt);
  EXPECT_EQ(from_word<RiskTier>("severe"), std::nullopt);
}

}  // namespace
}  // namespace assent
