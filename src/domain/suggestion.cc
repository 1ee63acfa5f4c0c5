#include "domain/suggestion.h"

#include "base/canonical.h"

#include <algorithm>
#include <array>

namespace assent {

template <>
std::span<const std::string_view> words<SuggestionKind>() {
  static constexpr std::array<std::string_view, 2> kWords = {"promotion", "demotion"};
  return kWords;
}

template <>
std::span<const std::string_view> words<SuggestionStatus>() {
  static constexpr std::array<std::string_view, 4> kWords = {"pending", "confirmed", "dismissed",
                                                             "superseded"};
  return kWords;
}

namespace {

constexpr int kFingerprintVersion = 1;

}  // namespace

std::string fingerprint_of(std::string_view tool, std::span<const ArgumentCondition> constraints) {
  Json pinned = Json::object();
  for (const ArgumentCondition& condition : constraints) {
    if (condition.type == ConditionType::exact) pinned.set(condition.argument, condition.value);
  }
  const Json subject = Json::object(
      {{"arguments", std::move(pinned)}, {"tool", tool}, {"version", kFingerprintVersion}});
  return content_hash_text(sha256(canonical_json(subject)));
}

bool stands_in_the_way(const Suggestion& earlier, Timestamp now) {
  switch (earlier.status) {
    case SuggestionStatus::pending:
      return true;
    case SuggestionStatus::dismissed:
      return now - earlier.ended_at.value_or(earlier.created_at) <= kSuggestionRest;
    case SuggestionStatus::confirmed:
    case SuggestionStatus::superseded:
      return false;
  }
  return false;
}

bool covers(const Rule& rule, const Suggestion& suggestion) {
  if (rule.tool != suggestion.tool) return false;
  // What the suggestion leaves open may be anything, absent too.
  Json pinned = Json::object();
  for (const ArgumentCondition& condition : suggestion.constraints) {
    if (condition.type == ConditionType::exact) pinned.set(condition.argument, condition.value);
  }
  return std::ranges::all_of(rule.constraints,
                             [&](const auto& condition) { return fits(condition, pinned); });
}

}  // namespace assent
