#include "base/json_scan.h"

#include "base/text.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

namespace assent {
namespace {

// Whole numbers of up to as many digits are below 2^53 and written as they are read.
constexpr std::size_t kSafeDigits = 15;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// How many of the first bytes of `text` stand for themselves in a string: neither a quotation mark
// nor a backslash nor a control character. Eight at a time (Mycroft's test for a byte below n).
std::size_t plain_length(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  constexpr std::uint64_t kHighs = 0x8080808080808080U;
  const auto has_below = [](std::uint64_t word, std::uint64_t n) {
    return (word - kOnes * n) & ~word & kHighs;
  };
  std::size_t length = 0;
  for (std::uint64_t word = 0; length + 8 <= text.size(); length += 8) {
    std::memcpy(&word, text.data() + length, 8);
    const std::uint64_t quote = word ^ (kOnes * '"');
    const std::uint64_t backslash = word ^ (kOnes * '\\');
    const std::uint64_t found =
        has_below(word, 0x20) | has_below(quote, 1) | has_below(backslash, 1);
    if (found == 0) continue;
    // The lowest mark is exact, the others may be of a borrow.
    if constexpr (std::endian::native != std::endian::little) break;
    return length + static_cast<std::size_t>(std::countr_zero(found)) / 8;
  }
  const auto is_plain = [](char c) {
    return static_cast<std::uint8_t>(c) >= 0x20 && c != '"' && c != '\\';
  };
  while (length < text.size() && is_plain(text[length])) ++length;
  return length;
}

// How long the escape at the front of `text` is if it is the one that RFC 8785 §3.2.2.2 writes;
// else 0.
std::size_t escape_length(std::string_view text) {
  if (text.size() < 2) return 0;
  if (std::string_view("btnfr\"\\").find(text[1]) != std::string_view::npos) return 2;
  if (!text.starts_with("\\u00") || text.size() < 6) return 0;
  const bool is_low = text[4] == '0' && std::string_view("89acd").find(text[5]) == text.npos;
  if (!is_low && text[4] != '1') return 0;
  if (text[4] == '0' && text[5] == 'b') return 6;  // U+000B has no short form.
  return is_digit(text[5]) || (text[5] >= 'a' && text[5] <= 'f') ? 6 : 0;
}

// As in json_write.cc: UTF-16 puts what lies past U+FFFF before U+E000–U+FFFF.
int rank(char c) {
  const auto byte = static_cast<std::uint8_t>(c);
  return byte == 0xEE || byte == 0xEF ? byte + 0x10 : int{byte};
}

// The first byte of a character of a name as written, and how far to go on: an escape counts as
// the character that it stands for.
struct NameByte {
  char byte;
  std::size_t length;
};
NameByte name_byte(std::string_view name) {
  if (name.front() != '\\') return {name.front(), 1};
  constexpr std::string_view kLetters = "btnfr\"\\";
  constexpr std::string_view kMeanings = "\b\t\n\f\r\"\\";
  if (const auto at = kLetters.find(name[1]); at != kLetters.npos) return {kMeanings[at], 2};
  const auto digit = [](char c) { return is_digit(c) ? c - '0' : c - 'a' + 10; };
  return {static_cast<char>(digit(name[4]) * 16 + digit(name[5])), 6};
}

// Whether one name must stand before the other, both as written.
bool precedes(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    const NameByte x = name_byte(a);
    const NameByte y = name_byte(b);
    if (x.byte != y.byte) return rank(x.byte) < rank(y.byte);
    a.remove_prefix(x.length);
    b.remove_prefix(y.length);
  }
  return a.empty() && !b.empty();
}

class Scan {
 public:
  Scan(std::string_view text, JsonLimits limits) : rest_(text), depth_(limits.depth) {}

  // Appends the members, unless nobody wants them.
  bool object(std::vector<RawMember>* members);
  // Of an object known to be canonical: the value of that member.
  std::optional<std::string_view> find(std::string_view name);
  bool is_done() const { return rest_.empty(); }

 private:
  bool value();
  bool array();
  bool string();
  bool number();
  bool word(std::string_view word);
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // What was read since `begin` was the rest.
  std::string_view since(std::string_view begin) const {
    return begin.substr(0, begin.size() - rest_.size());
  }

  std::string_view rest_;
  std::size_t depth_;
};

bool Scan::word(std::string_view word) {
  if (!rest_.starts_with(word)) return false;
  rest_.remove_prefix(word.size());
  return true;
}

bool Scan::string() {
  if (!take('"')) return false;
  for (;;) {
    rest_.remove_prefix(plain_length(rest_));
    if (take('"')) return true;
    const std::size_t escape = rest_.starts_with('\\') ? escape_length(rest_) : 0;
    if (escape == 0) return false;
    rest_.remove_prefix(escape);
  }
}

// Beyond short whole numbers the two other readers decide: there are few.
bool Scan::number() {
  const auto end = std::ranges::find_if(rest_, [](char c) {
    return !is_digit(c) && std::string_view("+-.eE").find(c) == std::string_view::npos;
  });
  const std::string_view literal(rest_.data(), static_cast<std::size_t>(end - rest_.begin()));
  if (literal.empty()) return false;
  rest_.remove_prefix(literal.size());
  const std::string_view digits = literal.substr(literal.front() == '-' ? 1 : 0);
  if (!digits.empty() && digits.size() <= kSafeDigits && std::ranges::all_of(digits, is_digit)) {
    return digits.front() != '0' || literal == "0";
  }
  const auto parsed = parse_json(literal);
  return parsed && canonical_json(*parsed) == literal;
}

bool Scan::array() {
  if (depth_ == 0 || !take('[')) return false;
  --depth_;
  if (!take(']')) {
    do {
      if (!value()) return false;
    } while (take(','));
    if (!take(']')) return false;
  }
  ++depth_;
  return true;
}

bool Scan::object(std::vector<RawMember>* members) {
  if (depth_ == 0 || !take('{')) return false;
  --depth_;
  if (!take('}')) {
    std::string_view before;
    bool is_first = true;
    do {
      const std::string_view begin = rest_;
      if (!string()) return false;
      const std::string_view quoted = since(begin);
      const std::string_view name = quoted.substr(1, quoted.size() - 2);
      if (!is_first && !precedes(before, name)) return false;
      before = name;
      is_first = false;
      if (!take(':')) return false;
      const std::string_view value_begin = rest_;
      if (!value()) return false;
      if (members != nullptr) members->push_back({.name = name, .value = since(value_begin)});
    } while (take(','));
    if (!take('}')) return false;
  }
  ++depth_;
  return true;
}

std::optional<std::string_view> Scan::find(std::string_view name) {
  if (!take('{')) return std::nullopt;
  do {
    const std::string_view begin = rest_;
    if (!string()) return std::nullopt;
    const std::string_view quoted = since(begin);
    take(':');
    const std::string_view value_begin = rest_;
    if (!value()) return std::nullopt;
    if (quoted.substr(1, quoted.size() - 2) == name) return since(value_begin);
  } while (take(','));
  return std::nullopt;
}

bool Scan::value() {
  if (rest_.empty()) return false;
  switch (rest_.front()) {
    case '{':
      return object(nullptr);
    case '[':
      return array();
    case '"':
      return string();
    case 't':
      return word("true");
    case 'f':
      return word("false");
    case 'n':
      return word("null");
    default:
      return number();
  }
}

}  // namespace

bool scan_canonical_object(std::string_view text, std::vector<RawMember>& members,
                           JsonLimits limits) {
  constexpr std::size_t kDepthMax = 1000;  // As parse_json(): recursion is bounded.
  members.clear();
  Scan scan(text, {.depth = std::min(limits.depth, kDepthMax)});
  return scan.object(&members) && scan.is_done() && is_utf8(text);
}

std::optional<std::string_view> raw_member(std::string_view object, std::string_view name) {
  constexpr std::size_t kAnyDepth = 1000;  // The document was within its limit.
  return Scan(object, {.depth = kAnyDepth}).find(name);
}

std::optional<std::string_view> plain_string(std::string_view value) {
  if (value.size() < 2 || value.front() != '"') return std::nullopt;
  const std::string_view text = value.substr(1, value.size() - 2);
  if (text.find('\\') != std::string_view::npos) return std::nullopt;
  return text;
}

}  // namespace assent
