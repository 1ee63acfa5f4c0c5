#include "store/search/search_terms.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace assent::store {
namespace {

constexpr std::string_view kApprovalPrefix = "approval/";

// A hash of our own, because it is on disk and the standard library's may change. Eight bytes a
// step, multiply and fold, MurmurHash3's finaliser. Who makes values collide only slows down the
// queries of their own tenant for these values: matches are decided on the events.
std::uint64_t hash_of(std::string_view text) {
  constexpr std::uint64_t kStep = 0x9E3779B97F4A7C15U;
  std::uint64_t hash = text.size() * kStep;
  while (!text.empty()) {
    const std::size_t count = std::min(text.size(), sizeof(std::uint64_t));
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), count);
    hash = std::rotl((hash ^ word) * kStep, 29);
    text.remove_prefix(count);
  }
  hash = (hash ^ (hash >> 33)) * 0xFF51AFD7ED558CCDU;
  hash = (hash ^ (hash >> 33)) * 0xC4CEB9FE1A85EC53U;
  return hash ^ (hash >> 33);
}

std::string joined(std::string_view a, std::string_view separator, std::string_view b) {
  std::string text;
  text.reserve(a.size() + separator.size() + b.size());
  return text.append(a).append(separator).append(b);
}

bool is_joined(std::string_view text, std::string_view a, char separator, std::string_view b) {
  return text.size() == a.size() + 1 + b.size() && text.starts_with(a) &&
         text[a.size()] == separator && text.ends_with(b);
}

// Whether `wanted` is the id, or the type and the id around the separator.
bool is_named(const std::string& wanted, const Facets::Spelling& type, char separator,
              const Facets::Spelling& id) {
  if (!id) return false;
  return wanted == *id || (type && is_joined(wanted, *type, separator, *id));
}

bool is_equal(const std::optional<std::string>& wanted, const Facets::Spelling& value) {
  return !wanted || (value && *wanted == *value);
}

bool is_one_of(const std::vector<std::string>& wanted, const Facets::Spelling& value) {
  return wanted.empty() ||
         (value && std::find(wanted.begin(), wanted.end(), *value) != wanted.end());
}

bool is_target(const std::string& wanted, const Facets::Target& target) {
  return is_named(wanted, target.type, '/', target.id);
}

template <class T>
std::vector<T> without_duplicates(std::vector<T> values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

class Appender {
 public:
  explicit Appender(std::vector<Term>& terms) : terms_(terms) {}

  void add(TermKind kind, const Facets::Spelling& value) {
    if (value) terms_.push_back({kind, hash_of(*value)});
  }
  void add_joined(TermKind kind, std::string_view a, std::string_view separator,
                  std::string_view b) {
    terms_.push_back({kind, hash_of(joined(a, separator, b))});
  }
  void add_target(const Facets::Target& target) {
    if (!target.id) return;
    add(TermKind::thing, target.id);
    if (target.type) add_joined(TermKind::thing, *target.type, "/", *target.id);
  }

 private:
  std::vector<Term>& terms_;
};

}  // namespace

Filters filters_of(const EventQuery& query) {
  const auto spelt = [](const std::optional<std::string>& text) {
    return text ? std::optional(spelling_of(*text)) : std::nullopt;
  };
  std::vector<std::string> types;
  for (const std::string& type : query.types) types.push_back(spelling_of(type));
  return {.id = std::nullopt,
          .types = std::move(types),
          .actor = spelt(query.actor),
          .subject = spelt(query.subject),
          .target = spelt(query.target),
          .approval_id = spelt(query.approval_id),
          .correlation_id = spelt(query.correlation_id),
          .trace_id = spelt(query.trace_id),
          .outcome = spelt(query.outcome)};
}

bool matches(const Facets& facets, const Filters& filters) {
  return is_equal(filters.id, facets.id) && is_one_of(filters.types, facets.type) &&
         is_equal(filters.subject, facets.subject) &&
         is_equal(filters.approval_id, facets.approval_id) &&
         is_equal(filters.correlation_id, facets.correlation_id) &&
         is_equal(filters.trace_id, facets.trace_id) && is_equal(filters.outcome, facets.outcome) &&
         (!filters.actor || is_named(*filters.actor, facets.actor_type, ':', facets.actor_id)) &&
         (!filters.target || is_target(*filters.target, facets.flat_target) ||
          is_target(*filters.target, facets.inner_target));
}

void append_terms(const Facets& facets, std::vector<Term>& terms) {
  Appender appender(terms);
  appender.add(TermKind::event, facets.id);
  appender.add(TermKind::type, facets.type);
  appender.add(TermKind::actor, facets.actor_id);
  if (facets.actor_type && facets.actor_id) {
    appender.add_joined(TermKind::actor, *facets.actor_type, ":", *facets.actor_id);
  }
  appender.add(TermKind::thing, facets.subject);
  appender.add_target(facets.flat_target);
  appender.add_target(facets.inner_target);
  if (facets.approval_id) {
    appender.add_joined(TermKind::thing, kApprovalPrefix, "", *facets.approval_id);
  }
  appender.add(TermKind::flow, facets.trace_id);
  appender.add(TermKind::flow, facets.correlation_id);
  appender.add(TermKind::outcome, facets.outcome);
}

std::vector<AnyOf> terms_of(const Filters& filters) {
  std::vector<Term> terms;
  Appender appender(terms);
  appender.add(TermKind::event, filters.id);
  appender.add(TermKind::actor, filters.actor);
  appender.add(TermKind::thing, filters.subject);
  appender.add(TermKind::thing, filters.target);
  if (filters.approval_id) {
    appender.add_joined(TermKind::thing, kApprovalPrefix, "", *filters.approval_id);
  }
  appender.add(TermKind::flow, filters.trace_id);
  appender.add(TermKind::flow, filters.correlation_id);
  appender.add(TermKind::outcome, filters.outcome);

  std::vector<AnyOf> all;
  all.reserve(terms.size() + 1);
  for (const Term& term : terms) all.push_back({term});
  terms.clear();
  for (const std::string& type : filters.types) appender.add(TermKind::type, type);
  if (!terms.empty()) all.push_back(without_duplicates(std::move(terms)));
  return without_duplicates(std::move(all));
}

}  // namespace assent::store
