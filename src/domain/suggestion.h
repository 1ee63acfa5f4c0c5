// Suggestions: what people keep approving could be a standing rule, and a rule whose calls fail
// could be none. The engine suggests, a person decides. Pure: told the time. Source: the autonomy
// suggestions of seed 000's system: five likes, thirty days of rest.
#pragma once

#include "base/hash.h"
#include "base/id.h"
#include "base/json.h"
#include "base/time.h"
#include "domain/condition.h"
#include "domain/rule.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assent {

inline constexpr std::int64_t kLikesWanted = 5;
// How long a dismissed suggestion is not made again.
inline constexpr std::chrono::hours kSuggestionRest{30 * 24};

enum class SuggestionKind { promotion, demotion };
enum class SuggestionStatus { pending, confirmed, dismissed, superseded };
template <>
std::span<const std::string_view> words<SuggestionKind>();
template <>
std::span<const std::string_view> words<SuggestionStatus>();

struct Suggestion {
  SuggestionId id;
  SuggestionKind kind = SuggestionKind::promotion;
  SuggestionStatus status = SuggestionStatus::pending;
  std::string tool;
  std::string fingerprint;                     // `sha256:…`; of a demotion, empty.
  std::vector<ArgumentCondition> constraints;  // Of the rule that it would be, or is.
  std::optional<RuleId> rule;                  // Of a demotion, or of what came of a promotion.
  std::vector<ApprovalId> approvals;           // What led to it.
  Timestamp created_at;
  std::optional<Timestamp> ended_at;
};

// What makes two calls alike: the tool, and what is pinned of its arguments. The version is part of
// it, so that likes counted by one definition never count for a wider one.
std::string fingerprint_of(std::string_view tool, std::span<const ArgumentCondition> constraints);

// Whether an earlier suggestion of the same keeps a new one from being made.
bool stands_in_the_way(const Suggestion& earlier, Timestamp now);

// Whether the rule matches every call that the suggested one would.
bool covers(const Rule& rule, const Suggestion& suggestion);

}  // namespace assent
