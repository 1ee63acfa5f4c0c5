// What the state tables answer: approvals, evidence, grants, principals, policies, deadlines.
#include "store/state/approvals.h"
#include "store/state/deadlines.h"
#include "store/state/evidence.h"
#include "store/state/grants.h"
#include "store/state/policies.h"
#include "store/state/principals.h"
#include "store/state/testing_story.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

namespace assent::store {
namespace {

using namespace std::chrono_literals;

constexpr TenantNumber kAcme{1};
constexpr TenantNumber kOther{2};

class RepositoriesTest : public testing::Test {
 protected:
  RepositoriesTest() {
    for (const TenantNumber tenant : {kAcme, kOther}) {
      tell(story.founded(tenant, tenant == kAcme ? "acme" : "other"), tenant);
      tell(story.principal(ann, PrincipalType::human, {Role::approver}), tenant);
      tell(story.principal(bot, PrincipalType::agent, {Role::agent}), tenant);
    }
  }

  void tell(const Step& step, TenantNumber tenant = kAcme) {
    const auto result = state.tell(step, story.now, tenant);
    ASSERT_TRUE(result) << step.event.type << ": " << result.error().detail;
  }
  Ask pending(TenantNumber tenant = kAcme, const std::string& tool = "fs.delete") {
    story.now += 1ms;
    Ask ask = story.ask(bot, tool);
    tell(story.requested(ask), tenant);
    return ask;
  }
  Read& read(TenantNumber tenant = kAcme) { return state.read(story.now, tenant); }
  std::vector<ApprovalId> list(const ApprovalFilter& filter, TenantNumber tenant = kAcme) {
    std::vector<ApprovalId> ids;
    const auto found = list_approvals(read(tenant), filter);
    EXPECT_TRUE(found);
    for (const Approval& approval : *found) ids.push_back(approval.id);
    return ids;
  }

  SeededRandom random{11};
  Story story{random};
  TestState state;
  const PrincipalId ann = story.make<PrincipalId>();
  const PrincipalId bot = story.make<PrincipalId>();
};

TEST_F(RepositoriesTest, WhatIsAnothersIsAsAbsentAsWhatNeverWas) {
  const Ask ask = pending(kOther);
  const auto evidence_id = story.make<EvidenceId>();
  const auto key_id = story.make<KeyId>();
  tell(story.attached(ask, evidence_id), kOther);
  tell(story.key(key_id, ann), kOther);
  ASSERT_TRUE(approval(read(kOther), ask.id));
  ASSERT_TRUE(evidence(read(kOther), evidence_id));
  ASSERT_TRUE(key(read(kOther), key_id));

  const auto same = [](const auto& foreign, const auto& absent) {
    ASSERT_FALSE(foreign);
    ASSERT_FALSE(absent);
    EXPECT_EQ(foreign.error().code, Code::not_found);
    EXPECT_EQ(absent.error().code, Code::not_found);
    EXPECT_EQ(foreign.error().detail, absent.error().detail);
  };
  same(approval(read(), ask.id), approval(read(), story.make<ApprovalId>()));
  same(evidence(read(), evidence_id), evidence(read(), story.make<EvidenceId>()));
  same(key(read(), key_id), key(read(), story.make<KeyId>()));
  same(execution(read(), story.make<ExecutionId>()), execution(read(), story.make<ExecutionId>()));
  EXPECT_TRUE(evidence_of(read(), ask.id)->empty());
  EXPECT_TRUE(votes(read(), ask.id)->empty());
  EXPECT_FALSE(*grant_of(read(), ask.id));
  EXPECT_FALSE(*latest_execution(read(), ask.id));
  EXPECT_TRUE(keys_of(read(), ann)->empty());
  EXPECT_TRUE(list({}).empty());
}

TEST_F(RepositoriesTest, PagesAreNewestFirstAndStableUnderInserts) {
  std::vector<ApprovalId> made;
  for (int i = 0; i < 7; ++i) made.push_back(pending().id);
  pending(kOther);
  std::ranges::reverse(made);

  std::vector<ApprovalId> paged = list({.limit = 3});
  ASSERT_EQ(paged.size(), 3U);
  pending();
  while (true) {
    const auto page = list({.before_id = paged.back(), .limit = 3});
    if (page.empty()) break;
    paged.insert(paged.end(), page.begin(), page.end());
    pending();
  }
  EXPECT_EQ(paged, made);
}

TEST_F(RepositoriesTest, EveryGivenConditionMustHold) {
  const Ask deletion = pending();
  const Ask reading = pending(kAcme, "fs.read");
  const Ask rejected = pending(kAcme, "fs.read");
  tell(story.rejected(rejected, ann));

  EXPECT_EQ(list({.status = Status::pending}), (std::vector{reading.id, deletion.id}));
  EXPECT_EQ(list({.status = Status::rejected}), std::vector{rejected.id});
  EXPECT_EQ(list({.tool = "fs.read"}), (std::vector{rejected.id, reading.id}));
  EXPECT_EQ(list({.status = Status::pending, .tool = "fs.read"}), std::vector{reading.id});
  EXPECT_EQ(list({.correlation_id = deletion.correlation_id}), std::vector{deletion.id});
  EXPECT_EQ(list({.requester = bot}).size(), 3U);
  EXPECT_TRUE(list({.requester = ann}).empty());
  EXPECT_EQ(list({.risk_tier = RiskTier::high}).size(), 3U);
  EXPECT_TRUE(list({.status = Status::pending, .risk_tier = RiskTier::low}).empty());
  EXPECT_EQ(list({.status = Status::pending, .before_id = reading.id}), std::vector{deletion.id});
}

TEST_F(RepositoriesTest, DeadlinesAreThoseOfWhatStillWaits) {
  EXPECT_FALSE(*next_deadline(state.connection()));
  const Ask first = pending();
  const Ask second = pending();
  const Ask granted = pending(kOther);
  EXPECT_EQ(*next_deadline(state.connection()), first.expires_at);
  tell(story.auto_approved(granted), kOther);
  tell(story.rejected(first, ann));
  EXPECT_EQ(*next_deadline(state.connection()), second.expires_at);

  const auto overdue = [&](TenantNumber tenant, Timestamp now) {
    return overdue_approvals(state.connection(), static_cast<std::int64_t>(tenant), now, 10)
        .value();
  };
  const auto grants = [&](TenantNumber tenant, Timestamp now) {
    return overdue_grants(state.connection(), static_cast<std::int64_t>(tenant), now, 10).value();
  };
  EXPECT_TRUE(overdue(kAcme, second.expires_at).empty()) << "equality is in time";
  EXPECT_EQ(overdue(kAcme, second.expires_at + 1us), std::vector{second.id});
  EXPECT_TRUE(overdue(kOther, second.expires_at + 1h).empty());
  EXPECT_TRUE(grants(kOther, story.now + 1h).empty());
  EXPECT_EQ(grants(kOther, story.now + 1h + 1us), std::vector{granted.id});

  EXPECT_TRUE(tenants_with_overdue(state.connection(), second.expires_at)->empty());
  EXPECT_EQ(*tenants_with_overdue(state.connection(), second.expires_at + 1h),
            (std::vector<std::int64_t>{1, 2}));
  tell(story.consumed(granted), kOther);
  EXPECT_TRUE(grants(kOther, story.now + 2h).empty());
}

TEST_F(RepositoriesTest, PrincipalsArePagedOldestFirst) {
  std::vector<PrincipalId> ids = {ann, bot};
  for (int i = 0; i < 4; ++i) {
    story.now += 1ms;
    ids.push_back(story.make<PrincipalId>());
    tell(story.principal(ids.back(), PrincipalType::service, {Role::requester}));
  }
  std::ranges::sort(ids);
  std::vector<PrincipalId> paged;
  std::optional<PrincipalId> after;
  while (true) {
    const auto page = list_principals(read(), after, 2);
    ASSERT_TRUE(page);
    if (page->empty()) break;
    for (const Principal& principal : *page) paged.push_back(principal.id);
    after = paged.back();
  }
  EXPECT_EQ(paged, ids);
}

TEST_F(RepositoriesTest, ThePolicyInForceIsTheLatestAndBuiltInBeforeAny) {
  const auto built_in = current_policy(read());
  ASSERT_TRUE(built_in);
  EXPECT_EQ(built_in->version, 0);
  ASSERT_TRUE(built_in->policy);
  EXPECT_EQ(policy_text(read(), 0).error().code, Code::not_found);

  const std::string one = "version: 1\nselfApproval: allowed\n";
  const std::string two = "version: 1\nselfApproval: forbidden\n";
  const auto hash = [&](const std::string& text) {
    return content_hash_text(*state.blobs().put(kAcme, text));
  };
  tell(story.policy(1, hash(one), std::nullopt));
  EXPECT_TRUE(current_policy(read())->policy->allows_self_approval);
  tell(story.policy(2, hash(two), hash(one)));
  const auto current = current_policy(read());
  ASSERT_TRUE(current);
  EXPECT_EQ(current->version, 2);
  EXPECT_EQ(current->sha256, hash(two));
  EXPECT_FALSE(current->policy->allows_self_approval);
  EXPECT_EQ(current->policy, current_policy(read())->policy) << "parsed once";
  EXPECT_EQ(current->policy, *parsed_policy(two));
  EXPECT_EQ(*policy_text(read(), 1), one);
  EXPECT_EQ(current_policy(read(kOther))->version, 0);
}

TEST_F(RepositoriesTest, ALostDocumentIsCorruptionNotTheBuiltInPolicy) {
  tell(story.policy(1, content_hash_text(sha256("never put")), std::nullopt));
  const auto current = current_policy(read());
  ASSERT_FALSE(current);
  EXPECT_EQ(current.error().code, Code::corrupt);
}

TEST_F(RepositoriesTest, ARowThatWasNeverWrittenSoIsCorrupt) {
  const Ask ask = pending();
  ASSERT_TRUE(state.connection().run("UPDATE approvals SET status = 'blessed'"));
  const auto found = approval(read(), ask.id);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Code::corrupt);
}

}  // namespace
}  // namespace assent::store
