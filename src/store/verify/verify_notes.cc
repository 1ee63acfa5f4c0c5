#include "store/verify/verify_notes.h"

#include "domain/principal.h"
#include "ledger/note.h"

#include <algorithm>
#include <utility>

namespace assent::store {
namespace {

constexpr std::string_view kCosigned = "cosigned";
constexpr std::string_view kHandover = "handover-";

// The error of a note that is none, or not this log's.
Error not_the_logs(const VerifyNote& note, const std::string& why) {
  if (note.kind == VerifyNote::Kind::kept) {
    return {Code::validation_error,
            "What is to be compared with, " + note.name + ", is no checkpoint of this log: " + why};
  }
  const std::string what = note.kind == VerifyNote::Kind::checkpoint ? "checkpoint" : note.name;
  return {Code::corrupt, "the " + what + " file is none that the log's key vouches for: " + why};
}

}  // namespace

std::optional<NoteFile> note_file(const std::string& name) {
  const std::size_t dot = name.find('.');
  NoteFile file{.tenant = name.substr(0, dot), .kind = VerifyNote::Kind::checkpoint};
  if (!is_tenant_name(file.tenant)) return std::nullopt;
  if (dot == std::string::npos) return file;
  const std::string_view rest = std::string_view(name).substr(dot + 1);
  if (rest == kCosigned) {
    file.kind = VerifyNote::Kind::cosigned;
    return file;
  }
  if (!rest.starts_with(kHandover)) return std::nullopt;
  const std::string_view generation = rest.substr(kHandover.size());
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (generation.empty() || !std::ranges::all_of(generation, is_digit)) return std::nullopt;
  file.kind = VerifyNote::Kind::handover;
  return file;
}

Result<void> VerifyNotes::add(VerifyNote note) {
  const auto checkpoint = ledger::claimed_checkpoint(note.text);
  if (!checkpoint) return not_the_logs(note, checkpoint.error().detail);
  const std::uint64_t size = ledger::number(checkpoint->head.size);
  if (note.kind == VerifyNote::Kind::checkpoint) {
    checkpoint_size_ = std::max(checkpoint_size_.value_or(0), size);
  }
  notes_.emplace(size, Claim{.note = std::move(note), .head = checkpoint->head});
  return {};
}

Result<void> VerifyNotes::check_signatures(const verify::KeyHistory& keys,
                                           std::uint64_t size) const {
  const auto [begin, end] = notes_.equal_range(size);
  for (auto claim = begin; claim != end; ++claim) {
    const VerifyNote& note = claim->second.note;
    if (!keys.open(note.text)) return not_the_logs(note, "no key of the log signed it.");
    if (note.kind == VerifyNote::Kind::handover && !keys.is_handover(note.text)) {
      return not_the_logs(note, "the two keys of a handover have not both signed it.");
    }
  }
  return {};
}

Result<void> VerifyNotes::compare(const ledger::TreeHead& head) const {
  const auto [begin, end] = notes_.equal_range(ledger::number(head.size));
  for (auto claim = begin; claim != end; ++claim) {
    if (claim->second.head == head) continue;
    const VerifyNote& note = claim->second.note;
    const std::string size = std::to_string(ledger::number(head.size));
    if (note.kind == VerifyNote::Kind::kept) {
      return Error{Code::corrupt,
                   "split view: this or an event before it is not the one whose "
                   "checkpoint of size " +
                       size + " was signed and kept as " + note.name};
    }
    return Error{Code::corrupt,
                 "this or an event before it was replaced: the log is not the one whose "
                 "checkpoint of size " +
                     size + " was signed"};
  }
  return {};
}

std::optional<std::uint64_t> VerifyNotes::beyond(std::uint64_t size) const {
  const auto found = notes_.upper_bound(size);
  return found == notes_.end() ? std::nullopt : std::optional(found->first);
}

Error VerifyNotes::cut_off(std::uint64_t size) const {
  const VerifyNote& note = notes_.find(size)->second.note;
  const std::string promised = std::to_string(size);
  if (note.kind == VerifyNote::Kind::kept) {
    return {Code::corrupt,
            "the event is missing: the log was rolled back, because its checkpoint "
            "that was kept as " +
                note.name + " promised " + promised};
  }
  return {Code::corrupt, "the event is missing: the log's checkpoint promised " + promised};
}

}  // namespace assent::store
