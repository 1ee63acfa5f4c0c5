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
  attach,
  withdraw,
  start,
  complete,
  put_policy,
  sweep,  // The timer's turn.
  wait,
  crash,
  kCount
};

enum class Seen { nothing, current, stale };  // The content hash that a caller names.

struct Command {
  Verb verb = Verb::wait;
  Who by = ann;
  std::size_t subject = 0;  // Of the approvals, evidence or executions there are.
  Tool tool = low;
  std::size_t path = 0;
  std::optional<std::size_t> key;  // A deduplication key.
  bool wants_evidence = false;
  Seen seen = Seen::nothing;
  bool has_reason = true;
  std::size_t choice = 0;    // Outcome of an execution, or policy.
  Micros time = 0;           // How long to wait, or how long until it expires; 0: not said.
  bool is_repeated = false;  // Sent twice under one idempotency key, perhaps across a crash.
};
std::string to_text(const Command& command);

// ---- what must come of it ----

struct Answer {
  std::string outcome = "ok";         // `ok`, or the code.
  std::optional<std::size_t> made;    // The index of what was created or found.
  std::optional<std::string> status;  // The approval's, where the answer says one.

  friend bool operator==(const Answer&, const Answer&) = default;
};

// `approval.succeeded 3`: a type, and the index of what it is about.
struct Fact {
  std::string type;
  std::optional<std::size_t> approval;

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
  std::size_t policy() const { return policy_; }
  Who asker_of(std::size_t approval) const { return approvals_[approval].by; }
  Who starter_of(std::size_t execution) const { return executions_[execution].by; }

  // What anyone who looks must be told.
  std::string status_of(std::size_t approval) const;
  std::size_t votes_of(std::size_t approval) const { return approvals_[approval].votes.size(); }

 private:
  struct Approval {
    Tool tool;
    std::size_t path;
    Who by;
    std::string status;
    Micros expires_at;
    bool needs_evidence;
    std::optional<Micros> ttl;
    std::size_t seats;
    std::size_t policy;  // The number of puts when it was evaluated.
    std::vector<Who> votes;
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
    std::string state = "started";
  };
  struct Requirement {
    std::string decision;
    std::size_t seats;
    bool needs_evidence;
    std::optional<Micros> ttl;
  };
  enum class Evidence { fine, missing, stale };

  Answer request(const Command& command);
  Answer decide(const Command& command);
  Answer attach(const Command& command);
  Answer withdraw(const Command& command);
  Answer start(const Command& command);
  Answer complete(const Command& command);
  Answer sweep();

  Requirement answer(Tool tool) const;
  bool is_reasoned(const Command& command) const;
  std::string refusal(const Command& command, const Approval& approval) const;
  bool may_at_all(const Command& command, const Approval& approval, std::string& why) const;
  Evidence evidence(std::size_t approval) const;
  void grant(Approval& approval);
  void expire(std::size_t approval);
  void expire_grant(std::size_t approval);
  std::optional<std::size_t> latest(std::size_t approval) const;
  void record(std::string type, std::optional<std::size_t> approval) {
    facts_.push_back({std::move(type), approval});
  }

  Micros now_ = 0;
  std::size_t policy_ = kPolicies.size();  // None of them yet.
  std::size_t puts_ = 0;
  std::vector<Approval> approvals_;
  std::vector<Item> items_;
  std::vector<Execution> executions_;
  std::array<std::optional<std::size_t>, 2> keys_;
  std::vector<Fact> facts_;
};

}  // namespace assent::model
