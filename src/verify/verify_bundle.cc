// Verification of a bundle. Its members are read once each, in their order; chosen members' proofs
// through a second reader, side by side with their events, so that neither is kept.
#include "assent/verify.h"
#include "base/text.h"
#include "ledger/log_check.h"
#include "ledger/merkle.h"
#include "ledger/note.h"
#include "verify/bundle_parts.h"
#include "verify/checkpoint_report.h"
#include "verify/entry.h"
#include "verify/log_keys.h"
#include "verify/member_reader.h"
#include "verify/members.h"

#include <set>
#include <utility>

namespace assent::verify {
namespace {

constexpr std::uint64_t kEventsPerProgress = 4096;
constexpr std::string_view kRotated = "ledger.key_rotated";

Error corrupt(std::string what) {
  return {Code::corrupt, std::move(what)};
}

class BundleCheck {
 public:
  BundleCheck(const std::string& path, const Options& options, Report& report)
      : path_(path), options_(options), report_(report) {}

  Result<void> run();
  // Where the fault is that run() has returned.
  Finding place() const { return {.file = file_, .sequence = sequence_, .what = {}}; }

 private:
  using Text = Result<std::string>;

  Result<void> read_manifest();
  Text read_small(std::string_view name, std::size_t max);
  Result<const FileEntry*> expect(std::string_view name);
  Result<void> check_keys();
  Result<void> check_range();
  Result<void> check_range_end(const RangeProof& proof, const ledger::Frontier& frontier);
  Result<void> check_chosen();
  Result<void> check_proofs_of(MemberReader& events, MemberReader& proofs);
  Result<void> check_path(const Entry& entry, std::string_view bytes, std::string_view proof_line);
  Result<void> check_head(const ledger::TreeHead& head) const;
  Result<void> check_rest();
  Result<Entry> entry_from(std::string_view line);
  void count_blobs_of(const Entry& entry);
  void remark(const Entry& entry);
  void count();
  void blame(std::string_view file, std::optional<std::uint64_t> sequence = std::nullopt) {
    file_ = file;
    sequence_ = sequence;
  }

  const std::string& path_;
  const Options& options_;
  Report& report_;
  std::unique_ptr<Members> members_;
  Manifest manifest_;
  std::string note_;
  ledger::Checkpoint checkpoint_;
  std::vector<ledger::TreeHead> heads_;  // Of the handovers.
  EntryReader reader_;
  std::uint64_t absent_blobs_ = 0;
  std::string file_;
  std::optional<std::uint64_t> sequence_;
};

Result<void> BundleCheck::read_manifest() {
  blame(kManifest);
  const auto member = TRY(members_->next());
  if (!member || member->name != kManifest) {
    return corrupt("the bundle does not begin with its manifest");
  }
  manifest_ = TRY(parse_manifest(TRY(MemberReader(*members_).whole(kManifestBytesMax))));
  report_.tenant = manifest_.tenant;
  report_.scope = manifest_.range ? Scope::range : Scope::members;
  if (manifest_.range) {
    report_.begin = manifest_.range->begin;
    report_.end = manifest_.range->end;
  }
  return {};
}

// That the next member is the one that belongs here.
Result<const FileEntry*> BundleCheck::expect(std::string_view name) {
  blame(name);
  const auto member = TRY(members_->next());
  if (!member) return corrupt("the bundle ends before it");
  if (member->name != name) {
    return corrupt("in its place the bundle has " + escape_for_terminal(member->name));
  }
  const FileEntry& entry = manifest_.files.find(name)->second;
  // Before anything of it is read: a size that is a lie would be a lot to read.
  if (member->bytes != entry.bytes) {
    return corrupt("the file has " + std::to_string(member->bytes) + " bytes, the manifest says " +
                   std::to_string(entry.bytes));
  }
  return &entry;
}

Result<std::string> BundleCheck::read_small(std::string_view name, std::size_t max) {
  const FileEntry& entry = *TRY(expect(name));
  MemberReader reader(*members_);
  std::string text = TRY(reader.whole(max));
  TRY(reader.finish(entry));
  return text;
}

Result<void> BundleCheck::check_keys() {
  const auto keys = TRY(parse_keys(TRY(read_small(kKeys, kKeysBytesMax))));
  auto chain = TRY(follow_keys({.keys = keys,
                                .size = manifest_.size,
                                .pinned = options_.verifier_key,
                                .origin = manifest_.origin}));
  if (chain.key.text() != manifest_.verifier_key) {
    return corrupt("the key of the checkpoint's size is not the manifest's");
  }
  report_.is_key_pinned = chain.is_pinned;
  heads_ = std::move(chain.heads);
  blame(kCheckpoint);
  checkpoint_ = TRY(open_reported(note_, chain.key, report_));
  if (ledger::number(checkpoint_.head.size) != manifest_.size) {
    return corrupt("the checkpoint is of another size than the manifest says");
  }
  return check_head(checkpoint_.head);
}

// Where a handover and the log can be compared, they must be one.
Result<void> BundleCheck::check_head(const ledger::TreeHead& head) const {
  for (const ledger::TreeHead& known : heads_) {
    if (known.size == head.size && known != head) {
      return corrupt("the log is not the one whose handover of size " +
                     std::to_string(ledger::number(known.size)) + " was signed");
    }
  }
  return {};
}

Result<Entry> BundleCheck::entry_from(std::string_view line) {
  Entry entry = TRY(reader_.read(line));
  if (entry.tenant != manifest_.tenant) return corrupt("the event is of another tenant");
  if (entry.type == kRotated) remark(entry);
  count_blobs_of(entry);
  return entry;
}

// What an event names by its hash is in the bundle, or the manifest says that it is not: else that
// is told. It is no finding, because the manifest's word for it is nobody's signature.
void BundleCheck::count_blobs_of(const Entry& entry) {
  for (const std::string& hash : blobs_named_by(entry)) {
    if (manifest_.files.contains(std::string(kBlobPrefix) + hash)) continue;
    if (!manifest_.missing_blobs.contains(hash)) ++absent_blobs_;
  }
}

void BundleCheck::remark(const Entry& entry) {
  const auto data = parse_json(entry.data);
  if (!data || data->string_at("reason") != "compromised") return;
  report_.remarks.push_back(
      "The key of generation " + std::to_string(data->integer_at("generation").value_or(0) - 1) +
      " was given up as compromised at sequence " + std::to_string(entry.sequence) + ".");
}

void BundleCheck::count() {
  if (++report_.events % kEventsPerProgress == 0 && options_.progress) {
    options_.progress(report_.events);
  }
}

// Opens the bundle once more, at the proofs.
Result<std::unique_ptr<Members>> proofs_of(const std::string& path) {
  auto members = TRY(open_members(path));
  for (;;) {
    const auto member = TRY(members->next());
    if (!member) return corrupt("the bundle has no " + std::string(kProofs));
    if (member->name == kProofs) return members;
  }
}

Result<void> BundleCheck::check_range() {
  blame(kProofs);
  const auto proof_member = TRY(proofs_of(path_));
  MemberReader proofs(*proof_member);
  const auto line = TRY(proofs.line(kProofLineBytesMax));
  if (!line) return corrupt("a range's proof is missing");
  const RangeProof proof = TRY(parse_range_proof(*line));
  if (TRY(proofs.line(kProofLineBytesMax))) return corrupt("a range has one proof");
  TRY(proofs.finish(manifest_.files.find(kProofs)->second));
  auto frontier = ledger::Frontier::from(ledger::Size{manifest_.range->begin}, proof.peaks);
  if (!frontier) return corrupt("the peaks are not those of a tree of the range's first size");

  const FileEntry& expected = *TRY(expect(kEvents));
  MemberReader events(*members_);
  for (;;) {
    const std::uint64_t next = ledger::number(frontier->size());
    blame(kEvents, next);
    TRY(check_head(frontier->head()));
    const auto bytes = TRY(events.line(ledger::kEntryBytesMax));
    if (!bytes) break;
    if (next == manifest_.range->end) return corrupt("the event is beyond the range");
    const Entry entry = TRY(entry_from(*bytes));
    if (entry.sequence != next) {
      return corrupt("the event says that its sequence is " + std::to_string(entry.sequence));
    }
    frontier->append(ledger::hash_leaf(*bytes));
    count();
  }
  if (ledger::number(frontier->size()) < manifest_.range->end) {
    return corrupt("the event is missing");
  }
  TRY(check_range_end(proof, *frontier));
  blame(kEvents);
  TRY(events.finish(expected));
  blame(kProofs);
  TRY(expect(kProofs));  // What it holds was read above.
  return {};
}

Result<void> BundleCheck::check_range_end(const RangeProof& proof,
                                          const ledger::Frontier& frontier) {
  blame(kEvents);
  if (ledger::verify_consistency(
          {.older = frontier.head(), .newer = checkpoint_.head, .proof = proof.consistency})) {
    return {};
  }
  return corrupt(
      "the events are not those of the log: with the proof beside them they do not hash to the "
      "checkpoint's root");
}

Result<void> BundleCheck::check_chosen() {
  blame(kProofs);
  const auto proof_member = TRY(proofs_of(path_));
  MemberReader proofs(*proof_member);
  const FileEntry& expected = *TRY(expect(kEvents));
  MemberReader events(*members_);
  TRY(check_proofs_of(events, proofs));
  blame(kEvents);
  TRY(events.finish(expected));
  blame(kProofs);
  TRY(proofs.finish(*TRY(expect(kProofs))));
  return {};
}

Result<void> BundleCheck::check_proofs_of(MemberReader& events, MemberReader& proofs) {
  std::optional<std::uint64_t> before;
  for (;;) {
    blame(kEvents);
    const auto bytes = TRY(events.line(ledger::kEntryBytesMax));
    if (!bytes) break;
    const Entry entry = TRY(entry_from(*bytes));
    blame(kEvents, entry.sequence);
    if (before && entry.sequence <= *before) {
      return corrupt("the events are not in the order of their sequence");
    }
    before = entry.sequence;
    if (entry.sequence >= manifest_.size) return corrupt("the event is beyond the checkpoint");
    blame(kProofs, entry.sequence);
    const auto line = TRY(proofs.line(kProofLineBytesMax));
    if (!line) return corrupt("the event has no proof");
    TRY(check_path(entry, *bytes, *line));
    count();
  }
  blame(kProofs);
  if (const auto line = TRY(proofs.line(kProofLineBytesMax))) {
    const MemberProof proof = TRY(parse_member_proof(*line));
    blame(kEvents, proof.sequence);
    return corrupt("the event is missing, but its proof is there");
  }
  blame(kManifest);
  if (report_.events != manifest_.count) {
    return corrupt("the manifest counts another number of members");
  }
  return {};
}

Result<void> BundleCheck::check_path(const Entry& entry, std::string_view bytes,
                                     std::string_view proof_line) {
  const MemberProof proof = TRY(parse_member_proof(proof_line));
  if (proof.sequence != entry.sequence) {
    return corrupt("the proof in the event's place is of sequence " +
                   std::to_string(proof.sequence));
  }
  const auto root = ledger::root_from_path(ledger::hash_leaf(bytes), ledger::Index{entry.sequence},
                                           checkpoint_.head.size, proof.path);
  blame(kEvents, entry.sequence);
  if (root == checkpoint_.head.root) return {};
  return corrupt(
      "the event is not in the log: with its proof it does not hash to the checkpoint's root");
}

// Blobs and views, each as the manifest lists it, and none of them twice.
Result<void> BundleCheck::check_rest() {
  std::set<std::string, std::less<>> left;
  for (const auto& [name, entry] : manifest_.files) {
    if (name.starts_with(kBlobPrefix) || name.starts_with(kViewPrefix)) left.insert(name);
  }
  unsigned rank = 0;
  for (;;) {
    blame("");
    const auto member = TRY(members_->next());
    if (!member) break;
    blame(member->name);
    const auto found = left.find(member->name);
    if (found == left.end()) return corrupt("the member is there twice, or not in the manifest");
    if (*member_rank(member->name) < rank) return corrupt("the member is out of its place");
    rank = *member_rank(member->name);
    left.erase(found);
    const FileEntry& entry = manifest_.files.find(member->name)->second;
    if (member->bytes != entry.bytes)
      return corrupt("the file is not as long as the manifest says");
    if (member->name.starts_with(kBlobPrefix) &&
        to_hex(as_bytes(entry.sha256)) != member->name.substr(kBlobPrefix.size())) {
      return corrupt("the blob's name is not its hash");
    }
    TRY(MemberReader(*members_).finish(entry));
  }
  if (left.empty()) return {};
  blame(*left.begin());
  return corrupt("the member is missing");
}

Result<void> BundleCheck::run() {
  members_ = TRY(open_members(path_));
  TRY(read_manifest());
  note_ = TRY(read_small(kCheckpoint, ledger::kNoteBytesMax));
  TRY(check_keys());
  TRY(manifest_.range ? check_range() : check_chosen());
  if (absent_blobs_ > 0) {
    report_.remarks.push_back("Events name " + std::to_string(absent_blobs_) +
                              " blobs that the bundle neither has nor calls missing.");
  }
  const Witnesses witnesses = TRY(parse_witnesses(TRY(read_small(kWitnesses, kWitnessesBytesMax))));
  check_cosignatures(witnesses.keys, report_);
  return check_rest();
}

}  // namespace

Report verify_bundle(const std::string& path, const Options& options) {
  Report report;
  BundleCheck check(path, options, report);
  const auto result = check.run();
  conclude(result, check.place(), report);
  return report;
}

}  // namespace assent::verify
