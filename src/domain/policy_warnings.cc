// What one entry of a policy hides from the next.
#include "base/text.h"
#include "domain/policy.h"

#include <algorithm>

namespace assent {
namespace {

// Whether every text that fits `narrow` fits `wide`. In `wide` no plain character is a `*`, so the
// stars of `narrow`, taken as text, can only fall to stars of `wide`, which take anything.
bool covers_glob(const std::string& wide, const std::string& narrow) {
  return matches_glob(wide, narrow);
}

bool is_literal(const ArgumentCondition& condition) {
  return condition.type == ConditionType::exact ||
         (condition.type == ConditionType::pattern &&
          condition.value.string().find('*') == std::string::npos);
}

// Whether whatever meets `narrow`, a condition on the same argument, meets `wide`.
bool implies(const ArgumentCondition& narrow, const ArgumentCondition& wide) {
  if (wide.type == ConditionType::any) return true;
  if (narrow.type == ConditionType::any) return false;
  if (is_literal(wide)) return is_literal(narrow) && narrow.value == wide.value;
  return narrow.value.is_string() && covers_glob(wide.value.string(), narrow.value.string());
}

// What comparing may cost: texts full of stars take long, and a policy is put by people who wait
// for the answer.
class Budget {
 public:
  void spend_one() { --left_; }
  // What matching may cost at most: linear without a star, else text times pattern.
  void spend(const std::string& pattern, const std::string& text) {
    const bool is_plain = pattern.find('*') == std::string::npos;
    left_ -= 1 + static_cast<std::int64_t>(is_plain ? 0 : pattern.size() * text.size());
  }
  bool is_exhausted() const { return left_ <= 0; }

 private:
  std::int64_t left_ = 1'000'000'000;  // A second or so.
};

class Comparison {
 public:
  Comparison(const std::vector<PolicyEntry>& entries, Budget& budget)
      : entries_(entries), budget_(budget) {}

  // The first entry that answers whatever the one at `index` would.
  std::optional<std::size_t> cover_of(std::size_t index) {
    for (std::size_t i = 0; i < index && !budget_.is_exhausted(); ++i) {
      if (covers(entries_[i], entries_[index])) return i;
    }
    return std::nullopt;
  }

 private:
  bool covers(const PolicyEntry& earlier, const PolicyEntry& later) {
    const auto kind_of = [](const PolicyEntry& entry) {
      return entry.kind.value_or(Kind::tool_call);
    };
    budget_.spend(earlier.tool, later.tool);
    return kind_of(earlier) == kind_of(later) && covers_glob(earlier.tool, later.tool) &&
           std::all_of(earlier.arguments.begin(), earlier.arguments.end(),
                       [&](const auto& wide) { return is_implied(wide, later); });
  }

  bool is_implied(const ArgumentCondition& wide, const PolicyEntry& by) {
    if (wide.type == ConditionType::any) return true;
    return std::any_of(by.arguments.begin(), by.arguments.end(), [&](const auto& narrow) {
      budget_.spend_one();
      if (narrow.argument != wide.argument) return false;
      if (wide.value.is_string() && narrow.value.is_string()) {
        budget_.spend(wide.value.string(), narrow.value.string());
      }
      return implies(narrow, wide);
    });
  }

  const std::vector<PolicyEntry>& entries_;
  Budget& budget_;
};

std::string name_of(const std::vector<PolicyEntry>& entries, std::size_t index) {
  return "tools[" + std::to_string(index) + "] (" + entries[index].tool + ")";
}

std::string name_of(const std::vector<EmissionRule>& rules, std::size_t index) {
  return "emissions[" + std::to_string(index) + "] (" + rules[index].match + ")";
}

bool says_proof(const EmissionRule& rule) {
  return rule.proof.has_value();
}

bool says_who(const EmissionRule& rule) {
  return rule.by.has_value();
}

// What of `emissions` answers nothing: one member of each is looked at, since each is answered by
// the first that has it.
void hidden_emissions(const std::vector<EmissionRule>& rules, bool (*says)(const EmissionRule&),
                      std::string_view member, Budget& budget,
                      std::vector<std::string>& sentences) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (!says(rules[i])) continue;
    for (std::size_t before = 0; before < i && !budget.is_exhausted(); ++before) {
      budget.spend(rules[before].match, rules[i].match);
      if (!says(rules[before]) || !covers_glob(rules[before].match, rules[i].match)) continue;
      sentences.push_back(name_of(rules, i) + " is never asked for its " + std::string(member) +
                          ": " + name_of(rules, before) + " answers first");
      break;
    }
  }
}

void warn_of_emissions(const std::vector<EmissionRule>& rules,
                       std::vector<std::string>& sentences) {
  Budget budget;
  hidden_emissions(rules, says_proof, "proof", budget, sentences);
  hidden_emissions(rules, says_who, "by", budget, sentences);
  if (budget.is_exhausted()) {
    sentences.push_back("emissions were not all compared: the entries are too long for it");
  }
}

}  // namespace

std::vector<std::string> warnings(const Policy& policy) {
  const auto& entries = policy.entries;
  std::vector<std::string> sentences;
  Budget budget;
  Comparison comparison(entries, budget);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto cover = comparison.cover_of(i);
    if (budget.is_exhausted()) {
      sentences.push_back(name_of(entries, i) +
                          " and what follows was not compared: the entries are too long for it");
      break;
    }
    if (!cover) continue;
    sentences.push_back(name_of(entries, i) + " is never reached: " + name_of(entries, *cover) +
                        " answers first");
  }
  warn_of_emissions(policy.emissions, sentences);
  return sentences;
}

}  // namespace assent
