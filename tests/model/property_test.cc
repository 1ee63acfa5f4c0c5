// Random command sequences against the engine and against the model, side by side: answers, events
// and what anyone is shown afterwards must agree each time.
//
// The seed is printed when something differs, and the same seed gives the same commands; set
// ASSENT_SEED to run one again. A sequence is small, so that what failed can be read.
#include "app/expire.h"
#include "app/testing.h"
#include "model.h"
#include "store/log.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>

namespace assent {
namespace {

using app::Person;
using app::Reply;
using model::Answer;
using model::Command;
using model::Fact;
using model::Seen;
using model::Verb;

constexpr std::size_t kSequencesPerWorld = 250;
constexpr std::size_t kCommandsMax = 14;

std::size_t sequences() {
  return app::is_long_run() ? 1'000'000 : 10'000;
}

// Reproducible everywhere, unlike the standard distributions.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(engine_() % n); }
  bool once_in(std::size_t n) { return below(n) == 0; }

 private:
  std::mt19937_64 engine_;
};

Command request_of(Dice& dice) {
  static constexpr std::array kAskers = {model::robot, model::robot, model::robot,
                                         model::ann,   model::olga,  model::auditor};
  Command command{.verb = Verb::request, .by = kAskers[dice.below(kAskers.size())]};
  command.tool = static_cast<model::Tool>(dice.below(model::kToolCount));
  command.path = dice.below(model::kPaths.size());
  if (dice.once_in(4)) command.key = dice.below(2);
  command.wants_evidence = dice.once_in(6);
  if (dice.once_in(3)) {
    command.time = static_cast<model::Micros>(1 + dice.below(120)) * model::kSecond;
  }
  return command;
}

model::Micros wait_of(Dice& dice) {
  // Microseconds and boundaries matter as much as days.
  static constexpr std::array<model::Micros, 8> kWaits = {1,
                                                          model::kSecond,
                                                          20 * model::kSecond,
                                                          59 * model::kSecond,
                                                          60 * model::kSecond,
                                                          3600 * model::kSecond,
                                                          86'400 * model::kSecond,
                                                          172'800 * model::kSecond};
  return kWaits[dice.below(kWaits.size())] + static_cast<model::Micros>(dice.below(2));
}

// A command that can be said of the world as the model knows it.
Command command_of(Dice& dice, const model::Model& model) {
  if (model.approvals() == 0 || dice.once_in(5)) return request_of(dice);
  static constexpr std::array kVerbs = {
      Verb::approve,  Verb::approve,  Verb::approve,    Verb::approve, Verb::reject, Verb::cancel,
      Verb::attach,   Verb::attach,   Verb::withdraw,   Verb::start,   Verb::start,  Verb::start,
      Verb::complete, Verb::complete, Verb::put_policy, Verb::sweep,   Verb::wait,   Verb::wait};
  Command command{.verb = kVerbs[dice.below(kVerbs.size())]};
  command.by = static_cast<model::Who>(dice.below(model::kWhoCount));
  if (dice.once_in(2)) command.by = dice.once_in(2) ? model::ann : model::bob;
  command.seen = static_cast<Seen>(dice.below(dice.once_in(3) ? 3 : 2));
  command.has_reason = true;
  command.subject = dice.below(model.approvals());
  command.choice = dice.below(4);
  command.is_repeated = dice.once_in(8);
  switch (command.verb) {
    case Verb::withdraw:
      if (model.items() == 0) return request_of(dice);
      command.subject = dice.below(model.items());
      break;
    case Verb::start:
      if (!dice.once_in(4)) command.by = model.asker_of(command.subject);
      break;
    case Verb::complete:
      if (model.executions() == 0) return request_of(dice);
      command.subject = dice.below(model.executions());
      if (!dice.once_in(4)) command.by = model.starter_of(command.subject);
      break;
    case Verb::put_policy:
      command.by = model::admin;
      break;
    case Verb::wait:
      command.time = wait_of(dice);
      break;
    default:
      break;
  }
  if (dice.once_in(200)) command = {.verb = Verb::crash};
  return command;
}

// The engine, spoken to in the model's words.
class Engine {
 public:
  Engine() {
    people_[model::olga] = world_.make("human", "olga", {"approver"});
    people_[model::robot] = world_.make("agent", "robot", {"agent"}, people_[model::olga].id);
    people_[model::ann] = world_.make("human", "ann", {"approver"});
    people_[model::bob] = world_.make("human", "bob", {"approver"});
    people_[model::pat] = world_.make("human", "pat", {"approver", "policy_admin"});
    people_[model::auditor] = world_.make("human", "aud", {"auditor"});
    people_[model::service] = world_.make("service", "svc", {"approver"});
    people_[model::admin] = world_.admin;
  }

  // A fresh sheet: what was asked before is nobody's subject any more.
  void begin(std::size_t sequence) {
    prefix_ = "s" + std::to_string(sequence);
    approvals_.clear();
    hashes_.clear();
    items_.clear();
    executions_.clear();
    index_.clear();
    begin_ = world_.log_size();
    calls_ = 0;
  }

  Answer apply(const Command& command) {
    world_.clock.advance(std::chrono::microseconds(1));  // As the model does.
    switch (command.verb) {
      case Verb::wait:
        world_.clock.advance(std::chrono::microseconds(command.time));
        return {};
      case Verb::crash:
        world_.crash();
        return {};
      case Verb::sweep:
        sweep();
        return {};
      case Verb::put_policy:
        world_.put_policy(model::kPolicies[command.choice]);
        return {};
      default:
        return call(command);
    }
  }

  std::vector<Fact> facts();
  Reply show(std::size_t approval) { return world_.show(approvals_[approval]); }

 private:
  Answer call(const Command& command);
  app::Ask ask_of(const Command& command) const;
  Json request_body(const Command& command) const;
  void sweep();

  app::World world_;
  std::array<Person, model::kWhoCount> people_;
  std::string prefix_;
  std::vector<std::string> approvals_, hashes_, items_, executions_;
  std::map<std::string, std::size_t, std::less<>> index_;  // Of an approval's id.
  std::uint64_t begin_ = 0;
  std::size_t calls_ = 0;
};

Json Engine::request_body(const Command& command) const {
  Json body = Json::object({{"kind", "tool_call"}});
  body.set("tool", prefix_ + "." + std::string(model::kTools[command.tool]));
  Json arguments = Json::object();
  arguments.set("path", *parse_json(model::kPaths[command.path]));
  body.set("arguments", std::move(arguments));
  if (command.key) body.set("deduplicationKey", prefix_ + "/" + std::to_string(*command.key));
  if (command.wants_evidence) body.set("evidencePolicy", Json::object({{"required", true}}));
  if (command.time > 0) {
    const auto until = world_.clock.now() + std::chrono::microseconds(command.time);
    body.set("expiresAt", to_rfc3339(until));
  }
  return body;
}

app::Ask Engine::ask_of(const Command& command) const {
  app::Ask ask{.operation = {}, .by = people_[command.by]};
  const auto of = [&](std::string operation, const std::vector<std::string>& ids) {
    ask.operation = std::move(operation);
    ask.path = {{"id", ids[command.subject]}};
  };
  const auto decide = [&](std::string operation) {
    of(std::move(operation), approvals_);
    if (command.has_reason) ask.body.set("rationale", "because");
    if (command.seen == Seen::current) ask.body.set("contentHash", hashes_[command.subject]);
    if (command.seen == Seen::stale) ask.body.set("contentHash", "sha256:" + std::string(64, '0'));
  };
  switch (command.verb) {
    case Verb::request:
      ask.operation = "request_approval";
      ask.body = request_body(command);
      break;
    case Verb::approve:
      decide("approve");
      break;
    case Verb::reject:
      decide("reject");
      break;
    case Verb::cancel:
      decide("cancel");
      break;
    case Verb::attach: {
      of("attach_evidence", approvals_);
      const auto at = world_.clock.now() - std::chrono::seconds(20 * command.choice);
      ask.body.set("type", "text");
      ask.body.set("text", "seen " + std::to_string(calls_));
      ask.body.set("capturedAt", to_rfc3339(at));
      break;
    }
    case Verb::withdraw:
      of("withdraw_evidence", items_);
      break;
    case Verb::start:
      of("start_execution", approvals_);
      if (command.seen == Seen::current) ask.body.set("contentHash", hashes_[command.subject]);
      if (command.seen == Seen::stale) {
        ask.body.set("contentHash", "sha256:" + std::string(64, '0'));
      }
      break;
    case Verb::complete: {
      static constexpr std::array<std::string_view, 4> kOutcomes = {"success", "failure", "partial",
                                                                    "unknown"};
      of("complete_execution", executions_);
      ask.body.set("outcome", kOutcomes[command.choice]);
      break;
    }
    default:
      break;
  }
  return ask;
}

Answer Engine::call(const Command& command) {
  ++calls_;
  app::Ask ask = ask_of(command);
  if (command.is_repeated) ask.idempotency_key = prefix_ + "-" + std::to_string(calls_);
  Reply reply = world_.call(ask);
  if (command.is_repeated) {
    // The answer may have been lost: asked again, it is the same, and nothing more has happened.
    const Reply again = world_.call(ask);
    EXPECT_EQ(again.outcome(), reply.outcome());
    EXPECT_EQ(again.data, reply.data);
    EXPECT_EQ(again.is_replay, !reply.error) << "an Error leaves no record";
  }
  Answer answer{.outcome = reply.outcome(), .made = {}, .status = {}};
  if (!reply.is_ok()) return answer;
  if (const auto status = reply.data.string_at("status")) answer.status = std::string(*status);
  const auto remember = [&](std::vector<std::string>& ids, std::string id) {
    const auto known = std::find(ids.begin(), ids.end(), id);
    answer.made = static_cast<std::size_t>(known - ids.begin());
    if (known == ids.end()) ids.push_back(std::move(id));
  };
  if (command.verb == Verb::request) {
    remember(approvals_, reply.id());
    if (*answer.made == hashes_.size()) hashes_.push_back(reply.at("contentHash"));
    index_.emplace(reply.id(), *answer.made);
  }
  if (command.verb == Verb::attach) remember(items_, reply.id());
  if (command.verb == Verb::start) remember(executions_, reply.at("executionId"));
  return answer;
}

void Engine::sweep() {
  std::promise<bool> done;
  Caller engine;
  engine.tenant = *world_.store->identities()->tenant("default");
  const auto accepted = world_.store->write(
      {.caller = engine,
       .trace = make_trace(world_.random),
       .run = [](store::Write& write) { return app::expire_overdue(write, 1'000'000); },
       .done = [&done](Result<void> result) { done.set_value(result.has_value()); }});
  ASSERT_TRUE(accepted);
  EXPECT_TRUE(done.get_future().get());
}

// The events of this sequence's approvals, and of the policy, in the order of the log.
std::vector<Fact> Engine::facts() {
  std::promise<std::vector<std::string>> done;
  Caller engine;
  engine.tenant = *world_.store->identities()->tenant("default");
  const std::uint64_t begin = begin_;
  const auto accepted = world_.store->read(
      {.caller = engine, .run = [&done, begin](Result<void>, const store::Read* read) {
         std::vector<std::string> bodies;
         for (auto at = begin; read != nullptr && at < read->size(); ++at) {
           bodies.push_back(*store::event_at(*read, at));
         }
         done.set_value(std::move(bodies));
       }});
  CHECK(accepted.has_value());
  std::vector<Fact> facts;
  for (const std::string& body : done.get_future().get()) {
    const auto event = stored_event_from(body);
    CHECK(event.has_value());
    const auto id = event->data.string_at("approvalId");
    if (!id && event->type != "policy.changed") continue;
    const auto known = id ? index_.find(*id) : index_.end();
    if (id && known == index_.end()) continue;  // Of an earlier sequence, swept now.
    Fact fact{.type = event->type, .approval = {}};
    if (id) fact.approval = known->second;
    facts.push_back(std::move(fact));
  }
  return facts;
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
      {"EVIDENCE_REQUIRED", "evidence_required"},
      {"EVIDENCE_STALE", "evidence_stale"}};
  if (!type.starts_with("blocked ")) return type;
  return "approval.blocked." + kRefusals.at(type.substr(8));
}

std::string text_of(const std::vector<Fact>& facts) {
  std::string text;
  for (const Fact& fact : facts) {
    text += spelt(fact.type);
    if (fact.approval) text += " " + std::to_string(*fact.approval);
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
  return !testing::Test::HasFailure();
}

TEST(Property, TheEngineAndTheModelAgreeOnEverySequence) {
  const char* const one = std::getenv("ASSENT_SEED");
  const std::uint64_t first = one == nullptr ? 1 : std::strtoull(one, nullptr, 10);
  const std::size_t count = one == nullptr ? sequences() : 1;
  std::unique_ptr<Engine> engine;
  model::Model model;
  for (std::size_t i = 0; i < count; ++i) {
    if (i % kSequencesPerWorld == 0) {
      engine = std::make_unique<Engine>();
      model = model::Model();
      engine->apply({.verb = Verb::put_policy, .by = model::admin});
      model.apply({.verb = Verb::put_policy, .by = model::admin});
    }
    if (!run_sequence(*engine, model, i, first + i)) return;
  }
}

}  // namespace
}  // namespace assent
