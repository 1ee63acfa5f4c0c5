#include "store/proofs/cosigned.h"

#include "ledger/checkpoint.h"
#include "ledger/note.h"
#include "store/files.h"

#include <algorithm>
#include <utility>

namespace assent::store {

namespace {

constexpr std::string_view kSuffix = ".cosigned";

}  // namespace

Result<std::optional<std::string>> Cosigned::newest(const Tenant& tenant) const {
  const std::lock_guard lock(mutex_);
  const auto found = notes_.find(tenant.number);
  if (found != notes_.end()) return found->second;
  auto note = read_file(directory_ + "/" + tenant.name + std::string(kSuffix));
  if (!note && note.error().code != Code::not_found) return std::move(note).error();
  return notes_[tenant.number] = note ? std::optional(*std::move(note)) : std::nullopt;
}

Result<void> Cosigned::keep(const Tenant& tenant, const std::string& note) {
  const std::lock_guard lock(mutex_);
  TRY(write_durably(directory_, tenant.name + std::string(kSuffix), note));
  notes_[tenant.number] = note;
  return {};
}

std::string with_cosignatures(const std::string& checkpoint, const std::string& cosigned) {
  auto note = ledger::parse_note(checkpoint);
  const auto more = ledger::parse_note(cosigned);
  if (!note || !more || note->text != more->text) return checkpoint;
  const std::string_view origin = std::string_view(note->text).substr(0, note->text.find('\n'));
  for (const ledger::Signature& signature : more->signatures) {
    // The log's own comes from the checkpoint: its key may have changed since.
    if (signature.name == origin) continue;
    const bool is_there = std::ranges::find(note->signatures, signature) != note->signatures.end();
    if (!is_there) note->signatures.push_back(signature);
  }
  return ledger::format_note(*note);
}

}  // namespace assent::store
