#include "domain/approval.h"

#include <gtest/gtest.h>

namespace assent {
namespace {

const Timestamp kIssued = *from_rfc3339("2026-01-19T22:00:00Z");
const Timestamp kDeadline = kIssued + std::chrono::hours(24);

Approval approved() {
  Approval approval;
  approval.status = Status::approved;
  approval.content_hash = "sha256:aa";
  approval.max_attempts = 3;
  return approval;
}

Grant fresh() {
  Grant grant;
  grant.content_hash = "sha256:aa";
  grant.issued_at = kIssued;
  grant.expires_at = kDeadline;
  return grant;
}

Grant consumed() {
  Grant grant = fresh();
  grant.consumed_at = kIssued;
  return grant;
}

Execution attempt(std::int64_t number, ExecutionState state) {
  Execution execution;
  execution.attempt = number;
  execution.state = state;
  return execution;
}

TEST(Grant, AllowsTheFirstStart) {
  EXPECT_EQ(refuse_start(approved(), fresh(), std::nullopt, kIssued), std::nullopt);
}

TEST(Grant, H35_IsGoodUpToItsDeadlineAndNotOneMicrosecondLonger) {
  EXPECT_EQ(refuse_start(approved(), fresh(), std::nullopt, kDeadline), std::nullopt);
  EXPECT_EQ(refuse_start(approved(), fresh(), std::nullopt, kDeadline + Microseconds(1)),
            GrantRefusal::expired);
  Grant swept = fresh();
  swept.expired_at = kIssued;
  EXPECT_EQ(refuse_start(approved(), swept, std::nullopt, kIssued), GrantRefusal::expired);
}

TEST(Grant, IsForOneApprovalAndItsContent) {
  Grant other = fresh();
  other.content_hash = "sha256:bb";
  EXPECT_EQ(refuse_start(approved(), other, std::nullopt, kIssued), GrantRefusal::ir_hash_mismatch);

  UuidBytes bytes = {};
  bytes[0] = 1;
  other = fresh();
  other.approval = ApprovalId(bytes);
  EXPECT_EQ(refuse_start(approved(), other, std::nullopt, kIssued), GrantRefusal::token_not_found);
}

TEST(Grant, IsUsedOnce) {
  for (const ExecutionState state : {ExecutionState::started, ExecutionState::success,
                                     ExecutionState::partial, ExecutionState::unknown}) {
    EXPECT_EQ(refuse_start(approved(), consumed(), attempt(1, state), kIssued),
              GrantRefusal::already_consumed)
        << word(state);
  }
  EXPECT_EQ(refuse_start(approved(), consumed(), std::nullopt, kIssued),
            GrantRefusal::already_consumed);
}

TEST(Grant, H41_ADefiniteFailureMayBeTriedAgainUpToTheCap) {
  for (const std::int64_t done : {1, 2}) {
    const auto latest = attempt(done, ExecutionState::failure);
    EXPECT_EQ(refuse_start(approved(), consumed(), latest, kIssued), std::nullopt);
  }
  EXPECT_EQ(refuse_start(approved(), consumed(), attempt(3, ExecutionState::failure), kIssued),
            GrantRefusal::already_consumed);
}

TEST(Grant, Trap2_AConsumedGrantIsNeverCalledExpired) {
  const auto late = kDeadline + std::chrono::hours(1);
  EXPECT_EQ(refuse_start(approved(), consumed(), attempt(1, ExecutionState::success), late),
            GrantRefusal::already_consumed);
  // No further attempt after the deadline either: nothing executes on an expired approval.
  EXPECT_EQ(refuse_start(approved(), consumed(), attempt(1, ExecutionState::failure), late),
            GrantRefusal::already_consumed);
}

TEST(Grant, ATokenIsPresentedBeforeTheStartAndOpensOne) {
  Grant grant = fresh();
  grant.form = GrantForm::token;
  EXPECT_EQ(refuse_start(approved(), grant, std::nullopt, kIssued), GrantRefusal::not_consumed);
  EXPECT_EQ(refuse_token(approved(), grant, "sha256:aa", kDeadline), std::nullopt);
  EXPECT_EQ(refuse_token(approved(), grant, "sha256:bb", kIssued), GrantRefusal::ir_hash_mismatch);
  EXPECT_EQ(refuse_token(approved(), grant, "sha256:aa", kDeadline + Microseconds(1)),
            GrantRefusal::expired);
  grant.consumed_at = kIssued;
  EXPECT_EQ(refuse_start(approved(), grant, std::nullopt, kIssued), std::nullopt);
  EXPECT_EQ(refuse_start(approved(), grant, attempt(1, ExecutionState::started), kIssued),
            GrantRefusal::already_consumed);
}

TEST(Grant, Trap2_AConsumedTokenStaysConsumedHoweverLateItComesAgain) {
  Grant grant = consumed();
  grant.form = GrantForm::token;
  EXPECT_EQ(refuse_token(approved(), grant, "sha256:aa", kDeadline + std::chrono::hours(1)),
            GrantRefusal::already_consumed);
}

TEST(Grant, EndsWithItsApproval) {
  for (const Status status : {Status::abandoned, Status::pending, Status::rejected}) {
    Approval ended = approved();
    ended.status = status;
    EXPECT_EQ(refuse_start(ended, fresh(), std::nullopt, kIssued), GrantRefusal::expired);
    EXPECT_EQ(refuse_start(ended, consumed(), attempt(1, ExecutionState::failure), kIssued),
              GrantRefusal::already_consumed);
  }
}

TEST(Execution, H41_OnlyADefiniteFailureLeavesTheApprovalApproved) {
  EXPECT_EQ(status_after(ExecutionState::started), std::nullopt);
  EXPECT_EQ(status_after(ExecutionState::failure), std::nullopt);
  EXPECT_EQ(status_after(ExecutionState::success), Status::executed);
  EXPECT_EQ(status_after(ExecutionState::partial), Status::executed);
  EXPECT_EQ(status_after(ExecutionState::unknown), Status::unknown);
}

}  // namespace
}  // namespace assent
