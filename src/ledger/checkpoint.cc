#include "ledger/checkpoint.h"

#include "base/text.h"
#include "ledger/note.h"

#include <optional>
#include <utility>

namespace assent::ledger {
namespace {

Error malformed(const std::string& what) {
  return {Code::validation_error, "Not a checkpoint: " + what};
}

// The lines without their newlines; nothing if the last has none or one is empty.
std::optional<std::vector<std::string_view>> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos || end == 0) return std::nullopt;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return lines;
}

Error not_the_log_of(const std::string& key_name, const std::string& origin) {
  return {Code::unprocessable,
          "The checkpoint is of the log " + origin + ", the key is that of " + key_name + "."};
}

}  // namespace

std::string format_checkpoint(const Checkpoint& checkpoint) {
  std::string text = checkpoint.origin + "\n" + std::to_string(number(checkpoint.head.size)) +
                     "\n" + to_base64(as_bytes(checkpoint.head.root)) + "\n";
  for (const std::string& line : checkpoint.extensions) text += line + "\n";
  return text;
}

Result<Checkpoint> parse_checkpoint(std::string_view text) {
  const auto lines = lines_of(text);
  if (!lines) return malformed("a line is empty or has no newline.");
  if (lines->size() < 3) return malformed("it has fewer than three lines.");

  const auto size = from_decimal((*lines)[1]);
  if (!size || Size{*size} > kSizeMax) return malformed("its second line is no tree size.");
  const auto root = hash_from_text((*lines)[2]);
  if (!root) return malformed("its third line is no root hash.");
  if (*size == 0 && *root != empty_root()) {
    return malformed("an empty log cannot have that root hash.");
  }
  return Checkpoint{.origin = std::string(lines->front()),
                    .head = {.size = Size{*size}, .root = *root},
                    .extensions = {lines->begin() + 3, lines->end()}};
}

Result<Checkpoint> claimed_checkpoint(std::string_view bytes) {
  return parse_checkpoint(TRY(parse_note(bytes)).text);
}

Result<std::string> sign_checkpoint(const Checkpoint& checkpoint, const Signer& signer) {
  if (checkpoint.origin != signer.name()) {
    return not_the_log_of(signer.name(), checkpoint.origin);
  }
  if (!checkpoint.extensions.empty()) {
    return Error{Code::unprocessable, "Extension lines are not signed."};
  }
  // A signature cannot be taken back, so the text is read as others will read it first.
  const std::string text = format_checkpoint(checkpoint);
  const auto reread = parse_checkpoint(text);
  if (!reread || *reread != checkpoint) {
    return Error{Code::unprocessable, "The checkpoint would not be readable."};
  }
  return sign_note(text, signer);
}

Result<Checkpoint> open_checkpoint(std::string_view bytes, const VerifierKey& key) {
  if (key.algorithm() != Algorithm::ed25519) {
    return Error{Code::unprocessable, "A witness's key does not vouch for a log."};
  }
  const Note note = TRY(open_note(bytes, {&key, 1}));
  Checkpoint checkpoint = TRY(parse_checkpoint(note.text));
  if (checkpoint.origin != key.name()) return not_the_log_of(key.name(), checkpoint.origin);
  return checkpoint;
}

}  // namespace assent::ledger
