#include "ledger/note.h"

#include "base/text.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace assent::ledger {
namespace {

constexpr std::string_view kSignaturePrefix = "\u2014 ";  // Em dash, space.
constexpr std::size_t kKeyIdBytes = 4;

Error malformed(const std::string& what) {
  return {Code::validation_error, "Not a note: " + what};
}

std::optional<Error> fault_in_characters(std::string_view bytes) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' && c != '\n'; };
  if (bytes.size() > kNoteBytesMax) return malformed("it is too long.");
  if (!is_utf8(bytes)) return malformed("it is not UTF-8.");
  if (std::ranges::any_of(bytes, is_control)) return malformed("it has a control character.");
  return std::nullopt;
}

std::string id_bytes(KeyId id) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) {
    bytes += static_cast<char>(static_cast<std::uint32_t>(id) >> shift & 0xff);
  }
  return bytes;
}

KeyId id_from_bytes(std::string_view bytes) {
  std::uint32_t id = 0;
  for (const char byte : bytes.substr(0, kKeyIdBytes))
    id = id << 8 | static_cast<unsigned char>(byte);
  return KeyId{id};
}

// `line` without its newline.
std::optional<Signature> parse_signature_line(std::string_view line) {
  if (!line.starts_with(kSignaturePrefix)) return std::nullopt;
  line.remove_prefix(kSignaturePrefix.size());

  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const std::string_view name = line.substr(0, space);
  const auto bytes = from_base64(line.substr(space + 1));
  if (!is_key_name(name) || !bytes || bytes->size() <= kKeyIdBytes) return std::nullopt;
  return Signature{.name = std::string(name),
                   .key_id = id_from_bytes(*bytes),
                   .bytes = bytes->substr(kKeyIdBytes)};
}

bool is_by(const Signature& signature, const VerifierKey& key) {
  return signature.key_id == key.id() && signature.name == key.name();
}

}  // namespace

Result<Note> parse_note(std::string_view bytes) {
  if (auto fault = fault_in_characters(bytes)) return *std::move(fault);

  const std::size_t split = bytes.rfind("\n\n");
  if (split == std::string_view::npos) return malformed("no empty line ends its text.");
  std::string_view rest = bytes.substr(split + 2);
  if (rest.empty()) return malformed("it has no signature.");

  Note note{.text = std::string(bytes.substr(0, split + 1)), .signatures = {}};
  while (!rest.empty()) {
    if (note.signatures.size() == kSignaturesMax) return malformed("it has too many signatures.");
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) return malformed("its last line has no newline.");
    auto signature = parse_signature_line(rest.substr(0, end));
    if (!signature) return malformed("a line after its text is no signature.");
    note.signatures.push_back(*std::move(signature));
    rest.remove_prefix(end + 1);
  }
  return note;
}

std::string format_signature(const Signature& signature) {
  return std::string(kSignaturePrefix) + signature.name + " " +
         to_base64(id_bytes(signature.key_id) + signature.bytes) + "\n";
}

std::string format_note(const Note& note) {
  std::string bytes = note.text + "\n";
  for (const Signature& signature : note.signatures) bytes += format_signature(signature);
  return bytes;
}

Result<std::string> sign_note(std::string_view text, const Signer& signer) {
  if (auto fault = fault_in_characters(text)) return *std::move(fault);
  if (!text.ends_with('\n')) return malformed("its text has no newline at the end.");

  std::string signed_bytes = TRY(signer.sign(text));
  Signature signature{.name = signer.name(),
                      .key_id = signer.verifier_key().id(),
                      .bytes = std::move(signed_bytes)};
  Note note{.text = std::string(text), .signatures = {}};
  note.signatures.push_back(std::move(signature));
  std::string bytes = format_note(note);
  if (bytes.size() > kNoteBytesMax) return malformed("it is too long.");
  return bytes;
}

Result<Note> open_note(std::string_view bytes, std::span<const VerifierKey> keys) {
  Note note = TRY(parse_note(bytes));
  std::vector<Signature> verified;
  for (Signature& signature : note.signatures) {
    const auto key =
        std::ranges::find_if(keys, [&](const VerifierKey& k) { return is_by(signature, k); });
    if (key == keys.end()) continue;

    // One wrong signature spoils the note even beside right ones: a key that we trust
    // is being impersonated, or its holder is broken.
    if (!key->verifies(note.text, signature.bytes)) {
      return Error{Code::unprocessable, "The note's signature by " + key->name() + " is wrong."};
    }
    // A key that signs twice still counts as one.
    const auto is_same_key = [&](const Signature& other) { return is_by(other, *key); };
    if (std::ranges::none_of(verified, is_same_key)) verified.push_back(std::move(signature));
  }
  if (verified.empty()) {
    return Error{Code::unprocessable, "The note is not signed by a key that is trusted here."};
  }
  note.signatures = std::move(verified);
  return note;
}

}  // namespace assent::ledger
