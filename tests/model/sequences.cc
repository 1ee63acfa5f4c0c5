#include "sequences.h"

namespace assent::model {
namespace {

Command request_of(Dice& dice) {
  static constexpr std::array kAskers = {robot, robot, robot, ann, olga, auditor};
  Command command{.verb = Verb::request, .by = kAskers[dice.below(kAskers.size())]};
  command.tool = dice.tool();
  command.path = dice.below(kPaths.size());
  if (dice.once_in(4)) command.key = dice.below(2);
  command.wants_evidence = dice.once_in(6);
  if (dice.once_in(3)) {
    command.time = static_cast<Micros>(1 + dice.below(120)) * kSecond;
  }
  return command;
}

Micros wait_of(Dice& dice) {
  // Microseconds and boundaries matter as much as days.
  static constexpr std::array<Micros, 8> kWaits = {1,
                                                   kSecond,
                                                   20 * kSecond,
                                                   59 * kSecond,
                                                   60 * kSecond,
                                                   3600 * kSecond,
                                                   86'400 * kSecond,
                                                   172'800 * kSecond};
  return kWaits[dice.below(kWaits.size())] + static_cast<Micros>(dice.below(2));
}

// The details that depend on the verb; another request where there is nothing to do it to.
void aim(Dice& dice, const Model& model, Command& command) {
  const auto among = [&](std::size_t count) {
    if (count > 0) {
      command.subject = dice.once_in(2) ? count - 1 : dice.below(count);
    } else {
      command = request_of(dice);
    }
    return count > 0;
  };
  const bool is_plausible = !dice.once_in(4);
  switch (command.verb) {
    case Verb::withdraw:
      among(model.items());
      break;
    case Verb::defer:
      command.choice = dice.below(kHours.size());
      break;
    case Verb::start:
      if (model.executions() > 0 && dice.once_in(2)) {  // Again, after a failure.
        command.subject = model.approval_of(model.executions() - 1);
      }
      if (is_plausible) command.by = model.asker_of(command.subject);
      break;
    case Verb::complete:
    case Verb::resolve:
      if (dice.once_in(2)) command.choice = 1;
      if (among(model.executions()) && command.verb == Verb::complete && is_plausible) {
        command.by = model.starter_of(command.subject);
      }
      break;
    case Verb::create_rule:
      command.choice = dice.below(kConstraintCount);
      command.uses = dice.below(3);
      if (dice.once_in(3)) command.time = wait_of(dice);
      if (is_plausible) command.by = dice.once_in(2) ? ann : pat;
      break;
    case Verb::revoke_rule:
      among(model.rules());
      break;
    case Verb::engage:
      if (is_plausible) command.by = pat;
      break;
    case Verb::release:
      if (among(model.switches()) && is_plausible) command.by = pat;
      break;
    case Verb::put_policy:
      command.by = admin;
      break;
    case Verb::wait:
      command.time = wait_of(dice);
      break;
    default:
      break;
  }
}

// What a sequence is mostly about.
constexpr std::array kDeciding = {Verb::approve, Verb::approve,  Verb::approve, Verb::reject,
                                  Verb::cancel,  Verb::edit,     Verb::edit,    Verb::defer,
                                  Verb::abandon, Verb::attach,   Verb::attach,  Verb::withdraw,
                                  Verb::start,   Verb::complete, Verb::wait,    Verb::put_policy};
constexpr std::array kExecuting = {Verb::approve, Verb::approve,  Verb::start,    Verb::start,
                                   Verb::start,   Verb::complete, Verb::complete, Verb::complete,
                                   Verb::resolve, Verb::resolve,  Verb::wait,     Verb::sweep};
constexpr std::array kRuling = {
    Verb::request,     Verb::request,     Verb::request, Verb::request,    Verb::create_rule,
    Verb::create_rule, Verb::revoke_rule, Verb::wait,    Verb::put_policy, Verb::start};
constexpr std::array kEverything = {
    Verb::approve,     Verb::approve,  Verb::reject,   Verb::cancel,     Verb::edit,
    Verb::defer,       Verb::abandon,  Verb::attach,   Verb::withdraw,   Verb::start,
    Verb::start,       Verb::complete, Verb::complete, Verb::resolve,    Verb::create_rule,
    Verb::revoke_rule, Verb::engage,   Verb::release,  Verb::put_policy, Verb::sweep,
    Verb::wait,        Verb::wait};

Verb verb_of(Dice& dice) {
  switch (dice.theme()) {
    case 0:
      return kDeciding.at(dice.below(kDeciding.size()));
    case 1:
      return kExecuting.at(dice.below(kExecuting.size()));
    case 2:
      return kRuling.at(dice.below(kRuling.size()));
    default:
      return kEverything.at(dice.below(kEverything.size()));
  }
}

}  // namespace

Command command_of(Dice& dice, const Model& model) {
  if (model.approvals() == 0 || dice.once_in(8)) return request_of(dice);
  Command command{.verb = verb_of(dice)};
  command.by = static_cast<Who>(dice.below(kWhoCount));
  if (!dice.once_in(3)) command.by = dice.once_in(2) ? ann : bob;
  command.seen = static_cast<Seen>(dice.below(dice.once_in(3) ? 3 : 2));
  command.has_reason = !dice.once_in(12);
  // Mostly the latest, so that something becomes of it.
  command.subject = dice.once_in(2) ? model.approvals() - 1 : dice.below(model.approvals());
  command.choice = dice.below(4);
  command.tool = dice.tool();
  command.path = dice.below(kPaths.size());
  command.is_verified = dice.once_in(2);
  command.is_repeated = dice.once_in(8);
  if (command.verb == Verb::request) return request_of(dice);
  aim(dice, model, command);
  if (dice.once_in(200)) command = {.verb = Verb::crash};
  return command;
}

}  // namespace assent::model
