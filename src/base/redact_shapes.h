// Secrets that give themselves away by how they look. For base/redact.cc.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace assent::redaction {

// What a character may be part of, as bits.
using CharClass = unsigned char;
inline constexpr CharClass kAlnum = 1;      // A-Z a-z 0-9
inline constexpr CharClass kTokenChar = 2;  // Those, _ and -
inline constexpr CharClass kNameChar = 4;   // Those and .
inline constexpr CharClass kStop = 8;       // Ends a value that stands without quotes.
inline constexpr CharClass kBlank = 16;     // Space and tab.
inline constexpr CharClass kQuote = 32;     // " ' `
inline constexpr CharClass kUrlStop = 64;   // Ends a URL, wherever it stands.
inline constexpr CharClass kStart = 128;    // A secret may begin here, or what leads to one.

inline constexpr std::array<CharClass, 256> kClasses = [] {
  std::array<CharClass, 256> classes{};
  const auto add = [&classes](std::string_view characters, CharClass which) {
    for (const char c : characters) classes[static_cast<unsigned char>(c)] |= which;
  };
  for (std::size_t c = 0; c <= ' '; ++c) classes[c] |= kStop | kUrlStop;
  add("\x7f", kStop | kUrlStop);
  add(" \t", kBlank);
  for (char c = 'a'; c <= 'z'; ++c) {
    const std::array<char, 2> both = {c, static_cast<char>(c - 'a' + 'A')};
    add({both.data(), 2}, kAlnum | kTokenChar | kNameChar);
  }
  add("0123456789", kAlnum | kTokenChar | kNameChar | kStart);
  add("_-", kTokenChar | kNameChar);
  add(".", kNameChar);
  add("\"'`", kQuote | kStop | kUrlStop);
  add("<>", kStop | kUrlStop);
  add(",;&)]}", kStop);
  add("-:=", kStart);
  add("abdeghnprswxyABGS", kStart);  // How keys, web tokens and "Bearer" begin.
  return classes;
}();

// With what a secret, or what leads to one, may go on after its first character: a bit for each
// value of the second one's last five bits.
extern const std::array<std::uint32_t, 128> kSeconds;

// Whether these may be the first two of a secret, or of what leads to one. False of most.
inline bool may_begin(char first, char second) {
  return (kSeconds[first & 0x7F] >> (second & 0x1F) & 1) != 0;
}

// A text, of which what is before its beginning or beyond its end is not there.
class Text {
 public:
  explicit Text(std::string_view text) : text_(text), size_(text.size()) {}

  std::size_t size() const { return size_; }
  void resize(std::size_t size) { size_ = size; }  // REQUIRES: no more than there is.
  void begin_at(std::size_t begin) { begin_ = begin; }
  std::string_view part(std::size_t begin, std::size_t end) const {
    return text_.substr(begin, end - begin);
  }
  char at(std::size_t at) const { return at >= begin_ && at < size_ ? text_[at] : '\0'; }
  bool is(std::size_t at, CharClass wanted) const {
    return (kClasses[static_cast<unsigned char>(this->at(at))] & wanted) != 0;
  }
  bool has(std::size_t at, std::string_view expected) const {
    return at >= begin_ && at + expected.size() <= size_ &&
           text_.compare(at, expected.size(), expected) == 0;
  }
  // Whether no letter and no digit is before it.
  bool starts_word(std::size_t at) const { return !is(at - 1, kAlnum); }
  // Where the characters of that class end that begin at `at`.
  std::size_t skip(std::size_t at, CharClass wanted) const {
    while (is(at, wanted)) ++at;
    return at;
  }

 private:
  std::string_view text_;
  std::size_t begin_ = 0;
  std::size_t size_;
};

// Remembers where the last run of token characters ended: all positions inside it share that end,
// and looking for it from each would take quadratic time.
class TokenRun {
 public:
  std::size_t end(const Text& text, std::size_t at);

 private:
  std::size_t begin_ = 0, end_ = 0;
};

// Whether a payment card could have that number: 13 to 19 digits, of a range that is given out,
// with the right check digit.
bool is_card_number(std::string_view digits);

// Each: the end of what begins at `at`, if something does.
std::optional<std::size_t> private_key_end(const Text& text, std::size_t at);
// REQUIRES: a digit is at `at`.
std::optional<std::size_t> card_end(const Text& text, std::size_t at);

class Shapes {
 public:
  // Access keys and web tokens. REQUIRES: text.starts_word(at).
  std::optional<std::size_t> key_end(const Text& text, std::size_t at);

 private:
  std::optional<std::size_t> prefixed_end(const Text& text, std::size_t at);
  std::optional<std::size_t> dotted_end(const Text& text, std::size_t at);

  TokenRun first_, next_;
};

}  // namespace assent::redaction
