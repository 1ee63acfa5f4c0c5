#include "engine.h"

#include "app/expire.h"
#include "store/log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>

namespace assent {

using app::Reply;
using model::Answer;
using model::Command;
using model::Fact;
using model::Seen;
using model::Verb;

namespace {

const std::string kStale = "sha256:" + std::string(64, '0');

Json path_argument(const Command& command) {
  Json arguments = Json::object();
  arguments.set("path", *parse_json(model::kPaths[command.path]));
  return arguments;
}

}  // namespace

std::string Engine::tool_of(const Command& command) const {
  return prefix_ + "." + std::string(model::kTools[command.tool]);
}

Json Engine::request_body(const Command& command) const {
  Json body = Json::object({{"kind", "tool_call"}, {"tool", tool_of(command)}});
  body.set("arguments", path_argument(command));
  if (command.key) body.set("deduplicationKey", prefix_ + "/" + std::to_string(*command.key));
  if (command.wants_evidence) body.set("evidencePolicy", Json::object({{"required", true}}));
  if (command.time > 0) {
    const auto until = world_.clock.now() + std::chrono::microseconds(command.time);
    body.set("expiresAt", to_rfc3339(until));
  }
  return body;
}

Json Engine::rule_body(const Command& command) const {
  Json body = Json::object({{"tool", tool_of(command)}});
  Json path = Json::object({{"type", "any"}});
  if (command.choice < model::like) {
    path = Json::object({{"type", "exact"}, {"value", *parse_json(model::kPaths[command.choice])}});
  } else if (command.choice == model::like) {
    path = Json::object({{"type", "pattern"}, {"value", "/a/*"}});
  }
  Json constraints = Json::object();
  if (command.choice != model::unsaid) constraints.set("path", std::move(path));
  body.set("constraints", std::move(constraints));
  if (command.uses > 0) body.set("maxUses", static_cast<std::int64_t>(command.uses));
  if (command.time > 0) {
    const auto until = world_.clock.now() + std::chrono::microseconds(command.time);
    body.set("expiresAt", to_rfc3339(until));
  }
  return body;
}

void Engine::decide(const Command& command, std::string_view verb, app::Ask& ask) const {
  ask.operation = verb;
  ask.path = {{"id", approvals_[command.subject]}};
  if (command.has_reason) ask.body.set("rationale", "because");
  if (command.seen == Seen::current) ask.body.set("contentHash", hashes_[command.subject]);
  if (command.seen == Seen::stale) ask.body.set("contentHash", kStale);
  if (command.verb == Verb::edit) ask.body.set("arguments", path_argument(command));
  if (command.verb == Verb::defer) ask.body.set("hours", model::kHours[command.choice]);
}

void Engine::ask_about_execution(const Command& command, app::Ask& ask) const {
  static constexpr std::array<std::string_view, 4> kOutcomes = {"success", "failure", "partial",
                                                                "unknown"};
  if (command.verb == Verb::start) {
    ask.operation = "start_execution";
    ask.path = {{"id", approvals_[command.subject]}};
    if (command.seen == Seen::current) ask.body.set("contentHash", hashes_[command.subject]);
    if (command.seen == Seen::stale) ask.body.set("contentHash", kStale);
    return;
  }
  ask.path = {{"id", executions_[command.subject]}};
  if (command.verb == Verb::complete) {
    ask.operation = "complete_execution";
    ask.body.set("outcome", kOutcomes[command.choice]);
    return;
  }
  ask.operation = "resolve_execution";
  ask.body.set("as", kOutcomes[command.choice % 3]);
  ask.body.set("note", command.has_reason ? "the receiver says so" : " ");
  if (command.is_verified) ask.body.set("verification", Json::object({{"found", "it"}}));
}

void Engine::ask_about_rule(const Command& command, app::Ask& ask) const {
  const std::string reason = command.has_reason ? "because" : " ";
  switch (command.verb) {
    case Verb::create_rule:
      ask.operation = "create_rule";
      ask.body = rule_body(command);
      break;
    case Verb::revoke_rule:
      ask.operation = "revoke_rule";
      ask.path = {{"id", rules_[command.subject]}};
      break;
    case Verb::engage:
      ask.operation = "engage_kill_switch";
      ask.body = Json::object({{"scope", "tool"}, {"tool", tool_of(command)}, {"reason", reason}});
      break;
    default:
      ask.operation = "release_kill_switch";
      ask.path = {{"id", switches_[command.subject]}};
      ask.body = Json::object({{"reason", reason}});
      break;
  }
}

app::Ask Engine::ask_of(const Command& command) const {
  app::Ask ask{.operation = {}, .by = people_[command.by]};
  switch (command.verb) {
    case Verb::request:
      ask.operation = "request_approval";
      ask.body = request_body(command);
      break;
    case Verb::approve:
      decide(command, "approve", ask);
      break;
    case Verb::reject:
      decide(command, "reject", ask);
      break;
    case Verb::cancel:
      decide(command, "cancel", ask);
      break;
    case Verb::edit:
      decide(command, "edit", ask);
      break;
    case Verb::defer:
      decide(command, "defer", ask);
      break;
    case Verb::abandon:
      decide(command, "abandon", ask);
      break;
    case Verb::attach: {
      const auto at = world_.clock.now() - std::chrono::seconds(20 * command.choice);
      ask.operation = "attach_evidence";
      ask.path = {{"id", approvals_[command.subject]}};
      ask.body.set("type", "text");
      ask.body.set("text", "seen " + std::to_string(calls_));
      ask.body.set("capturedAt", to_rfc3339(at));
      break;
    }
    case Verb::withdraw:
      ask.operation = "withdraw_evidence";
      ask.path = {{"id", items_[command.subject]}};
      break;
    case Verb::start:
    case Verb::complete:
    case Verb::resolve:
      ask_about_execution(command, ask);
      break;
    default:
      ask_about_rule(command, ask);
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
    const auto rule = reply.data.string_at("ruleId");
    if (rule) answer.rule = index_.at(std::string(*rule));
  }
  if (command.verb == Verb::create_rule) {
    remember(rules_, reply.id());
    index_.emplace(reply.id(), *answer.made);
  }
  if (command.verb == Verb::engage) {
    remember(switches_, reply.id());
    index_.emplace(reply.id(), *answer.made);
  }
  // A rule's and a switch's status is not an approval's.
  const bool is_of_approval =
      command.verb != Verb::create_rule && command.verb != Verb::revoke_rule;
  if (!is_of_approval) answer.status.reset();
  if (command.verb == Verb::edit) hashes_[command.subject] = reply.at("contentHash");
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
    if (event->type.starts_with("rule.sugg")) continue;  // The model has no opinion of its own.
    auto id = event->data.string_at("approvalId");
    for (const std::string_view name : {"ruleId", "killSwitchId"}) {
      if (!id) id = event->data.string_at(name);
    }
    if (!id && event->type != "policy.changed") continue;
    const auto known = id ? index_.find(*id) : index_.end();
    if (id && known == index_.end()) continue;  // Of an earlier sequence, swept now.
    Fact fact{.type = event->type, .subject = {}};
    if (id) fact.subject = known->second;
    facts.push_back(std::move(fact));
  }
  return facts;
}

}  // namespace assent
