// Evidence: what is attached before a decision, may gate it, and has an age. Pure.
// Source: seed 001 (EVI012) with its trap 1 turned round: the newest usable item decides.
#pragma once

#include "base/id.h"
#include "base/json.h"
#include "base/time.h"
#include "domain/words.h"

#include <optional>
#include <span>
#include <string>

namespace assent {

struct EvidencePolicy {
  bool required = false;
  std::optional<std::int64_t> ttl_seconds;  // 1 … 31,536,000; nothing: age is not checked.

  friend bool operator==(const EvidencePolicy&, const EvidencePolicy&) = default;
};

struct Evidence {
  EvidenceId id;
  ApprovalId approval;
  EvidenceType type = EvidenceType::text;
  std::optional<std::string> name;
  std::optional<std::string> text;    // Of type text and entity.
  std::optional<std::string> url;     // Of type url.
  std::optional<std::string> sha256;  // `sha256:…`; of the content where there is one.
  std::optional<std::int64_t> size_bytes;
  Timestamp captured_at;  // What the age counts from: never later than attached_at.
  Timestamp attached_at;
  std::optional<Timestamp> withdrawn_at;

  bool is_usable() const { return !withdrawn_at; }
};

// What the evidence of one approval amounts to at one moment.
struct EvidenceCheck {
  bool has_evidence = false;
  std::optional<bool> is_fresh;             // Nothing where no TTL applies or nothing is attached.
  std::optional<std::int64_t> age_seconds;  // Floored; nothing where nothing is attached.
  std::optional<Timestamp> latest_at;       // capturedAt of the newest usable item.
};

// The newest usable item (by captured_at) decides; an age equal to the TTL is still fresh, one
// microsecond more is not.
EvidenceCheck check_evidence(const EvidencePolicy& policy, std::span<const Evidence> items,
                             Timestamp now);

// Required but missing, then stale (also where evidence is attached but not required).
std::optional<Refusal> refuse_evidence(const EvidencePolicy& policy, const EvidenceCheck& check);

// EVI012's exact objects: `{hasEvidence, isFresh, ageSeconds}` and, for a block,
// `{evidenceRequired, hasEvidence}` or `{evidenceTtl, evidenceAge, latestEvidenceAt}`.
Json to_json(const EvidenceCheck& check);
Json evidence_details(Refusal refusal, const EvidencePolicy& policy, const EvidenceCheck& check);
Json to_json(const EvidencePolicy& policy);  // `{required, ttlSeconds}` (null where absent).

// Whether `asked` is at least as strict as `base` (a request may tighten, never weaken).
bool is_at_least_as_strict(const EvidencePolicy& asked, const EvidencePolicy& base);
// What satisfies both.
EvidencePolicy stricter_of(const EvidencePolicy& one, const EvidencePolicy& other);

}  // namespace assent
