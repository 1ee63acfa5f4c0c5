#include "store/verify/verify_log.h"

#include "base/canonical.h"
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

Result<void> VerifyPairs::add_other() {
  if (!open_) return {};
  blamed_ = std::exchange(open_, std::nullopt)->sequence;
  return corrupt("the attempt is not followed by its outcome");
}

Result<void> VerifyPairs::finish() {
  if (!open_) return {};
  blamed_ = open_->sequence;
  return corrupt("the log ends with an attempt that has no outcome");
}

Result<void> VerifyLog::add(std::uint64_t sequence, std::string_view leaf, std::string_view body) {
  blamed_ = size();
  auto added = add_bytes(sequence, leaf, body);
  if (added && !causes_.is_full() && !ids_.is_due()) return {};
  // A cause or an id that is still looked for is of an earlier event than this one.
  const auto blamed = blamed_;
  TRY(resolve_causes());
  TRY(resolve_ids());
  blamed_ = blamed;
  return added;
}

Result<void> VerifyLog::add_bytes(std::uint64_t sequence, std::string_view leaf,
                                  std::string_view body) {
  if (sequence > size()) {
    if (const auto event = stored_event_from(body); event && name_.empty()) name_ = event->tenant;
    return corrupt("the event is missing");
  }
  TRY(append(leaf, body));
  // Most events are an emitter's, and neither the state nor a blob has anything of them: they are
  // read the quick way.
  const auto view = scan_.read(body);
  if (view && sequence > 0 && !is_governed_type(view->type) && !may_have_state(*view) &&
      !may_have_proof_blob(view->data)) {
    TRY(add_emitted(*view, sequence));
  } else {
    const auto event = TRY(stored_event_from(body));
    TRY(check_sequence(event.sequence, sequence));
    TRY(add_event(event));
  }
  return notes_.wants(size()) ? check_notes(size()) : Result<void>();
}

Result<void> VerifyLog::append(std::string_view leaf, std::string_view body) {
  if (body.size() > kEntryBytesMax) {
    return corrupt("the entry is longer than a log's entry can be");
  }
  const Hash hash = ledger::hash_leaf(body);
  if (leaf.size() != hash.size()) return corrupt("the stored leaf is not a hash");
  if (leaf != as_bytes(hash)) {
    return corrupt("the stored leaf hash is not that of the stored bytes");
  }
  return tree_.append(hash, [this](const ledger::FullTile& tile) -> Result<void> {
    auto result = nodes_.add(tile);
    if (!result) blamed_.reset();  // The log itself is whole.
    return result;
  });
}

Result<void> VerifyLog::check_sequence(std::uint64_t said, std::uint64_t sequence) const {
  if (said == sequence) return {};
  return corrupt("the event says that its sequence is " + std::to_string(said));
}

Result<void> VerifyLog::blame_attempt(Result<void> paired) {
  if (!paired && pairs_.blamed()) blamed_ = pairs_.blamed();
  return paired;
}

Result<void> VerifyLog::add_emitted(const EventView& event, std::uint64_t sequence) {
  TRY(check_sequence(event.sequence, sequence));
  TRY(check_place(event.tenant, event.source, event.time));
  causes_.add(event.id, event.sequence, event.causation);
  ids_.add(event.id, event.sequence);
  return blame_attempt(pairs_.add_other());
}

Result<void> VerifyLog::add_event(const StoredEvent& event) {
  if (event.sequence == 0) TRY(found(event));
  TRY(check_place(event.tenant, event.source, event.time));
  causes_.add(event.id, event.sequence, event.causation);
  ids_.add(event.id, event.sequence);
  TRY(blame_attempt(pairs_.add(event)));
  TRY(check_content(event));
  if (event.sequence > 0) TRY(read_keys(event));
  return project(parts_.replay, {.tenant = static_cast<std::int64_t>(parts_.tenant),
                                 .sequence = event.sequence,
                                 .time = event.time,
                                 .id = event.id,
                                 .type = event.type,
                                 .subject = event.subject,
                                 .correlation_id = event.correlation_id,
                                 .data = event.data,
                                 .causation = event.causation});
}

// What the first event says of the log, every later one is held to.
Result<void> VerifyLog::found(const StoredEvent& event) {
  TRY(read_keys(event));
  name_ = event.data.string_at("name").value_or("");
  origin_ = event.data.string_at("origin").value_or("");
  verifier_key_ = event.data.string_at("verifierKey").value_or("");
  time_ = event.time;
  return collect_notes();
}

Result<void> VerifyLog::read_keys(const StoredEvent& event) {
  return keys_.add({.sequence = event.sequence,
                    .tenant = event.tenant,
                    .source = event.source,
                    .type = event.type,
                    .data = {}},
                   event.data);
}

Result<void> VerifyLog::check_place(std::string_view tenant, std::string_view source,
                                    Timestamp time) {
  if (tenant != name_) return corrupt("the event is of another tenant");
  if (source != origin_) return corrupt("the event is of another log");
  if (time < time_) return corrupt("the event is older than the one before it");
  time_ = time;
  return {};
}

// That what is named by hash is there, and that what was shown is what was decided about.
Result<void> VerifyLog::check_content(const StoredEvent& event) {
  const Json& data = event.data;
  if (!is_governed_type(event.type)) {
    const auto blob = proof_blob(data);
    return blob ? check_blob(*blob) : Result<void>();
  }
  if (event.type == "policy.changed") return check_blob(data);
  if (event.type == "evidence.attached" && data.string_at("type") == word(EvidenceType::file)) {
    return check_blob(data);
  }
  if (event.type.starts_with("ir.validated_")) {
    return check_hashed(data.string_at("irHash"), data.find("plan"), data.find("planBlob"));
  }
  // A request, or a decision that edited: both say which content from then on is meant.
  if (!event.type.starts_with("approval.")) return {};
  TRY(check_hashed(data.string_at("contentHash"), data.find("subject"), data.find("subjectBlob")));
  if (const Json* blob = data.find("requestBlob")) TRY(check_blob(*blob));
  return {};
}

// The hash is that of the content, wherever that is; either may be null.
Result<void> VerifyLog::check_hashed(std::optional<std::string_view> hash, const Json* content,
                                     const Json* blob) {
  if (content != nullptr && hash != content_hash_text(sha256(canonical_json(*content)))) {
    return corrupt("the content hash is not that of the subject");
  }
  if (blob == nullptr) return {};
  if (hash != blob->string_at("sha256")) {
    return corrupt("the content hash is not that of the subject");
  }
  return check_blob(*blob);
}

Result<void> VerifyLog::check_blob(const Json& named) {
  return check_blob(named.string_at("sha256").value_or(""));
}

Result<void> VerifyLog::check_blob(std::string_view named) {
  const std::string text(named);
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

// Those beside the database, and of what somebody kept those that name this log.
Result<void> VerifyLog::collect_notes() {
  const auto blamed = std::exchange(blamed_, std::nullopt);
  const auto beside = parts_.notes.find(name_);
  if (beside != parts_.notes.end()) {
    for (const VerifyNote& note : beside->second) TRY(notes_.add(note));
  }
  for (const VerifyNote& note : parts_.kept) {
    if (note.text.starts_with(origin_ + "\n")) TRY(notes_.add(note));
  }
  blamed_ = blamed;
  return {};
}

Result<void> VerifyLog::check_notes(std::uint64_t size) {
  const auto blamed = std::exchange(blamed_, std::nullopt);
  TRY(notes_.check_signatures(keys_, size));
  blamed_ = blamed;
  return notes_.compare(tree_.head());
}

Result<void> VerifyLog::resolve_causes() {
  const auto unknown = TRY(causes_.resolve(parts_.source));
  if (!unknown) return {};
  blamed_ = *unknown;
  return corrupt("the event that it names as its cause is not in the log before it");
}

Result<void> VerifyLog::resolve_ids() {
  const auto repeated = TRY(ids_.resolve(parts_.source));
  if (!repeated) return {};
  blamed_ = *repeated;
  return corrupt("the event has the id of an earlier one");
}

Result<void> VerifyLog::finish(const StoredHead& head) {
  TRY(resolve_causes());
  TRY(resolve_ids());
  blamed_ = std::min(size(), head.size);
  if (size() < head.size) {
    return corrupt("the event is missing: the log's head counts " + std::to_string(head.size));
  }
  if (size() > head.size) {
    return corrupt("the event is beyond the log's head, which counts " + std::to_string(head.size));
  }
  if (const auto promised = notes_.beyond(size())) {
    const auto blamed = std::exchange(blamed_, std::nullopt);
    TRY(notes_.check_signatures(keys_, *promised));
    blamed_ = blamed;
    return notes_.cut_off(*promised);
  }
  TRY(blame_attempt(pairs_.finish()));
  blamed_.reset();
  TRY(nodes_.finish());
  const auto frontier = ledger::Frontier::from(ledger::Size{head.size}, head.peaks);
  if (!frontier || frontier->head() != tree_.head()) {
    return corrupt("the log's events do not hash to its head");
  }
  if (head.time != time_) return corrupt("the log's head has another time than its last event");
  return {};
}

TenantReport VerifyLog::report() const {
  const ledger::VerifierKey* const key = keys_.key_at(size());
  return {.name = name_,
          .origin = origin_,
          .verifier_key = key == nullptr ? verifier_key_ : key->text(),
          .size = size(),
          .root = to_hex(as_bytes(tree_.head().root)),
          .checkpoint_size = notes_.checkpoint_size(),
          .remarks = keys_.remarks()};
}

}  // namespace assent::store
