// Small codecs and checks of text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace assent {

std::string to_hex(std::string_view bytes);                     // Lower case.
std::optional<std::string> from_hex(std::string_view text);     // Either case.
std::string to_base64(std::string_view bytes);                  // RFC 4648 §4, padded.
std::optional<std::string> from_base64(std::string_view text);  // Strict: canonical padding only.
std::string to_base64url(std::string_view bytes);               // RFC 4648 §5, unpadded.
std::optional<std::string> from_base64url(std::string_view text);  // Strict.
// `bytes` as one big-endian number in digits 0-9A-Za-z, left-padded with '0' to `width`;
// longer if it needs more.
std::string to_base62(std::string_view bytes, std::size_t width);
// A decimal number without sign or leading zeros; nothing if it is none or beyond 64 bits.
std::optional<std::uint64_t> from_decimal(std::string_view text);
std::uint32_t crc32(std::string_view bytes);  // ISO 3309.

// Whether there is nothing to read in it: only spaces, tabs and line ends.
bool is_blank(std::string_view text);

// Takes the next line off `text`, its newline too; nothing, and nothing taken, if there is no
// newline.
std::optional<std::string_view> take_line(std::string_view& text);

// Well-formed UTF-8 (RFC 3629): no overlong form, no surrogate, at most U+10FFFF.
bool is_utf8(std::string_view text);
// The byte offset of the first violation, or nothing.
std::optional<std::size_t> first_bad_utf8(std::string_view text);

// Whether it is in Unicode's normalization form C (UAX #15), in which one text has one spelling in
// bytes. REQUIRES: is_utf8(text).
bool is_nfc(std::string_view text);
// `text` as it is compared where its look counts and not its spelling: NFKC_Casefold (UAX #31),
// which makes capitals small and full-width letters plain, and drops what is invisible.
// REQUIRES: is_utf8(text).
std::string fold(std::string_view text);
// Takes what comes before the next word, and the word itself, off `folded`, which fold() made;
// empty if there is none. A word is a longest run of letters, their marks, and digits.
std::string_view take_word(std::string_view& folded);

// `text` made safe to print on a terminal: every control, format (bidi, zero-width),
// private-use, tag, surrogate and line/paragraph separator character, and every byte that is
// not UTF-8, becomes `\u{XXXX}` (or `\x{XX}` for a stray byte). Printable text is unchanged.
// A backslash is not doubled; '\n' and '\t' are escaped too.
std::string escape_for_terminal(std::string_view text);

// Whether `text` matches `pattern`, in which `*` stands for any run of characters
// (also none) and every other character for itself; the whole text must match.
// Linear in text × stars; no backtracking explosion.
bool matches_glob(std::string_view pattern, std::string_view text);

}  // namespace assent
