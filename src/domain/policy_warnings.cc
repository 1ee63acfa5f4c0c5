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

// Compares entries, up to a budget: texts full of stars take long, and a policy is put by people
// who wait for the answer.
class Comparison {
 public:
  explicit Comparison(const std::vector<PolicyEntry>& entries) : entries_(entries) {}

  // The first entry that answers whatever the one at `index` would.
  std::optional<std::size_t> cover_of(std::size_t index) {
    for (std::size_t i = 0; i < index && budget_ > 0; ++i) {
      if (covers(entries_[i], entries_[index])) return i;
    }
    return std::nullopt;
  }
  bool is_exhausted() const { return budget_ <= 0; }

 private:
  bool covers(const PolicyEntry& earlier, const PolicyEntry& later) {
    const auto kind_of = [](const PolicyEntry& entry) {
      return entry.kind.value_or(Kind::tool_call);
    };
    spend(earlier.tool, later.tool);
    return kind_of(earlier) == kind_of(later) && covers_glob(earlier.tool, later.tool) &&
           std::all_of(earlier.arguments.begin(), earlier.arguments.end(),
                       [&](const auto& wide) { return is_implied(wide, later); });
  }

  bool is_implied(const ArgumentCondition& wide, const PolicyEntry& by) {
    if (wide.type == ConditionType::any) return true;
    return std::any_of(by.arguments.begin(), by.arguments.end(), [&](const auto& narrow) {
      --budget_;
      if (narrow.argument != wide.argument) return false;
      if (wide.value.is_string() && narrow.value.is_string()) {
        spend(wide.value.string(), narrow.value.string());
      }
      return implies(narrow, wide);
    });
  }

  // What matching may cost at most: linear without a star, else text times pattern.
  void spend(const std::string& pattern, const std::string& text) {
    const bool is_plain = pattern.find('*') == std::string::npos;
    budget_ -= 1 + static_cast<std::int64_t>(is_plain ? 0 : pattern.size() * text.size());
  }

  const std::vector<PolicyEntry>& entries_;
  std::int64_t budget_ = 1'000'000'000;  // A second or so.
};

std::string name_of(const std::vector<PolicyEntry>& entries, std::size_t index) {
  return "tools[" + std::to_string(index) + "] (" + entries[index].tool + ")";
}

}  // namespace

std::vector<std::string> warnings(const Policy& policy) {
  const auto& entries = policy.entries;
  std::vector<std::string> sentences;
  Comparison comparison(entries);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto cover = comparison.cover_of(i);
    if (comparison.is_exhausted()) {
      sentences.push_back(name_of(entries, i) +
                          " and what follows was not compared: the entries are too long for it");
      break;
    }
    if (!cover) continue;
    sentences.push_back(name_of(entries, i) + " is never reached: " + name_of(entries, *cover) +
                        " answers first");
  }
  return sentences;
}

}  // namespace assent
