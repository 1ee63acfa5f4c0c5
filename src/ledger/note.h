// Signed notes: text that one or more keys vouch for, readable by eye and by machine.
//
//   text, one or more lines, each with its newline
//                                                      (one empty line)
//   — <key name> base64(key id ‖ signature)            (one line or more)
//
// C2SP signed-note v1.0.0, https://c2sp.org/signed-note. A signature covers the text with its
// last newline and nothing after it, so signatures can be added by others (witnesses) later.
// Pure and thread-safe.
//
// Errors: Code::validation_error for what is not a note, Code::unprocessable for a note that
// the keys do not vouch for. Neither says whose fault it is: a store that opens a note of its
// own turns both into Code::corrupt.
#pragma once

#include "base/result.h"
#include "ledger/key.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assent::ledger {

// What we read is from strangers, so it is bounded. The specification asks for at least 16
// signatures; 100 is also the bound of Go's reader, and the bytes leave room for as many
// post-quantum ones.
inline constexpr std::size_t kNoteBytesMax = 1'000'000;
inline constexpr std::size_t kSignaturesMax = 100;

struct Signature {
  std::string name;  // The key's.
  KeyId key_id{};
  std::string bytes;  // As the algorithm makes them; not empty.
  friend bool operator==(const Signature&, const Signature&) = default;
};

struct Note {
  std::string text;  // Ends in a newline.
  std::vector<Signature> signatures;
  friend bool operator==(const Note&, const Note&) = default;
};

// Takes a note apart without believing a word of it. Strict: format_note() of the
// result is `bytes` again. The text ends at the last empty line and may have others.
Result<Note> parse_note(std::string_view bytes);

// REQUIRES: what parse_note() returned, or the same shape.
std::string format_note(const Note& note);

// One line of a note's signatures, with its newline.
std::string format_signature(const Signature& signature);

// `text` signed by `signer` alone, as a note's bytes. Code::validation_error if the text is no
// note text: not UTF-8, a control character other than newline, no newline at its end, too
// long. Else whatever the signer fails with.
Result<std::string> sign_note(std::string_view text, const Signer& signer);

// The note, if at least one of `keys` signed it and none of them wrongly.
//
// The result has the signatures that were verified, one for each key; those of
// unknown keys are ignored, even if they have the name or the id (not both) of a known one.
Result<Note> open_note(std::string_view bytes, std::span<const VerifierKey> keys);

}  // namespace assent::ledger
