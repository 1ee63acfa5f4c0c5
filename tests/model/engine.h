// The engine, spoken to in the model's words.
#pragma once

#include "app/testing.h"
#include "model.h"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace assent {

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
    rules_.clear();
    switches_.clear();
    index_.clear();
    begin_ = world_.log_size();
    calls_ = 0;
  }

  model::Answer apply(const model::Command& command) {
    world_.clock.advance(std::chrono::microseconds(1));  // As the model does.
    switch (command.verb) {
      case model::Verb::wait:
        world_.clock.advance(std::chrono::microseconds(command.time));
        return {};
      case model::Verb::crash:
        world_.crash();
        return {};
      case model::Verb::sweep:
        sweep();
        return {};
      case model::Verb::put_policy:
        world_.put_policy(model::kPolicies[command.choice]);
        return {};
      default:
        return call(command);
    }
  }

  std::vector<model::Fact> facts();
  app::Reply show(std::size_t approval) { return world_.show(approvals_[approval]); }
  app::Reply show_rule(std::size_t rule) {
    return world_.call(
        {.operation = "get_rule", .by = people_[model::ann], .path = {{"id", rules_[rule]}}});
  }

 private:
  model::Answer call(const model::Command& command);
  app::Ask ask_of(const model::Command& command) const;
  Json request_body(const model::Command& command) const;
  Json rule_body(const model::Command& command) const;
  std::string tool_of(const model::Command& command) const;
  void ask_about_execution(const model::Command& command, app::Ask& ask) const;
  void ask_about_rule(const model::Command& command, app::Ask& ask) const;
  void decide(const model::Command& command, std::string_view verb, app::Ask& ask) const;
  void sweep();

  app::World world_;
  std::array<app::Person, model::kWhoCount> people_;
  std::string prefix_;
  std::vector<std::string> approvals_, hashes_, items_, executions_, rules_, switches_;
  std::map<std::string, std::size_t, std::less<>> index_;  // Of approvals, rules and switches.
  std::uint64_t begin_ = 0;
  std::size_t calls_ = 0;
};

}  // namespace assent
