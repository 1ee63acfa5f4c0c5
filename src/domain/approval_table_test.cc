// The life of approvals as stories in a small language: what each line says must happen is what
// happens. A story is replayed with the outcomes the rules give, and compared with itself.
#include "domain/approval.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <sstream>

namespace assent {
namespace {

using Words = std::vector<std::string>;

Words words_of(const std::string& line) {
  std::istringstream stream(line);
  Words words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

// An approval with all that belongs to it, which the store keeps elsewhere.
struct Case {
  Approval approval;
  std::vector<Vote> votes;
  std::vector<Evidence> evidence;
  std::optional<Grant> grant;
  std::optional<Execution> latest;
};

// The language:
//   human|agent|service NAME [role…] [of OWNER]      somebody
//   request A by NAME [option…]                      needs one approver, within 1h; options:
//       evidence [TTL] | fresh TTL | quorum N | self-approval | attempts N | defers N
//   attach A [old AGE] | withdraw A | tick TIME      withdraw takes the newest back
//   VERDICT A by NAME [seeing HASH] -> the refusal, or the status after it; of the verdicts, defer
//       moves the deadline by an hour, and edit makes the content's hash that of `A+`
//   start A -> ok or the refusal      |      finish A OUTCOME -> the status after it
class Story {
 public:
  // The outcome of one line; empty for lines that have none.
  std::string play(const Words& line) {
    const std::string& verb = line[0];
    if (const auto type = from_word<PrincipalType>(verb)) return introduce(*type, line);
    if (verb == "tick") return tick(line[1]);
    if (verb == "request") return request(line);
    Case& subject = cases_.at(line[1]);
    if (verb == "attach") return attach(subject, line);
    if (verb == "withdraw") return withdraw(subject);
    if (verb == "start") return start(subject);
    if (verb == "finish") return finish(subject, *from_word<ExecutionState>(line[2]));
    return decide(subject, *from_word<Verdict>(verb), line);
  }

 private:
  static std::int64_t seconds_of(const std::string& text) {
    return duration_from_text(text).value().count();
  }

  std::string introduce(PrincipalType type, const Words& line) {
    UuidBytes bytes = {};
    bytes[15] = static_cast<std::uint8_t>(people_.size() + 1);
    Principal somebody;
    somebody.id = PrincipalId(bytes);
    somebody.type = type;
    for (std::size_t i = 2; i < line.size(); ++i) {
      if (line[i] == "of") {
        somebody.owner = people_.at(line[++i]).id;
      } else {
        somebody.roles.push_back(*from_word<Role>(line[i]));
      }
    }
    people_[line[1]] = somebody;
    return {};
  }

  std::string tick(const std::string& time) {
    now_ += time == "1us" ? Microseconds(1) : std::chrono::seconds(seconds_of(time));
    return {};
  }

  std::string request(const Words& line) {
    Case& made = cases_[line[1]];
    Approval& approval = made.approval;
    const Principal& by = people_.at(line[3]);
    approval.requested_by = by.id;
    approval.requester_owner = by.owner;
    approval.content_hash = "sha256:" + line[1];
    approval.expires_at = now_ + std::chrono::hours(1);
    approval.quorum = {{{{.role = Role::approver, .count = 1}}}};
    for (std::size_t i = 4; i < line.size(); ++i) {
      const bool has_ttl = i + 1 < line.size() && duration_from_text(line[i + 1]);
      if (line[i] == "evidence") approval.evidence_policy.required = true;
      if ((line[i] == "evidence" && has_ttl) || line[i] == "fresh") {
        approval.evidence_policy.ttl_seconds = seconds_of(line[++i]);
      } else if (line[i] == "quorum") {
        approval.quorum.alternatives[0][0].count = std::stoi(line[++i]);
      } else if (line[i] == "self-approval") {
        approval.allows_self_approval = true;
      } else if (line[i] == "defers") {
        approval.max_defers = std::stoi(line[++i]);
      } else if (line[i] == "attempts") {
        approval.max_attempts = std::stoi(line[++i]);
      }
    }
    return {};
  }

  std::string attach(Case& subject, const Words& line) {
    Evidence item;
    item.attached_at = now_;
    item.captured_at = now_;
    if (line.size() > 2) item.captured_at -= std::chrono::seconds(seconds_of(line[3]));
    subject.evidence.push_back(item);
    return {};
  }

  std::string withdraw(Case& subject) {
    for (auto item = subject.evidence.rbegin(); item != subject.evidence.rend(); ++item) {
      if (!item->is_usable()) continue;
      item->withdrawn_at = now_;
      return {};
    }
    return {};
  }

  std::string decide(Case& subject, Verdict verdict, const Words& line) {
    Approval& approval = subject.approval;
    const Principal& by = people_.at(line[3]);
    static constexpr std::array kBreakers = {Role::admin};
    Decision decision{.verdict = verdict,
                      .by = &by,
                      .at = now_,
                      .content_hash = std::nullopt,
                      .has_started = subject.latest.has_value(),
                      .break_glass_roles = kBreakers};
    if (line.size() > 5 && line[4] == "seeing") decision.content_hash = line[5];
    const auto check = check_evidence(approval.evidence_policy, subject.evidence, now_);
    const auto refusal = refuse(approval, decision, subject.votes, check);
    if (refusal == Refusal::expired) approval.status = Status::expired;
    if (refusal) return std::string(word(*refusal));

    apply(subject, verdict, by);
    return std::string(word(approval.status));
  }

  void apply(Case& subject, Verdict verdict, const Principal& by) {
    Approval& approval = subject.approval;
    switch (verdict) {
      case Verdict::cancel:
        approval.status = Status::cancelled;
        return;
      case Verdict::reject:
        approval.status = Status::rejected;
        return;
      case Verdict::abandon:
        approval.status = Status::abandoned;
        return;
      case Verdict::defer:
        approval.expires_at += std::chrono::hours(1);
        ++approval.defers;
        return;
      case Verdict::edit:
        approval.content_hash += "+";
        subject.votes.clear();
        return vote(subject, by);
      case Verdict::approve:
        return vote(subject, by);
      case Verdict::break_glass:
        return let_run(subject);
    }
  }

  void vote(Case& subject, const Principal& by) {
    subject.votes.push_back({by.id, by.roles});
    if (evaluate(subject.approval, subject.votes).is_met()) let_run(subject);
  }

  void let_run(Case& subject) {
    subject.approval.status = Status::approved;
    subject.grant.emplace();
    subject.grant->content_hash = subject.approval.content_hash;
    subject.grant->expires_at = now_ + std::chrono::seconds(subject.approval.grant_ttl_seconds);
  }

  std::string start(Case& subject) {
    if (!subject.grant) return "no grant";
    const auto refusal = refuse_start(subject.approval, *subject.grant, subject.latest, now_);
    if (refusal) return std::string(word(*refusal));
    Execution next;
    next.attempt = subject.latest ? subject.latest->attempt + 1 : 1;
    subject.latest = next;
    subject.grant->consumed_at = now_;
    return "ok";
  }

  std::string finish(Case& subject, ExecutionState outcome) {
    subject.latest->state = outcome;
    subject.approval.status = status_after(outcome).value_or(subject.approval.status);
    return std::string(word(subject.approval.status));
  }

  std::map<std::string, Principal> people_;
  std::map<std::string, Case> cases_;
  Timestamp now_ = *from_rfc3339("2026-01-19T22:00:00Z");
};

// The story with the outcomes that the rules give in place of those it says.
std::string told(const std::string& text) {
  Story story;
  std::istringstream lines(text);
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    const std::string said = line.substr(0, line.find(" -> "));
    const Words words = words_of(said);
    const std::string outcome = words.empty() ? std::string() : story.play(words);
    out += said + (outcome.empty() ? "" : " -> " + outcome) + "\n";
  }
  return out;
}

void expect_true(const std::string& people, const std::string& story) {
  EXPECT_EQ(told(people + story), people + story);
}

const std::string kPeople = R"(
human ann requester approver
human bob approver
human cyd approver
human dee auditor
agent bot agent approver of ann
service job approver
)";

TEST(ApprovalTable, H18_H20_WhoMayDecide) {
  expect_true(kPeople, R"(
request A by ann
approve A by dee -> forbidden
approve A by job -> human_actor_required
approve A by bot -> human_actor_required
approve A by ann -> self_approval
reject A by ann -> self_approval
cancel A by bob -> forbidden
approve A by bob -> approved

request B by bot
approve B by ann -> self_approval
approve B by bob -> approved

request C by ann self-approval
approve C by bot -> human_actor_required
approve C by ann -> approved

request D by bot
cancel D by ann -> cancelled
request E by bot
cancel E by bot -> cancelled
)");
}

TEST(ApprovalTable, H22_H23_EvidenceGatesAndAges) {
  expect_true(kPeople, R"(
request A by ann evidence 60s
approve A by bob -> evidence_required
attach A
tick 61s
approve A by bob -> evidence_stale
attach A
approve A by bob -> approved

request B by ann evidence 60s
attach B
tick 60s
tick 1us
approve B by bob -> evidence_stale
attach B old 60s
approve B by bob -> approved

request C by ann evidence 60s
attach C old 2h
attach C
withdraw C
approve C by bob -> evidence_stale
withdraw C
approve C by bob -> evidence_required
reject C by bob -> rejected

request D by ann fresh 60s
attach D old 61s
approve D by bob -> evidence_stale
withdraw D
approve D by bob -> approved
)");
}

TEST(ApprovalTable, H21_AQuorumNeedsDistinctHumansAndOneNoEndsIt) {
  expect_true(kPeople, R"(
request A by ann quorum 2
approve A by bob -> pending
approve A by bob -> already_voted
reject A by bob -> already_voted
approve A by cyd -> approved

request B by ann quorum 2
approve B by bob -> pending
reject B by cyd -> rejected
approve B by cyd -> invalid_state

request C by ann quorum 2
approve C by bob -> pending
tick 1h
tick 1us
approve C by cyd -> expired
)");
}

TEST(ApprovalTable, Trap19_Trap20_WhatIsOverStaysOver) {
  expect_true(kPeople, R"(
request A by ann
tick 1h
approve A by bob -> approved
approve A by cyd -> invalid_state
reject A by cyd -> invalid_state
cancel A by ann -> invalid_state

request B by ann
tick 1h
tick 1us
approve B by bob -> expired
reject B by bob -> expired
cancel B by ann -> expired

request C by ann
cancel C by ann -> cancelled
approve C by bob -> invalid_state
tick 2h
approve C by bob -> invalid_state

request D by ann
approve D by bob seeing sha256:X -> content_changed
approve D by bob seeing sha256:D -> approved
)");
}

TEST(ApprovalTable, H32_AnEditIsAVoteForOtherContent) {
  expect_true(kPeople, R"(
request A by ann quorum 2
approve A by bob -> pending
edit A by dee -> forbidden
edit A by bot -> human_actor_required
edit A by ann -> self_approval
edit A by cyd seeing sha256:X -> content_changed
edit A by cyd seeing sha256:A -> pending
approve A by cyd -> already_voted
approve A by bob seeing sha256:A -> content_changed
edit A by cyd seeing sha256:A+ -> pending
approve A by bob seeing sha256:A++ -> approved
edit A by cyd -> invalid_state
start A -> ok

request B by ann evidence 60s
edit B by bob -> evidence_required
attach B
edit B by bob -> approved

request C by ann
tick 1h
tick 1us
edit C by bob -> expired
)");
}

TEST(ApprovalTable, H33_ADeferralMovesTheDeadlineAFewTimes) {
  expect_true(kPeople, R"(
request A by ann defers 2 evidence 60s
defer A by dee -> forbidden
defer A by bot -> human_actor_required
defer A by ann -> self_approval
tick 1h
defer A by bob -> pending
tick 1h
defer A by bob -> pending
defer A by cyd -> invalid_state
defer A by cyd seeing sha256:X -> invalid_state
reject A by bob -> rejected
defer A by bob -> invalid_state

request B by ann defers 0
defer B by bob -> invalid_state
tick 1h
tick 1us
defer B by bob -> expired
)");
}

TEST(ApprovalTable, H42_WhatWasNeverStartedCanBeAbandoned) {
  expect_true(kPeople, R"(
request A by bot
abandon A by bot -> invalid_state
approve A by bob -> approved
abandon A by dee -> forbidden
abandon A by job -> human_actor_required
abandon A by cyd seeing sha256:X -> content_changed
abandon A by ann -> abandoned
abandon A by bot -> invalid_state
approve A by bob -> invalid_state
start A -> expired

request B by bot
approve B by bob -> approved
start B -> ok
abandon B by bot -> invalid_state
finish B failure -> approved
abandon B by bob -> invalid_state

request C by ann
tick 2h
abandon C by ann -> invalid_state
)");
}

TEST(ApprovalTable, H42_TheGlassIsBrokenByWhomThePolicyTrustsAndOnlyWhilePending) {
  expect_true(kPeople + R"(
human root admin
human ops admin operator
agent ai admin
)",
              R"(
request A by ann quorum 2 evidence 60s
break_glass A by bob -> forbidden
break_glass A by ops -> forbidden
break_glass A by ai -> human_actor_required
break_glass A by root seeing sha256:X -> content_changed
break_glass A by root -> approved
start A -> ok
break_glass A by root -> invalid_state

request B by root
break_glass B by root -> self_approval

request C by ann
reject C by bob -> rejected
break_glass C by root -> invalid_state

request D by ann
tick 1h
tick 1us
break_glass D by root -> expired
)");
}

TEST(ApprovalTable, AnApprovalRunsOnceUnlessItDefinitelyFailed) {
  expect_true(kPeople, R"(
request A by bot attempts 2
start A -> no grant
approve A by bob -> approved
start A -> ok
start A -> already_consumed
finish A failure -> approved
start A -> ok
finish A failure -> approved
start A -> already_consumed

request B by bot
approve B by bob -> approved
start B -> ok
finish B success -> executed
start B -> already_consumed

request C by bot
approve C by bob -> approved
start C -> ok
finish C unknown -> unknown
start C -> already_consumed
finish C failure -> unknown

request D by bot
approve D by bob -> approved
tick 24h
tick 1us
start D -> expired
)");
}

}  // namespace
}  // namespace assent
