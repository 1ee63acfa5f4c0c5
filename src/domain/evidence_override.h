// Which evidence a request needs, and who said so: the policy, a template, or the request itself.
// Pure.
#pragma once

#include "base/result.h"
#include "domain/evidence.h"
#include "domain/words.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace assent {

// A field that inherits when it is left out, clears when it is null, and overrides with a value.
template <class T>
struct Override {
  bool is_present = false;
  std::optional<T> value = {};  // Nothing while present: null.

  static Override null() { return {.is_present = true}; }
  static Override of(T value) { return {.is_present = true, .value = std::move(value)}; }
};

struct EvidenceOverride {
  Override<bool> required;             // null is false: nothing need be attached.
  Override<std::int64_t> ttl_seconds;  // null: age is not checked. A value is 1 … 31,536,000.

  bool is_present() const { return required.is_present || ttl_seconds.is_present; }
};

// Where the terms of a request come from, as the log says it. An override is one even if it says
// what would have been said anyway.
enum class EvidenceSource { default_, template_, override_ };
template <>
std::span<const std::string_view> words<EvidenceSource>();

// What applies to a request before it has said anything itself.
struct EvidenceBasis {
  EvidencePolicy entry;                         // Of what answered in the policy.
  bool is_explicit = false;                     // An entry matched; false: the defaults answered.
  bool has_template = false;                    // The request names a template …
  std::optional<EvidencePolicy> from_template;  // … which says something of evidence.
};

struct EffectiveEvidence {
  EvidencePolicy policy;
  EvidenceSource source = EvidenceSource::default_;
  bool is_weakened = false;  // The request asked for less than it stood under, and was allowed to.
};

enum class Weakening { forbidden, allowed };

// A template is the word of the policy's author, so it replaces what the defaults say of evidence.
// An entry that matched was written for this very request, and a template that any requester may
// name must not undo it: then the stricter of the two counts, field by field.
//
// What the request says itself replaces that, field by field. Code::unprocessable at
// `<path>.required` or `<path>.ttlSeconds` where it would weaken and may not.
Result<EffectiveEvidence> effective_evidence(const EvidenceBasis& basis,
                                             const EvidenceOverride& asked, Weakening weakening,
                                             const std::string& path);

}  // namespace assent
