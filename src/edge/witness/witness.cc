#include "edge/witness/witness.h"

#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "ledger/checkpoint.h"
#include "ledger/note.h"
#include "store/files.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

namespace assent::witness {

namespace {

constexpr std::string_view kConflicts = "/conflicts";
// Each needs the signature of a log that is witnessed here, so what fills it up is that log's
// doing.
constexpr std::size_t kEvidenceMax = 200;

std::string hash_name(std::string_view origin) {
  return to_hex(as_bytes(sha256(origin)));
}

Answer refuse(Asked outcome, int status, const std::string& why) {
  return {.outcome = outcome, .status = status, .body = why + "\n"};
}

std::string_view first_line(std::string_view text) {
  return text.substr(0, text.find('\n'));
}

// Whether it is a checkpoint but for one thing: an empty log cannot have that root.
bool is_wrongly_empty(std::string_view text) {
  const auto empty =
      ledger::format_checkpoint({.origin = std::string(first_line(text)),
                                 .head = {.size = {}, .root = ledger::empty_root()}});
  const std::size_t root = text.find('\n') + 3;  // Behind the origin and the size.
  if (text.size() < empty.size() || text.substr(0, root) != empty.substr(0, root)) return false;
  const std::string rest(text.substr(empty.size()));
  return ledger::hash_from_text(first_line(text.substr(root))) &&
         ledger::parse_checkpoint(empty + rest).has_value();
}

}  // namespace

Result<std::vector<ledger::VerifierKey>> parse_witnessed_logs(std::string_view text) {
  std::vector<ledger::VerifierKey> keys;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::string_view entry = first_line(text);
    text.remove_prefix(std::min(entry.size() + 1, text.size()));
    if (is_blank(entry) || entry.starts_with('#')) continue;
    auto key = ledger::VerifierKey::from_text(entry);
    const auto is_same = [&](const auto& other) { return other == *key; };
    const bool is_good = key && key->algorithm() == ledger::Algorithm::ed25519;
    if (!is_good || std::ranges::any_of(keys, is_same)) {
      return Error{Code::validation_error,
                   "The witnessed logs, line " + std::to_string(line) + ": " +
                       (is_good ? "the key is there already." : "this is not the key of a log.")};
    }
    keys.push_back(*std::move(key));
  }
  return keys;
}

Result<std::unique_ptr<Witness>> Witness::open(Parts parts) {
  TRY(store::make_directory(parts.directory));
  TRY(store::make_directory(parts.directory + std::string(kConflicts)));
  std::unique_ptr<Witness> witness(new Witness(std::move(parts)));
  TRY(witness->load());
  return witness;
}

Result<void> Witness::load() {
  for (const ledger::VerifierKey& key : parts_.logs) {
    Log& log = logs_[hash_name(key.name())];
    log.origin = key.name();
    log.keys.push_back(key);
  }
  const std::array own = {parts_.cosigner.verifier_key()};
  for (auto& [name, log] : logs_) {
    auto bytes = store::read_file(parts_.directory + "/" + name);
    if (!bytes && bytes.error().code == Code::not_found) continue;
    if (!bytes) return std::move(bytes).error();
    const auto note = ledger::open_note(*bytes, own);
    const auto checkpoint = note ? ledger::parse_checkpoint(note->text) : note.error();
    const auto at = note ? ledger::cosigned_at(note->signatures.front()) : std::nullopt;
    if (!checkpoint || !at || checkpoint->origin != log.origin) {
      return Error{Code::corrupt,
                   "what this witness remembers of " + log.origin + " is not what it cosigned"};
    }
    log.head = checkpoint->head;
    log.at = *at;
    log.note = *std::move(bytes);
  }
  std::error_code fault;
  const std::string conflicts = parts_.directory + std::string(kConflicts);
  for (const auto& entry : std::filesystem::directory_iterator(conflicts, fault)) {
    evidence_.insert(entry.path().filename().string());
  }
  return {};
}

std::optional<std::string> Witness::checkpoint(std::string_view origin_hash) const {
  const std::lock_guard lock(mutex_);
  const auto found = logs_.find(origin_hash);
  if (found == logs_.end() || found->second.note.empty()) return std::nullopt;
  return found->second.note;
}

AskedCounts Witness::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

Answer Witness::add_checkpoint(std::string_view body) {
  const std::lock_guard lock(mutex_);
  Answer given = answer(body);
  ++counts_[static_cast<std::size_t>(given.outcome)];
  return given;
}

// The checks in the order of the specification, which decides the status where several fail.
// REQUIRES: mutex_ is held.
Answer Witness::answer(std::string_view body) {
  auto submission = ledger::parse_submission(body);
  if (!submission) return refuse(Asked::malformed, 400, submission.error().detail);
  const auto note = ledger::parse_note(submission->checkpoint);
  if (!note) return refuse(Asked::malformed, 400, note.error().detail);

  const auto found = logs_.find(hash_name(first_line(note->text)));
  if (found == logs_.end()) {
    return refuse(Asked::unknown_log, 404, "The log is not witnessed here.");
  }
  Log& log = found->second;
  auto opened = ledger::open_note(submission->checkpoint, log.keys);
  if (!opened) return refuse(Asked::untrusted, 403, opened.error().detail);

  const auto checkpoint = ledger::parse_checkpoint(opened->text);
  if (!checkpoint && is_wrongly_empty(opened->text)) {
    return refuse(Asked::inconsistent, 422, checkpoint.error().detail);
  }
  if (!checkpoint) return refuse(Asked::malformed, 400, checkpoint.error().detail);
  return judge(log, {.old = submission->old,
                     .proof = std::move(submission->proof),
                     .note = *std::move(opened),
                     .head = checkpoint->head});
}

// REQUIRES: mutex_ is held.
Answer Witness::judge(Log& log, const Claim& claim) {
  const bool is_conflict = claim.head.size == log.head.size && claim.head.root != log.head.root;
  // Whatever else is wrong with the request: two heads of one size can never both be right.
  if (is_conflict) keep_evidence(log, claim, "conflict");
  if (claim.old > claim.head.size) {
    return refuse(Asked::malformed, 400, "The old size is beyond the checkpoint's.");
  }
  if (claim.old != log.head.size) {
    return {.outcome = is_conflict ? Asked::conflict : Asked::stale,
            .status = 409,
            .body = std::to_string(ledger::number(log.head.size)) + "\n",
            .media_type = "text/x.tlog.size"};
  }
  if (is_conflict) {
    return refuse(Asked::conflict, 422, "Another root was cosigned of a log of this size.");
  }
  if (!ledger::verify_consistency({.older = log.head, .newer = claim.head, .proof = claim.proof})) {
    if (claim.head.size > log.head.size) keep_evidence(log, claim, "inconsistent");
    return refuse(Asked::inconsistent, 422,
                  "The consistency proof does not lead from what was cosigned to this.");
  }
  return cosign(log, claim);
}

// REQUIRES: mutex_ is held, and the claim extends what was cosigned.
Answer Witness::cosign(Log& log, const Claim& claim) {
  // A clock that was set back must not let an older time speak of a newer head.
  const auto at = std::max(std::chrono::floor<std::chrono::seconds>(parts_.clock.now()), log.at);
  auto signature = parts_.cosigner.cosign(claim.note.text, at);
  if (!signature) return refuse(Asked::unavailable, 503, "The witness cannot sign now.");
  const std::string line = ledger::format_signature(*signature);
  ledger::Note note = claim.note;
  note.signatures.push_back(*std::move(signature));
  std::string bytes = ledger::format_note(note);

  const auto kept = store::write_durably(parts_.directory, hash_name(log.origin), bytes);
  if (!kept) {
    log_line(LogLevel::error, "witness.persist",
             {{"origin", log.origin}, {"why", kept.error().detail}});
    return refuse(Asked::unavailable, 503, "The witness cannot remember anything now.");
  }
  log.head = claim.head;
  log.at = at;
  log.note = std::move(bytes);
  return {.outcome = Asked::cosigned, .status = 200, .body = line};
}

// REQUIRES: mutex_ is held, and the log's key has signed the claim.
void Witness::keep_evidence(const Log& log, const Claim& claim, std::string_view kind) {
  const std::string size = std::to_string(ledger::number(claim.head.size));
  const std::string stem = std::string(kind) + "-" + hash_name(log.origin).substr(0, 16) + "-" +
                           size + "-" + hash_name(claim.note.text).substr(0, 16);
  // Said once for each, and not each time that it is asked for again.
  if (evidence_.contains(stem + ".refused") || evidence_.size() >= kEvidenceMax) return;
  log_line(LogLevel::error, "witness.conflict",
           {{"origin", log.origin}, {"kind", std::string(kind)}, {"size", size}});
  const std::string directory = parts_.directory + std::string(kConflicts);
  const std::array files = {std::pair{stem + ".cosigned", log.note},
                            std::pair{stem + ".refused", ledger::format_note(claim.note)}};
  for (const auto& [name, bytes] : files) {
    const auto kept = store::write_durably(directory, name, bytes);
    if (kept) {
      evidence_.insert(name);
      continue;
    }
    log_line(LogLevel::error, "witness.evidence", {{"why", kept.error().detail}});
  }
}

}  // namespace assent::witness
