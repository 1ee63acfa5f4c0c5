#include "domain/plan/risk.h"

#include "base/canonical.h"
#include "base/text.h"
#include "domain/plan/readings.h"
#include "domain/plan/step_reader.h"

#include <algorithm>
#include <functional>

namespace assent {
namespace {

class StepAssessor {
 public:
  StepAssessor(const PlanStep& step, const PlanCatalogue& catalogue)
      : step_(step), catalogue_(catalogue) {
    for (const PlanEnvironment& each : catalogue.environments) {
      for (const auto& word : each.plain_words) wanted_.add(word);
    }
  }

  StepRisk assess(const PlanAction* action);

 private:
  // A reason of a lower tier says nothing any more; of the same tier, a few are told, because a
  // plan may give a hundred thousand.
  template <class Reason>
  void raise(RiskTier tier, Reason reason);
  std::string told() const;
  void walk(const Json& value, const PlanPlace& at, const Json::Member* named);
  void stated_environments(const Json& value);
  void stated_environment(const Json& value);
  bool is_known_environment(std::string_view text) const;
  void environment_words(std::string_view text, const PlanPlace& at);
  void resource(std::string_view text, const Json::Member* param);
  void measure(const Json::Member& member, const PlanPlace& at);
  void action_risk(const PlanAction* action);

  const PlanStep& step_;
  const PlanCatalogue& catalogue_;
  std::vector<const PlanResources*> resources_;  // Those that are about the step's action.
  WantedWords wanted_;                           // Of all environments.
  std::vector<bool> told_;                       // By environment, of the text that is read.
  RiskTier tier_ = RiskTier::none;
  std::vector<std::string> reasons_;  // Of that tier; at most kReasonsMax.
  bool has_more_ = false;
};

constexpr std::size_t kReasonsMax = 5;

template <class Reason>
void StepAssessor::raise(RiskTier tier, Reason reason) {
  if (tier < tier_ || tier == RiskTier::none) return;
  if (tier > tier_) {
    tier_ = tier;
    reasons_.clear();
    has_more_ = false;
  }
  if (has_more_) return;
  std::string sentence = reason();
  if (std::find(reasons_.begin(), reasons_.end(), sentence) != reasons_.end()) return;
  if (reasons_.size() == kReasonsMax) {
    has_more_ = true;
  } else {
    reasons_.push_back(std::move(sentence));
  }
}

std::string StepAssessor::told() const {
  std::string all;
  for (const std::string& reason : reasons_) all.append(all.empty() ? "" : "; ").append(reason);
  return has_more_ ? all + "; and more" : all;
}

// `folded` without the spaces around it, which nobody sees.
std::string_view trimmed(std::string_view folded) {
  const std::size_t begin = folded.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return folded.substr(begin, folded.find_last_not_of(" \t\r\n") - begin + 1);
}

bool has_name(const std::vector<std::string>& globs, std::string_view folded) {
  return std::any_of(globs.begin(), globs.end(),
                     [folded](const auto& glob) { return matches_glob(glob, folded); });
}

// How many things a list or a map has, also if they are in lists of lists.
std::int64_t count_of(const Json& value) {
  if (value.is_object()) return static_cast<std::int64_t>(value.members().size());
  std::int64_t count = 0;
  for (const auto& item : value.items()) count += item.is_array() ? count_of(item) : 1;
  return count;
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.string() : canonical_json(value);
}

// How much a member that counts says, in a number or in a text; nothing if it says it otherwise.
std::optional<std::int64_t> number_of(const Json& value) {
  if (value.is_integer() && value.integer() >= 0) return value.integer();
  const auto number = value.is_string() ? from_decimal(value.string()) : std::nullopt;
  if (!number || *number > INT64_MAX) return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

bool is_said(const Json& value) {
  return !value.is_null() && value != Json(false);
}

bool is_set(const Json& value) {
  return !value.is_null() && value != Json(false) && value != Json(0);
}

// Every way in which a text can be meant to name something, folded: as it is written, as it can be
// read, and each part that may be a name by itself.
std::vector<std::string> names_in(std::string_view text) {
  std::vector<std::string> names{fold(text)};
  if (!is_plain_reading(text)) {
    for (const std::string& reading : readings_of(text)) names.push_back(fold(reading));
  }
  for (std::size_t i = 0, count = names.size(); i < count; ++i) {
    const std::string whole(trimmed(names[i]));
    for_each_name(whole, [&](std::string_view name) {
      if (name != whole) names.emplace_back(name);
    });
  }
  return names;
}

// `param` is the member of the params that the text is of; null: the step's resource.
void StepAssessor::resource(std::string_view text, const Json::Member* param) {
  if (resources_.empty()) return;
  const std::string member = param == nullptr ? std::string() : fold(param->first);
  std::vector<std::string> names;  // Once somebody asks.
  for (const PlanResources* const each : resources_) {
    if (param != nullptr && !has_name(each->params, member)) continue;
    if (names.empty()) names = names_in(text);
    const bool is_meant = std::any_of(names.begin(), names.end(), [each](const auto& name) {
      return has_name(each->names, trimmed(name));
    });
    if (is_meant) raise(each->risk_tier, [&] { return each->reason + ": " + quoted(text); });
  }
}

void StepAssessor::measure(const Json::Member& member, const PlanPlace& at) {
  if (catalogue_.bulk.empty()) return;
  const Json& value = member.second;
  const bool is_many = value.is_array() || value.is_object();
  const std::int64_t count = is_many ? count_of(value) : 0;
  // A list counts by its items; anything else that is said where a number belongs, and false and
  // nothing are what is not said.
  const bool counts = !is_many && is_said(value);
  const auto number = number_of(value);
  const std::string folded = fold(member.first);
  for (const PlanBulk& bulk : catalogue_.bulk) {
    if (is_many && count > bulk.above) {
      raise(bulk.risk_tier, [&] {
        return bulk.reason + ": " + at.path() + " has " + std::to_string(count) +
               " items, more than " + std::to_string(bulk.above);
      });
    }
    // "all", and -1, may be more than any number.
    if (counts && (!number || *number > bulk.above) && has_name(bulk.numbers, folded)) {
      raise(bulk.risk_tier, [&] {
        const std::string subject = bulk.reason + ": " + at.path() + " is ";
        if (!number) return subject + "no number to compare: " + quoted(text_of(value));
        return subject + std::to_string(*number) + ", more than " + std::to_string(bulk.above);
      });
    }
    if (is_set(value) && has_name(bulk.flags, folded)) {
      raise(bulk.risk_tier, [&] { return bulk.reason + ": " + at.path() + " is set"; });
    }
  }
}

// Whether any word of the text is an environment's, just as it is written.
bool StepAssessor::is_known_environment(std::string_view text) const {
  const std::string all = fold(text);
  std::string_view folded = all;
  for (auto found = take_word(folded); !found.empty(); found = take_word(folded)) {
    for (const PlanEnvironment& each : catalogue_.environments) {
      if (std::find(each.words.begin(), each.words.end(), found) != each.words.end()) return true;
    }
  }
  return false;
}

// What gives a text the risk of an environment is any word of it, however it is read.
void StepAssessor::environment_words(std::string_view text, const PlanPlace& at) {
  const auto& environments = catalogue_.environments;
  if (environments.empty()) return;
  told_.assign(environments.size(), false);  // Once of each is enough.
  const auto found = [&](std::string_view word) {
    for (std::size_t i = 0; i < environments.size(); ++i) {
      const PlanEnvironment& each = environments[i];
      if (told_[i]) continue;
      if (std::find(each.plain_words.begin(), each.plain_words.end(), word) ==
          each.plain_words.end()) {
        continue;
      }
      told_[i] = true;
      raise(each.risk_tier,
            [&] { return each.reason + ": " + quoted(text) + " (" + at.path() + ")"; });
    }
  };
  if (is_plain_reading(text)) return for_each_word(text, wanted_, std::ref(found));
  for (const std::string& reading : readings_of(text)) {
    for_each_word(reading, wanted_, std::ref(found));
  }
}

// `named` is the member that the value is of, also as an item of its list.
void StepAssessor::walk(const Json& value, const PlanPlace& at, const Json::Member* named) {
  if (value.is_string()) {
    environment_words(value.string(), at);
    if (named != nullptr) resource(value.string(), named);
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.items().size(); ++i) {
      walk(value.items()[i], {&at, {}, i}, named);
    }
  } else if (value.is_object()) {
    for (const auto& member : value.members()) {
      const PlanPlace below{&at, member.first};
      if (is_set(member.second)) environment_words(member.first, below);
      measure(member, below);
      walk(member.second, below, &member);
    }
  }
}

// What a step itself calls its environment has to be known, or nobody knows where it happens.
void StepAssessor::stated_environment(const Json& value) {
  if (value.is_null()) return;
  const std::string text = text_of(value);
  if (value.is_string() && is_known_environment(text)) return;
  raise(RiskTier::high, [&] { return "Unknown environment: " + quoted(text); });
}

// Wherever in the constraints it does so.
void StepAssessor::stated_environments(const Json& value) {
  if (value.is_array()) {
    for (const Json& item : value.items()) stated_environments(item);
  } else if (value.is_object()) {
    for (const auto& [name, member] : value.members()) {
      const std::string folded = fold(name);
      const std::string_view known = trimmed(folded);
      if (known == "environment" || known == "env") stated_environment(member);
      stated_environments(member);
    }
  }
}

void StepAssessor::action_risk(const PlanAction* action) {
  if (action == nullptr) {
    raise(RiskTier::high, [&] { return "Unknown action: " + quoted(step_.action); });
  } else if (!action->risk_tier) {
    raise(RiskTier::high, [&] { return "Action without a risk tier: " + quoted(step_.action); });
  } else {
    raise(*action->risk_tier, [&] {
      return "Action of " + std::string(word(*action->risk_tier)) +
             " risk: " + quoted(step_.action);
    });
  }
}

StepRisk StepAssessor::assess(const PlanAction* action) {
  for (const PlanResources& each : catalogue_.resources) {
    if (each.actions.empty() || has_name(each.actions, step_.action)) resources_.push_back(&each);
  }
  const PlanPlace root;
  resource(step_.resource, nullptr);
  environment_words(step_.resource, {&root, "resource"});
  stated_environments(step_.constraints);
  walk(step_.constraints, {&root, "constraints"}, nullptr);
  walk(step_.params, {&root, "params"}, nullptr);
  action_risk(action);
  return {.tier = tier_, .reason = told()};
}

}  // namespace

StepRisk assess_risk(const PlanStep& step, const PlanAction* action,
                     const PlanCatalogue& catalogue) {
  return StepAssessor(step, catalogue).assess(action);
}

}  // namespace assent
