#include "store/verify/verify_log.h"

#include "base/text.h"
#include "domain/words.h"
#include "store/read.h"
#include "store/state/projection.h"

#include <algorithm>
#include <array>
#include <utility>

namespace assent::store {
namespace {

constexpr std::string_view kAttempted = "approval.attempted";
constexpr std::string_view kBlocked = "approval.blocked.";
constexpr std::array<std::string_view, 7> kOutcomes = {
    "approval.abandoned", "approval.cancelled", "approval.deferred", "approval.recorded",
    "approval.rejected",  "approval.succeeded", "breakglass.used"};
// How many blobs need not be read again when another event names them.
constexpr std::size_t kGoodBlobsMax = 65'536;

Error corrupt(std::string what) {
  return {Code::corrupt, std::move(what)};
}

bool is_outcome(std::string_view type) {
  return type.starts_with(kBlocked) || std::ranges::find(kOutcomes, type) != kOutcomes.end();
}

// A policy entry that rejects answers the request itself: nobody attempted anything.
bool is_by_rule(const StoredEvent& event) {
  const Json* actor = event.data.find("actor");
  return event.type == "approval.rejected" && actor->string_at("type") == word(ActorType::rule);
}

std::string approval_of(const StoredEvent& event) {
  return std::string(event.data.string_at("approvalId").value_or(""));
}

}  // namespace

Result<void> VerifyPairs::add(const StoredEvent& event) {
  const auto attempt = std::exchange(open_, std::nullopt);
  const bool is_answer = is_outcome(event.type) && !is_by_rule(event);
  if (attempt && !(is_answer && approval_of(event) == attempt->approval &&
                   event.trace_id == attempt->trace_id)) {
    blamed_ = attempt->sequence;
    return corrupt("the attempt is not followed by its outcome");
  }
  if (is_answer && !attempt) return corrupt("the outcome has no attempt before it");
  if (event.type == kAttempted) {
    open_ = {
        .sequence = event.sequence, .approval = approval_of(event), .trace_id = event.trace_id};
  }
  return {};
}

Result<void> VerifyPairs::finish() {
  if (!open_) return {};
  blamed_ = open_->sequence;
  return corrupt("the log ends with an attempt that has no outcome");
}

Result<void> VerifyLog::add(std::uint64_t sequence, std::string_view leaf, std::string_view body) {
  blamed_ = size();
  auto added = add_bytes(sequence, leaf, body);
  if (added && !causes_.is_full()) return {};
  // A cause that is still looked for was named by an earlier event than this one.
  const auto blamed = blamed_;
  TRY(resolve_causes());
  blamed_ = blamed;
  return added;
}

Result<void> VerifyLog::add_bytes(std::uint64_t sequence, std::string_view leaf,
                                  std::string_view body) {
  if (sequence > size()) {
    if (const auto event = stored_event_from(body); event && name_.empty()) name_ = event->tenant;
    return corrupt("the event is missing");
  }
  const auto stored_leaf = hash_from_bytes(leaf);
  if (!stored_leaf) return corrupt("the stored leaf is not a hash");
  TRY(check_.add(body, *stored_leaf));
  const auto event = TRY(stored_event_from(body));
  if (event.sequence != sequence) {
    return corrupt("the event says that its sequence is " + std::to_string(event.sequence));
  }
  TRY(add_event(event));
  if (checkpoint_ && check_.size() == checkpoint_->head.size) TRY(check_checkpoint());
  return {};
}

Result<void> VerifyLog::add_event(const StoredEvent& event) {
  if (event.sequence == 0) TRY(found(event));
  TRY(check_place(event));
  time_ = event.time;
  if (event.type == "ledger.key_rotated") TRY(rotate(event));
  causes_.add(event);
  auto paired = pairs_.add(event);
  if (!paired) {
    if (pairs_.blamed()) blamed_ = pairs_.blamed();
    return paired;
  }
  TRY(check_content(event));
  return project(parts_.replay, {.tenant = static_cast<std::int64_t>(parts_.tenant),
                                 .sequence = event.sequence,
                                 .time = event.time,
                                 .id = event.id,
                                 .type = event.type,
                                 .subject = event.subject,
                                 .correlation_id = event.correlation_id,
                                 .data = event.data});
}

// What the first event says of the log, every later one is held to.
Result<void> VerifyLog::found(const StoredEvent& event) {
  if (event.type != "ledger.created") return corrupt("the log does not begin with ledger.created");
  name_ = event.data.string_at("name").value_or("");
  origin_ = event.data.string_at("origin").value_or("");
  verifier_key_ = event.data.string_at("verifierKey").value_or("");
  time_ = event.time;
  return open_note();
}

Result<void> VerifyLog::check_place(const StoredEvent& event) const {
  if (event.tenant != name_) return corrupt("the event is of another tenant");
  if (event.source != origin_) return corrupt("the event is of another log");
  if (event.time < time_) return corrupt("the event is older than the one before it");
  return {};
}

// That what is named by hash is there, and that what was shown is what was decided about.
Result<void> VerifyLog::check_content(const StoredEvent& event) {
  const Json& data = event.data;
  if (event.type == "policy.changed") return check_blob(data);
  if (event.type == "evidence.attached" && data.string_at("type") == word(EvidenceType::file)) {
    return check_blob(data);
  }
  // A request, or a decision that edited: both say which content from then on is meant.
  if (!event.type.starts_with("approval.")) return {};

  const auto content_hash = data.string_at("contentHash");
  if (const Json* subject = data.find("subject")) {
    if (content_hash != content_hash_text(sha256(canonical_json(*subject)))) {
      return corrupt("the content hash is not that of the subject");
    }
  }
  if (const Json* blob = data.find("subjectBlob")) {
    if (content_hash != blob->string_at("sha256")) {
      return corrupt("the content hash is not that of the subject");
    }
    TRY(check_blob(*blob));
  }
  if (const Json* blob = data.find("requestBlob")) TRY(check_blob(*blob));
  return {};
}

Result<void> VerifyLog::check_blob(const Json& named) {
  const std::string text(named.string_at("sha256").value_or(""));
  if (good_blobs_.contains(text)) return {};
  const auto hash = content_hash_from_text(text);
  if (!hash) return corrupt("the event names its blob by what is no hash");
  const auto bytes = parts_.blobs.get(parts_.tenant, *hash);
  if (!bytes) {
    if (bytes.error().code == Code::unavailable) return bytes.error();
    return corrupt("the blob " + text + " is lost or damaged");
  }
  // Its own word is not taken for it: this is what verify is for.
  if (sha256(*bytes) != *hash) return corrupt("the blob " + text + " is damaged");
  if (good_blobs_.size() >= kGoodBlobsMax) good_blobs_.clear();
  good_blobs_.insert(text);
  return {};
}

Result<void> VerifyLog::open_note() {
  const auto key = ledger::VerifierKey::from_text(verifier_key_);
  if (!key) return corrupt("the log's verifier key is none");
  if (key->name() != origin_) return corrupt("the log's verifier key is another log's");
  const auto note = parts_.notes.find(name_);
  if (note == parts_.notes.end()) return {};
  auto checkpoint = ledger::open_checkpoint(note->second, *key);
  unopened_.reset();
  if (checkpoint) {
    checkpoint_ = *std::move(checkpoint);
  } else {
    unopened_ = checkpoint.error().detail;  // A later key of the log may vouch for it.
  }
  return {};
}

// From the size after this event on, the new key signs alone.
Result<void> VerifyLog::rotate(const StoredEvent& event) {
  if (event.data.string_at("previousVerifierKey") != verifier_key_) {
    return corrupt("the key that was replaced is not the one that the log had");
  }
  if (checkpoint_ && ledger::number(checkpoint_->head.size) > event.sequence) {
    return corrupt("the checkpoint is signed with the key that was replaced here");
  }
  verifier_key_ = event.data.string_at("verifierKey").value_or("");
  if (checkpoint_) return {};
  TRY(open_note());
  if (!checkpoint_ || ledger::number(checkpoint_->head.size) > event.sequence) return {};
  return corrupt("the checkpoint is signed with a key that came only here");
}

Result<void> VerifyLog::check_checkpoint() const {
  if (check_.head() == checkpoint_->head) return {};
  return corrupt(
      "this or an event before it was replaced: the log is not the one whose checkpoint of size " +
      std::to_string(size()) + " was signed");
}

Result<void> VerifyLog::resolve_causes() {
  const auto unknown = TRY(causes_.resolve(parts_.source));
  if (!unknown) return {};
  blamed_ = *unknown;
  return corrupt("the event that it names as its cause is not in the log before it");
}

Result<void> VerifyLog::finish(const StoredHead& head) {
  TRY(resolve_causes());
  blamed_ = std::min(size(), head.size);
  if (size() < head.size) {
    return corrupt("the event is missing: the log's head counts " + std::to_string(head.size));
  }
  if (size() > head.size) {
    return corrupt("the event is beyond the log's head, which counts " + std::to_string(head.size));
  }
  if (checkpoint_ && check_.size() < checkpoint_->head.size) {
    return corrupt("the event is missing: the log's checkpoint promised " +
                   std::to_string(ledger::number(checkpoint_->head.size)));
  }
  if (unopened_) {
    blamed_.reset();
    return corrupt("the checkpoint file is none that the log's key vouches for: " + *unopened_);
  }
  auto paired = pairs_.finish();
  if (!paired) {
    blamed_ = pairs_.blamed();
    return paired;
  }
  blamed_.reset();
  const auto frontier = ledger::Frontier::from(ledger::Size{head.size}, head.peaks);
  if (!frontier || frontier->head() != check_.head()) {
    return corrupt("the log's events do not hash to its head");
  }
  if (head.time != time_) return corrupt("the log's head has another time than its last event");
  return {};
}

TenantReport VerifyLog::report() const {
  TenantReport report{.name = name_,
                      .verifier_key = verifier_key_,
                      .size = size(),
                      .root = to_hex(as_bytes(check_.head().root)),
                      .checkpoint_size = std::nullopt};
  if (checkpoint_) report.checkpoint_size = ledger::number(checkpoint_->head.size);
  return report;
}

}  // namespace assent::store
