#include "store/checkpoints.h"

#include "ledger/note.h"
#include "store/files.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

namespace assent::store {

namespace {

constexpr std::string_view kMarkSuffix = ".mark";
constexpr std::string_view kListName = "published.list";
// A log that was rolled back may not know of its newest keys; nobody rotates oftener than this
// between two backups.
constexpr std::uint32_t kUnknownGenerationsMax = 32;

Error corrupt(const Tenant& tenant, const std::string& what) {
  return {Code::corrupt, "the log of tenant " + tenant.name + " " + what};
}

ledger::Generation next(ledger::Generation generation) {
  return ledger::Generation{static_cast<std::uint32_t>(generation) + 1};
}

std::string handover_suffix(ledger::Generation generation) {
  return ".handover-" + std::to_string(static_cast<std::uint32_t>(generation));
}

// By the note's own word; 0 for what is no checkpoint.
std::uint64_t claimed_size(std::string_view note) {
  const auto checkpoint = ledger::claimed_checkpoint(note);
  return checkpoint ? ledger::number(checkpoint->head.size) : 0;
}

Result<std::optional<std::string>> read_if_there(const std::string& path) {
  auto bytes = read_file(path);
  if (bytes) return std::optional(std::move(*bytes));
  if (bytes.error().code == Code::not_found) return std::optional<std::string>();
  return std::move(bytes).error();
}

}  // namespace

std::string Checkpoints::path_of(const Tenant& tenant, std::string_view suffix) const {
  return directory_ + "/" + tenant.name + std::string(suffix);
}

void Checkpoints::know(std::shared_ptr<const Identities> identities) {
  const std::lock_guard lock(keys_mutex_);
  identities_ = std::move(identities);
}

std::shared_ptr<const Identities> Checkpoints::known() const {
  const std::lock_guard lock(keys_mutex_);
  return identities_;
}

Result<std::string> Checkpoints::publish(const Tenant& tenant, const Head& head) {
  const std::lock_guard lock(mutex_);
  Published& published = published_[tenant.number];
  if (!published.note.empty() && published.size >= head.size()) return published.note;

  TRY(hand_over_until(tenant, published, head.size()));
  const std::string note = TRY(sign(tenant, head.frontier.head()));
  if (!published.mark) published.mark.emplace(path_of(tenant, kMarkSuffix));
  TRY(published.mark->write({.note = note, .frontier = head.frontier}));
  published.size = head.size();
  published.note = note;
  published.frontier = head.frontier;
  published.is_note_current = false;
  if (!published.is_listed) TRY(write_note(tenant, published));
  return note;
}

Result<void> Checkpoints::write_note(const Tenant& tenant, Published& published) {
  TRY(write_durably(directory_, tenant.name, published.note));
  published.is_note_current = true;
  if (!published.is_listed) TRY(list(tenant));
  published.is_listed = true;
  return {};
}

Result<void> Checkpoints::write_notes() {
  const auto identities = known();
  const std::lock_guard lock(mutex_);
  for (auto& [number, published] : published_) {
    const Tenant* const tenant = identities->tenant(number);
    if (tenant == nullptr || published.note.empty() || published.is_note_current) continue;
    TRY(write_note(*tenant, published));
  }
  return {};
}

// After the note: a crash between the two leaves one that is not listed yet, and no lost one.
Result<void> Checkpoints::list(const Tenant& tenant) {
  std::string names = TRY(read_if_there(directory_ + "/" + std::string(kListName))).value_or("");
  const std::string line = tenant.name + "\n";
  if (("\n" + names).find("\n" + line) != std::string::npos) return {};
  names += line;
  return write_durably(directory_, std::string(kListName), names);
}

Result<void> Checkpoints::hand_over(const Tenant& tenant, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  return hand_over_until(tenant, published_[tenant.number], size);
}

Result<void> Checkpoints::hand_over_until(const Tenant& tenant, Published& published,
                                          std::uint64_t size) {
  const auto identities = known();
  for (const LogKey& key : identities->log_keys(tenant.number)) {
    if (key.generation <= published.handed_over || key.from_size > size) continue;
    const bool is_near = ledger::number(published.frontier.size()) <= key.from_size;
    TRY(write_handover(tenant, key, is_near ? published.frontier : ledger::Frontier()));
    published.handed_over = key.generation;
  }
  return {};
}

// Signed twice over: the same text, by the key that goes and by the one that comes.
Result<void> Checkpoints::write_handover(const Tenant& tenant, const LogKey& key,
                                         const ledger::Frontier& nearest) {
  const ledger::Generation before{static_cast<std::uint32_t>(key.generation) - 1};
  const ledger::Signer& older = *TRY(signers_.of(tenant.origin, before));
  const ledger::Signer& newer = *TRY(signers_.of(tenant.origin, key.generation));
  const std::string suffix = handover_suffix(key.generation);
  const std::string there = TRY(read_if_there(path_of(tenant, suffix))).value_or("");
  const bool is_there = ledger::open_checkpoint(there, older.verifier_key()) &&
                        ledger::open_checkpoint(there, newer.verifier_key()) &&
                        claimed_size(there) == key.from_size;
  if (is_there) return {};

  ledger::Frontier frontier = nearest;
  TRY(leaves_(tenant, frontier, key.from_size));
  const ledger::Checkpoint checkpoint{
      .origin = tenant.origin, .head = frontier.head(), .extensions = {}};
  ledger::Note note = TRY(ledger::parse_note(TRY(ledger::sign_checkpoint(checkpoint, older))));
  const ledger::Note again =
      TRY(ledger::parse_note(TRY(ledger::sign_checkpoint(checkpoint, newer))));
  note.signatures.push_back(again.signatures.front());
  return write_durably(directory_, tenant.name + suffix, ledger::format_note(note));
}

Result<SavedCheckpoint> Checkpoints::opened(const Tenant& tenant, const std::string& note) const {
  const LogKeys keys = known()->log_keys(tenant.number);
  const auto last = static_cast<std::uint32_t>(keys.back().generation) + kUnknownGenerationsMax;
  ledger::Generation generation = generation_at(keys, claimed_size(note));
  std::string fault;
  for (bool is_first = true; static_cast<std::uint32_t>(generation) <= last;) {
    const ledger::Signer& signer = *TRY(signers_.of(tenant.origin, generation));
    const auto checkpoint = ledger::open_checkpoint(note, signer.verifier_key());
    if (checkpoint) {
      return SavedCheckpoint{.note = note,
                             .head = checkpoint->head,
                             .generation = generation,
                             .frontier = std::nullopt,
                             .written_at = std::nullopt};
    }
    if (fault.empty()) fault = checkpoint.error().detail;
    generation = is_first ? ledger::kFirstGeneration : next(generation);
    is_first = false;
  }
  return corrupt(tenant, "has a checkpoint file that its key does not vouch for: " + fault);
}

Result<std::string> Checkpoints::sign(const Tenant& tenant, const ledger::TreeHead& head) const {
  const LogKeys keys = known()->log_keys(tenant.number);
  const auto generation = generation_at(keys, ledger::number(head.size));
  return ledger::sign_checkpoint({.origin = tenant.origin, .head = head, .extensions = {}},
                                 *TRY(signers_.of(tenant.origin, generation)));
}

Result<std::uint64_t> Checkpoints::published_size(const Tenant& tenant) const {
  {
    const std::lock_guard lock(mutex_);
    const auto found = published_.find(tenant.number);
    if (found != published_.end() && !found->second.note.empty()) return found->second.size;
  }
  const auto kept = TRY(saved(tenant));
  return kept ? ledger::number(kept->head.size) : 0;
}

Result<std::optional<SavedCheckpoint>> Checkpoints::saved(const Tenant& tenant) const {
  const std::lock_guard lock(mutex_);
  const std::string note_path = path_of(tenant, "");
  const std::string mark_path = path_of(tenant, kMarkSuffix);
  const auto note = TRY(read_if_there(note_path));
  const auto mark = TRY(MarkFile(mark_path).read());
  std::optional<SavedCheckpoint> saved;
  if (note) {
    saved = TRY(opened(tenant, *note));
    saved->written_at = written_at(note_path);
  }
  if (mark && (!saved || mark->frontier.size() >= saved->head.size)) {
    const bool is_note_current = note && *note == mark->note;
    SavedCheckpoint marked = TRY(opened(tenant, mark->note));
    if (marked.head == mark->frontier.head()) marked.frontier = mark->frontier;
    marked.written_at = written_at(mark_path);
    marked.is_note_current = is_note_current;
    saved = std::move(marked);
  }
  if (saved) return saved;
  const std::string names =
      TRY(read_if_there(directory_ + "/" + std::string(kListName))).value_or("");
  const bool is_listed = ("\n" + names).find("\n" + tenant.name + "\n") != std::string::npos;
  // The first tenant's is as old as its log.
  if (!is_listed && tenant.number != TenantNumber{1}) return saved;
  return Error{Code::rolled_back,
               "the checkpoint of tenant " + tenant.name +
                   " is lost: what was cut off the end of its log would not show"};
}

void Checkpoints::resume(const Tenant& tenant, const SavedCheckpoint& saved,
                         const ledger::Frontier& frontier) {
  const std::lock_guard lock(mutex_);
  Published& published = published_[tenant.number];
  published.frontier = frontier;
  if (!saved.frontier) return;  // There is no mark: the next publish() makes one.
  published.size = ledger::number(saved.head.size);
  published.note = saved.note;
  published.is_note_current = saved.is_note_current;
}

Result<std::string> Checkpoints::newest(const Tenant& tenant) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = published_.find(tenant.number);
    if (found != published_.end() && !found->second.note.empty()) return found->second.note;
  }
  auto before = TRY(saved(tenant));
  if (!before) return Error{Code::not_found, "the log has no checkpoint yet"};
  return std::move(before->note);
}

Result<std::vector<std::string>> Checkpoints::tenants() const {
  std::set<std::string> names;
  std::error_code fault;
  for (std::filesystem::directory_iterator entry(directory_, fault), end; entry != end && !fault;
       entry.increment(fault)) {
    std::string name = entry->path().filename().string();
    if (name.ends_with(kMarkSuffix)) name.resize(name.size() - kMarkSuffix.size());
    if (is_tenant_name(name)) names.insert(std::move(name));  // Not handovers, not temporaries.
  }
  if (fault == std::errc::no_such_file_or_directory) {
    return Error{Code::rolled_back, "the directory of the checkpoints is lost"};
  }
  if (fault) return Error{Code::unavailable, "the checkpoints cannot be listed"};
  return std::vector<std::string>(names.begin(), names.end());
}

Result<std::optional<std::string>> newest_note(const std::string& directory,
                                               std::string_view tenant) {
  const std::string path = directory + "/" + std::string(tenant);
  auto note = TRY(read_if_there(path));
  const auto mark = TRY(MarkFile(path + std::string(kMarkSuffix)).read());
  if (mark && (!note || claimed_size(mark->note) > claimed_size(*note))) note = mark->note;
  return note;
}

}  // namespace assent::store
