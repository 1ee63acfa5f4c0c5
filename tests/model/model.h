// What Assent promises, said again in a few hundred lines: the reference that the property test
// drives beside the engine. Written from DESIGN.md, EVENTS.md and the documents, and from nothing
// under src/, so that a mistake has to be made twice to stay unseen.
//
// Everything is an index into a vector and a number of microseconds; no ids, no hashes, no text.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assent::model {

using Micros = std::int64_t;
constexpr Micros kSecond = 1'000'000;

// ---- who there is ----

enum Who { robot, olga, ann, bob, pat, auditor, service, admin, kWhoCount };

// ---- what may be asked ----

// The last part of a tool's name decides what the policies below say of it.
enum Tool { low, two, free_, never, evident, other, kToolCount };
constexpr std::array<std::string_view, kToolCount> kTools = {"low",   "two",     "free",
                                                             "never", "evident", "other"};
// Values of the argument `path`.
constexpr std::array<std::string_view, 4> kPaths = {"\"/a/1\"", "\"/a/2\"", "\"*\"", "1"};

// The policies that the test puts in force, by index. kPolicies[i] is the document; what it means
// is answer() in model.cc.
extern const std::array<std::string_view, 4> kPolicies;

// ---- what is done ----

enum class Verb {
  request,
  approve,
  reject,
  cancel,
  edit,
  defer,
  abandon,
  attach,
  withdraw,
  start,
  complete,
  resolve,
  create_rule,
  revoke_rule,
  engage,  // A kill switch over one of the tools.
  release,
  put_policy,
  sweep,  // The timer's turn.
  wait,
  crash,
  kCount
};

// By how many hours a deadline is deferred, by index.
constexpr std::array<std::int64_t, 5> kHours = {1, 24, 168, 0, 169};
// What a rule says of `path`, by index: one of kPaths exactly, a pattern, anything, nothing.
enum Constraint : std::size_t {
  exactly = 0,
  like = kPaths.size(),
  anything,
  unsaid,
  kConstraintCount
};

enum class Seen { nothing, current, stale };  // The content hash that a caller names.

struct Command {
  Verb verb = Verb::wait;
  Who by = ann;
  std::size_t subject = 0;  // Of the approvals, evidence, executions, rules or switches there are.
  Tool tool = low;
  std::size_t path = 0;
  std::optional<std::size_t> key;  // A deduplication key.
  bool wants_evidence = false;
  Seen seen = Seen::nothing;
  bool has_reason = true;
  // Outcome of an execution, policy, constraint, hours, age of evidence.
  std::size_t choice = 0;
  std::size_t uses = 0;      // The most that a rule may be used; 0: not said.
  Micros time = 0;           // How long to wait, or how long until it expires; 0: not said.
  bool is_verified = false;  // A resolution that says what was looked at.
  bool is_repeated = false;  // Sent twice under one idempotency key, perhaps across a crash.
};
std::string to_text(const Command& command);

// ---- what must come of it ----

struct Answer {
  std::string outcome = "ok";         // `ok`, or the code.
  std::optional<std::size_t> made;    // The index of what was created or found.
  std::optional<std::string> status;  // The approval's, where the answer says one.
  std::optional<std::size_t> rule;    // The one that approved it.

  friend bool operator==(const Answer&, const Answer&) = default;
};

// `approval.succeeded 3`: a type, and the index of what it is about.
struct Fact {
  std::string type;
  std::optional<std::size_t> subject;  // An approval; or the rule or switch that the type names.

  friend bool operator==(const Fact&, const Fact&) = default;
};

class Model {
 public:
  // Forgets what was asked; the time and the policy stay.
  void begin();
  Answer apply(const Command& command);

  // Everything since begin().
  const std::vector<Fact>& facts() const { return facts_; }
  std::size_t approvals() const { return approvals_.size(); }
  std::size_t items() const { return items_.size(); }
  std::size_t executions() const { return executions_.size(); }
  std::size_t rules() const { return rules_.size(); }
  std::size_t switches() const { return switches_.size(); }
  std::size_t policy() const { return policy_; }
  Who asker_of(std::size_t approval) const { return approvals_[approval].by; }
  std::size_t approval_of(std::size_t execution) const { return executions_[execution].approval; }
  Who starter_of(std::size_t execution) const { return executions_[execution].by; }

  // What anyone who looks must be told.
  std::string status_of(std::size_t approval) const;
  std::size_t votes_of(std::size_t approval) const;
  std::string rule_status_of(std::size_t rule) const;
  std::size_t uses_of(std::size_t rule) const { return rules_[rule].uses; }

 private:
  struct Requirement {
    std::string decision;
    std::size_t seats = 1;
    bool needs_evidence = false;
    std::optional<Micros> ttl = {};
  };
  struct Approval {
    Tool tool;
    std::size_t path;
    Who by;
    std::string status;
    Micros expires_at;
    Requirement bound;  // What it was evaluated under, and edited under since.
    std::size_t seats_at_first;
    std::vector<Who> votes = {};
    std::size_t defers = 0;
    // The grant, where there is one.
    bool has_grant = false;
    Micros grant_expires_at = 0;
    bool is_consumed = false;
    bool is_grant_expired = false;
  };
  struct Item {
    std::size_t approval;
    Who by;
    Micros captured_at;
    bool is_withdrawn = false;
  };
  struct Execution {
    std::size_t approval;
    Who by;
    std::size_t attempt;
    Micros lease_expires_at;
    std::string state = "started";
  };
  struct Rule {
    Tool tool;
    std::size_t constraint;
    std::size_t uses_max;  // 0: not said.
    std::optional<Micros> expires_at;
    Who by;
    Micros made_at;
    std::size_t uses = 0;
    bool is_revoked = false;

    bool is_bounded() const { return uses_max > 0 || expires_at.has_value(); }
    bool is_narrow() const { return constraint <= like; }
    int specificity() const { return constraint < like ? 2 : constraint == like ? 1 : 0; }
  };
  struct Switch {
    Tool tool;
    bool is_released = false;
  };
  enum class Evidence { fine, missing, stale };

  Answer request(const Command& command);
  Answer decide(const Command& command);
  Answer effect(const Command& command);
  Answer edit(const Command& command);
  Answer vote(const Command& command);
  Answer attach(const Command& command);
  Answer withdraw(const Command& command);
  Answer start(const Command& command);
  Answer complete(const Command& command);
  Answer resolve(const Command& command);
  Answer create_rule(const Command& command);
  Answer revoke_rule(const Command& command);
  Answer turn_switch(const Command& command);
  Answer sweep();

  Requirement answer(Tool tool) const;
  bool is_high(Tool tool) const;
  Requirement in_force(const Approval& approval) const;
  bool is_stopped(Tool tool) const;
  std::optional<std::size_t> rule_for(const Approval& approval, std::size_t seats) const;
  bool may_answer(const Rule& rule, const Approval& approval, std::size_t seats) const;
  std::string state_refusal(const Command& command, const Approval& approval) const;
  void end_if_denied(std::size_t approval);
  void lapse(std::size_t execution);
  void end_execution(std::size_t execution, std::size_t outcome);
  bool is_reasoned(const Command& command) const;
  std::string refusal(const Command& command, const Approval& approval) const;
  bool may_at_all(const Command& command, const Approval& approval, std::string& why) const;
  Evidence evidence(std::size_t approval) const;  // Under what is in force.
  void grant(Approval& approval);
  void expire(std::size_t approval);
  void expire_grant(std::size_t approval);
  std::optional<std::size_t> latest(std::size_t approval) const;
  void record(std::string type, std::optional<std::size_t> subject) {
    facts_.push_back({std::move(type), subject});
  }

  Micros now_ = 0;
  std::size_t policy_ = kPolicies.size();  // None of them yet.
  std::vector<Approval> approvals_;
  std::vector<Item> items_;
  std::vector<Execution> executions_;
  std::vector<Rule> rules_;
  std::vector<Switch> switches_;
  std::array<std::optional<std::size_t>, 2> keys_;
  std::vector<Fact> facts_;
};

}  // namespace assent::model
