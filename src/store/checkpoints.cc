#include "store/checkpoints.h"

#include "base/text.h"
#include "store/files.h"

#include <charconv>
#include <filesystem>
#include <system_error>
#include <utility>

namespace assent::store {

namespace {

constexpr std::string_view kPeaksSuffix = ".peaks";

Error corrupt(const Tenant& tenant, const std::string& what) {
  return {Code::corrupt, "the log of tenant " + tenant.name + " " + what};
}

// Size, a line; peaks in base64, a line.
std::string peaks_text(const ledger::Frontier& frontier) {
  return std::to_string(ledger::number(frontier.size())) + "\n" +
         to_base64(frontier.peaks_bytes()) + "\n";
}

std::optional<ledger::Frontier> frontier_from(std::string_view text) {
  const std::size_t line = text.find('\n');
  if (line == std::string_view::npos || !text.ends_with('\n')) return std::nullopt;
  std::uint64_t size = 0;
  const auto read = std::from_chars(text.data(), text.data() + line, size);
  if (read.ec != std::errc() || read.ptr != text.data() + line) return std::nullopt;
  const auto peaks = from_base64(text.substr(line + 1, text.size() - line - 2));
  if (!peaks) return std::nullopt;
  return ledger::Frontier::from(ledger::Size{size}, *peaks);
}

}  // namespace

Result<std::string> Checkpoints::publish(const Tenant& tenant, const Head& head) {
  const std::lock_guard lock(mutex_);
  const auto found = published_.find(tenant.number);
  if (found != published_.end() && found->second.size >= head.size()) return found->second.note;

  const std::string note = TRY(sign(tenant, head.frontier.head()));
  // Peaks first: a crash between the two leaves peaks that fit no checkpoint, which costs the next
  // start a longer check and nothing else.
  TRY(write_durably(directory_, tenant.name + std::string(kPeaksSuffix),
                    peaks_text(head.frontier)));
  TRY(write_durably(directory_, tenant.name, note));
  published_[tenant.number] = {.size = head.size(), .note = note};
  return note;
}

Result<std::string> Checkpoints::sign(const Tenant& tenant, const ledger::TreeHead& head) const {
  return ledger::sign_checkpoint({.origin = tenant.origin, .head = head, .extensions = {}},
                                 *TRY(signers_.of(tenant.origin)));
}

Result<std::uint64_t> Checkpoints::published_size(const Tenant& tenant) const {
  {
    const std::lock_guard lock(mutex_);
    const auto found = published_.find(tenant.number);
    if (found != published_.end()) return found->second.size;
  }
  const auto kept = TRY(saved(tenant));
  return kept ? ledger::number(kept->head.size) : 0;
}

Result<std::optional<SavedCheckpoint>> Checkpoints::saved(const Tenant& tenant) const {
  auto note = read_file(directory_ + "/" + tenant.name);
  if (!note) {
    if (note.error().code == Code::not_found) return std::optional<SavedCheckpoint>();
    return std::move(note).error();
  }
  const ledger::Signer& signer = *TRY(signers_.of(tenant.origin));
  const auto checkpoint = ledger::open_checkpoint(*note, signer.verifier_key());
  if (!checkpoint) {
    return corrupt(tenant, "has a checkpoint file that its key does not vouch for: " +
                               checkpoint.error().detail);
  }
  SavedCheckpoint saved{.note = *note, .head = checkpoint->head, .frontier = std::nullopt};
  if (const auto peaks = read_file(directory_ + "/" + tenant.name + std::string(kPeaksSuffix))) {
    const auto frontier = frontier_from(*peaks);
    if (frontier && frontier->head() == saved.head) saved.frontier = frontier;
  }
  return std::optional(std::move(saved));
}

Result<std::string> Checkpoints::newest(const Tenant& tenant) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = published_.find(tenant.number);
    if (found != published_.end()) return found->second.note;
  }
  auto before = TRY(saved(tenant));
  if (!before) return Error{Code::not_found, "the log has no checkpoint yet"};
  return std::move(before->note);
}

Result<std::vector<std::string>> Checkpoints::tenants() const {
  std::vector<std::string> names;
  std::error_code fault;
  for (std::filesystem::directory_iterator entry(directory_, fault), end; entry != end && !fault;
       entry.increment(fault)) {
    std::string name = entry->path().filename().string();
    if (is_tenant_name(name)) names.push_back(std::move(name));  // Not peaks, not temporaries.
  }
  if (fault) return Error{Code::unavailable, "the checkpoints cannot be listed"};
  return names;
}

}  // namespace assent::store
