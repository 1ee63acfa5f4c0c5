// Random command sequences against the engine and against the model, side by side: answers, events
// and what anyone is shown afterwards must agree each time.
//
// The seed is printed when something differs, and the same seed gives the same commands; set
// ASSENT_SEED to run one again. A sequence is small, so that what failed can be read.
#include "engine.h"
#include "sequences.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <memory>

namespace assent {
namespace {

using app::Reply;
using model::Answer;
using model::Command;
using model::Dice;
using model::Fact;
using model::Verb;

// A world of so many has some 35 MB; a container gives /dev/shm no more than 64.
constexpr std::size_t kSequencesPerWorld = 100;
constexpr std::size_t kCommandsMax = 26;

std::size_t sequences() {
  return app::is_long_run() ? 1'000'000 : 10'000;
}

// `blocked EVIDENCE_STALE` as the log spells it.
std::string spelt(const std::string& type) {
  static const std::map<std::string, std::string> kRefusals = {
      {"INSUFFICIENT_PERMISSIONS", "forbidden"},
      {"HUMAN_ACTOR_REQUIRED", "human_actor_required"},
      {"SELF_APPROVAL_FORBIDDEN", "self_approval"},
      {"INVALID_STATE", "invalid_state"},
      {"EXPIRED", "expired"},
      {"CONTENT_CHANGED", "content_changed"},
      {"ALREADY_VOTED", "already_voted"},
      {"KILL_SWITCH", "kill_switch"},
      {"EVIDENCE_REQUIRED", "evidence_required"},
      {"EVIDENCE_STALE", "evidence_stale"}};
  if (!type.starts_with("blocked ")) return type;
  return "approval.blocked." + kRefusals.at(type.substr(8));
}

std::string text_of(const std::vector<Fact>& facts) {
  std::string text;
  for (const Fact& fact : facts) {
    text += spelt(fact.type);
    if (fact.subject) text += " " + std::to_string(*fact.subject);
    text += "\n";
  }
  return text;
}

// Whether the two agreed all along.
bool run_sequence(Engine& engine, model::Model& model, std::size_t number, std::uint64_t seed) {
  Dice dice(seed);
  if (model.policy() != 0) {  // As every sequence finds it, so that any can be run alone.
    engine.apply({.verb = Verb::put_policy, .by = model::admin});
    model.apply({.verb = Verb::put_policy, .by = model::admin});
  }
  engine.begin(number);
  model.begin();
  std::string said = "seed " + std::to_string(seed) + "\n";
  for (std::size_t left = 1 + dice.below(kCommandsMax); left > 0; --left) {
    const Command command = command_of(dice, model);
    said += to_text(command) + "\n";
    const Answer expected = model.apply(command);
    const Answer answer = engine.apply(command);
    EXPECT_EQ(answer.outcome, expected.outcome) << said;
    EXPECT_EQ(answer.made, expected.made) << said;
    EXPECT_EQ(answer.rule, expected.rule) << said;
    if (expected.status) {
      EXPECT_EQ(answer.status, expected.status) << said;
    }
    if (testing::Test::HasFailure()) return false;
  }
  EXPECT_EQ(text_of(engine.facts()), text_of(model.facts())) << said;
  for (std::size_t i = 0; i < model.approvals(); ++i) {
    const Reply shown = engine.show(i);
    EXPECT_EQ(shown.at("status"), model.status_of(i)) << said << "approval " << i;
    const Json* votes = shown.data.find("votes");
    EXPECT_EQ(votes->find("have")->integer(), static_cast<std::int64_t>(model.votes_of(i)))
        << said << "approval " << i;
  }
  for (std::size_t i = 0; i < model.rules(); ++i) {
    const Reply shown = engine.show_rule(i);
    EXPECT_EQ(shown.at("status"), model.rule_status_of(i)) << said << "rule " << i;
    EXPECT_EQ(shown.data.integer_at("uses"), static_cast<std::int64_t>(model.uses_of(i)))
        << said << "rule " << i;
  }
  return !testing::Test::HasFailure();
}

// What a full run must have come across, or the dice prove less than they seem to.
void expect_everything_happened(const std::map<std::string, std::size_t>& seen) {
  for (const std::string_view type : {"approval.requested",
                                      "approval.auto_approved",
                                      "approval.recorded",
                                      "approval.succeeded",
                                      "approval.rejected",
                                      "approval.cancelled",
                                      "approval.deferred",
                                      "approval.abandoned",
                                      "approval.expired",
                                      "approval.blocked.forbidden",
                                      "approval.blocked.human_actor_required",
                                      "approval.blocked.self_approval",
                                      "approval.blocked.invalid_state",
                                      "approval.blocked.expired",
                                      "approval.blocked.content_changed",
                                      "approval.blocked.already_voted",
                                      "approval.blocked.kill_switch",
                                      "approval.blocked.evidence_required",
                                      "approval.blocked.evidence_stale",
                                      "evidence.attached",
                                      "evidence.withdrawn",
                                      "grant.issued",
                                      "grant.consumed",
                                      "grant.expired",
                                      "grant.refused",
                                      "execution.started",
                                      "execution.succeeded",
                                      "execution.failed",
                                      "execution.partial",
                                      "execution.unknown",
                                      "execution.resolved",
                                      "escalation.triggered",
                                      "rule.created",
                                      "rule.revoked",
                                      "killswitch.engaged",
                                      "killswitch.released",
                                      "policy.changed",
                                      "used a rule"}) {
    const auto found = seen.find(std::string(type));
    EXPECT_TRUE(found != seen.end()) << type << " never happened";
  }
}

TEST(Property, TheEngineAndTheModelAgreeOnEverySequence) {
  const char* const one = std::getenv("ASSENT_SEED");
  const std::uint64_t first = one == nullptr ? 1 : std::strtoull(one, nullptr, 10);
  const std::size_t count = one == nullptr ? sequences() : 1;
  std::unique_ptr<Engine> engine;
  model::Model model;
  std::map<std::string, std::size_t> seen;
  for (std::size_t i = 0; i < count; ++i) {
    if (i % kSequencesPerWorld == 0) {
      engine = std::make_unique<Engine>();
      model = model::Model();
      engine->apply({.verb = Verb::put_policy, .by = model::admin});
      model.apply({.verb = Verb::put_policy, .by = model::admin});
    }
    if (!run_sequence(*engine, model, i, first + i)) return;
    for (const Fact& fact : model.facts()) ++seen[spelt(fact.type)];
    for (std::size_t rule = 0; rule < model.rules(); ++rule) {
      if (model.uses_of(rule) > 0) ++seen["used a rule"];
    }
  }
  if (one == nullptr) expect_everything_happened(seen);
  for (const auto& [type, times] : seen) RecordProperty(type, std::to_string(times));
}

}  // namespace
}  // namespace assent
