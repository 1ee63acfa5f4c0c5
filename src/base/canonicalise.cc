// From JSON text to its canonical form in one pass: no values are built, runs of bytes that stay as
// they are get copied whole, and only objects whose members are out of order are moved.
//
// It says yes or gives up. Whatever it gives up on goes to parse_json(), which knows what is wrong
// and where; tests hold that the two ways agree.
#include "base/canonical.h"
#include "base/json_syntax.h"
#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

namespace assent {
namespace {

using json_syntax::is_digit;

// Decimals of up to so many digits survive a double, and differ only if their doubles do: without
// an exponent and without needless zeros they are what ECMAScript prints.
constexpr std::size_t kExactDigits = 15;
// ECMAScript takes an exponent from 1e-7 on: with more zeros than these behind the point.
constexpr std::size_t kLeadingZerosMax = 5;
// The reader refuses exponents that overflow its integers, even of a nought: it decides from here.
constexpr std::size_t kExponentDigitsMax = 6;
constexpr std::size_t kDepthMax = 1000;  // As parse_json(): recursion is bounded.

// The literal that `text` begins with, in its parts.
struct Literal {
  std::string_view whole;     // The digits before the point.
  std::string_view fraction;  // Those behind it; empty without a point.
  bool is_negative = false;
  bool has_exponent = false;
  std::size_t size = 0;  // 0: no number in JSON.
};

Literal read_literal(std::string_view text) {
  Literal literal;
  std::size_t at = 0;
  const auto next_is = [&](char c) { return at < text.size() && text[at] == c; };
  const auto take = [&](char c) {
    if (!next_is(c)) return false;
    ++at;
    return true;
  };
  const auto digits = [&] {
    const std::size_t begin = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return text.substr(begin, at - begin);
  };
  literal.is_negative = take('-');
  literal.whole = digits();
  if (literal.whole.empty() || (literal.whole.size() > 1 && literal.whole.front() == '0'))
    return {};
  if (take('.')) {
    literal.fraction = digits();
    if (literal.fraction.empty()) return {};
  }
  literal.has_exponent = take('e') || take('E');
  if (literal.has_exponent) {
    if (!take('+')) take('-');
    const std::string_view exponent = digits();
    if (exponent.empty() || exponent.size() > kExponentDigitsMax) return {};
  }
  literal.size = at;
  return literal;
}

// A \u escape and the one after it, if they are a pair.
struct UnicodeEscape {
  char32_t code = 0;
  std::size_t length = 0;  // 0: none, or half of a pair.
};

// What a hexadecimal digit is worth; -1 for no such digit.
constexpr std::array<std::int8_t, 256> hex_values() {
  std::array<std::int8_t, 256> values;
  values.fill(-1);
  for (std::size_t i = 0; i < 16; ++i) {
    const auto value = static_cast<std::int8_t>(i);
    values[static_cast<std::uint8_t>("0123456789abcdef"[i])] = value;
    values[static_cast<std::uint8_t>("0123456789ABCDEF"[i])] = value;
  }
  return values;
}
constexpr auto kHexValues = hex_values();

// The code unit that the escape at the front of `text` is, or nothing.
std::optional<char32_t> escaped_unit(std::string_view text) {
  if (text.size() < 6 || text[0] != '\\' || text[1] != 'u') return std::nullopt;
  const auto digit = [&](std::size_t i) { return kHexValues[static_cast<std::uint8_t>(text[i])]; };
  const int unit = digit(2) * 0x1000 | digit(3) * 0x100 | digit(4) * 0x10 | digit(5);
  if (unit < 0) return std::nullopt;
  return static_cast<char32_t>(unit);
}

UnicodeEscape unicode_escape(std::string_view text) {
  const auto unit = escaped_unit(text);
  if (!unit) return {};
  if (*unit < 0xD800 || *unit > 0xDFFF) return {.code = *unit, .length = 6};
  const auto low = escaped_unit(text.substr(6));
  if (*unit > 0xDBFF || !low || *low < 0xDC00 || *low > 0xDFFF) return {};
  return {.code = 0x10000 + ((*unit - 0xD800) << 10 | (*low - 0xDC00)), .length = 12};
}

class Canonicaliser {
 public:
  Canonicaliser(std::string_view text, std::size_t depth) : text_(text), depth_(depth) {
    out_.reserve(text.size());
  }

  // Whether the text is a document, and all of one.
  bool document();
  std::string take() { return std::move(out_); }

 private:
  // A member of an object that has begun, by its places in the canonical form.
  struct Member {
    std::uint64_t order = 0;
    std::size_t begin = 0;
    std::size_t name_size = 0;
    std::size_t end = 0;
  };

  bool value();
  bool word(std::string_view word);
  bool number();
  bool integer(std::string_view literal);
  bool string();
  bool escape();
  void unescape(UnicodeEscape escape);
  bool array();
  bool object();
  bool name();
  bool is_after(std::size_t place);
  bool sort_members(std::size_t first);

  bool next_is(char c) const { return at_ < text_.size() && text_[at_] == c; }
  bool take(char c) {
    if (!next_is(c)) return false;
    ++at_;
    return true;
  }
  void skip_space();
  // What has been read so far stays as it is.
  void flush() {
    out_.append(text_, copied_, at_ - copied_);
    copied_ = at_;
  }
  // The next `size` bytes of the text become `instead`.
  void replace(std::size_t size, std::string_view instead) {
    flush();
    out_.append(instead);
    at_ += size;
    copied_ = at_;
  }
  // How much of the canonical form there is, with what is still to be copied.
  std::size_t written() const { return out_.size() + (at_ - copied_); }
  std::string_view name_of(const Member& member) const {
    return std::string_view(out_).substr(member.begin + 1, member.name_size);
  }
  bool precedes(const Member& a, const Member& b) const {
    if (a.order != b.order) return a.order < b.order;
    return json_syntax::written_name_precedes(name_of(a), name_of(b));
  }

  std::string_view text_;
  std::size_t at_ = 0;      // What is before it has been read …
  std::size_t copied_ = 0;  // … and what is before this, written.
  std::string out_;
  std::size_t depth_;
  std::vector<Member> open_;  // The members of all objects that have begun and not ended.
  std::string scratch_;
};

bool Canonicaliser::document() {
  skip_space();
  if (!value()) return false;
  skip_space();
  flush();
  return at_ == text_.size();
}

void Canonicaliser::skip_space() {
  const auto is_space = [this] {
    if (at_ == text_.size()) return false;
    const char c = text_[at_];
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
  };
  if (!is_space()) return;
  flush();
  do ++at_;
  while (is_space());
  copied_ = at_;
}

bool Canonicaliser::value() {
  if (at_ == text_.size()) return false;
  switch (text_[at_]) {
    case '{':
      return object();
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

bool Canonicaliser::word(std::string_view word) {
  if (!text_.substr(at_).starts_with(word)) return false;
  at_ += word.size();
  return true;
}

// How many of a literal's first bytes are what ECMAScript prints for it; 0 if another text is.
std::size_t printed_size(const Literal& literal) {
  const std::size_t digits = literal.whole.size() + literal.fraction.size();
  if (literal.has_exponent || digits > kExactDigits) return 0;
  const std::size_t last = literal.fraction.find_last_not_of('0');
  if (last == literal.fraction.npos) {  // A whole number, or a nought with a sign.
    if (literal.is_negative && literal.whole == "0") return 0;
    return literal.whole.size() + (literal.is_negative ? 1 : 0);
  }
  const bool has_exponent_printed =
      literal.whole == "0" && literal.fraction.find_first_not_of('0') > kLeadingZerosMax;
  return has_exponent_printed ? 0 : literal.size - (literal.fraction.size() - last - 1);
}

bool Canonicaliser::number() {
  const std::string_view rest = text_.substr(at_);
  const Literal literal = read_literal(rest);
  if (literal.size == 0) return false;
  if (const std::size_t printed = printed_size(literal); printed > 0) {
    at_ += printed;
    if (printed < literal.size) replace(literal.size - printed, {});
    return true;
  }
  const std::string_view text = rest.substr(0, literal.size);
  if (literal.fraction.empty() && !literal.has_exponent && literal.whole != "0")
    return integer(text);
  const auto real = json_syntax::read_real(text);
  if (real.kind != json_syntax::Real::Kind::finite) return false;
  replace(literal.size, {});
  append_canonical(out_, Json(real.value));
  return true;
}

// One of sixteen digits or more.
bool Canonicaliser::integer(std::string_view literal) {
  std::int64_t value = 0;
  const auto read = std::from_chars(literal.data(), literal.data() + literal.size(), value);
  at_ += literal.size();
  return read.ec == std::errc() && value >= -json_syntax::kIntegerMax &&
         value <= json_syntax::kIntegerMax;
}

bool Canonicaliser::string() {
  if (!take('"')) return false;
  for (;;) {
    at_ += json_syntax::plain_length(text_.substr(at_));
    if (take('"')) return true;
    if (!escape()) return false;
  }
}

// Writes it behind `out`, and says where that ends. REQUIRES: it is no ASCII.
char* write_utf8(char* out, char32_t code) {
  const std::size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  for (std::size_t i = length; i-- > 1; code >>= 6)
    out[i] = static_cast<char>(0x80 | (code & 0x3F));
  out[0] = static_cast<char>(0xF00U >> length | code);  // Begins with as many ones.
  return out + length;
}

bool Canonicaliser::escape() {
  const std::string_view rest = text_.substr(at_);
  const UnicodeEscape escape = unicode_escape(rest);
  if (escape.code >= 0x80) {
    unescape(escape);
  } else if (const std::size_t size = json_syntax::escape_length(rest); size > 0) {
    at_ += size;
  } else if (escape.length > 0) {  // A character that needs none, or another.
    std::string literal;
    append_json_string(literal, std::string(1, static_cast<char>(escape.code)));
    replace(escape.length, std::string_view(literal).substr(1, literal.size() - 2));
  } else if (rest.starts_with("\\/")) {
    replace(2, "/");
  } else {
    return false;
  }
  return true;
}

// Writes the character, and those that follow: whoever escapes one letter escapes whole words.
void Canonicaliser::unescape(UnicodeEscape escape) {
  constexpr std::size_t kCharacterBytesMax = 4;
  std::array<char, 32 * kCharacterBytesMax> bytes;
  char* end = bytes.data();
  flush();
  do {
    at_ += escape.length;
    end = write_utf8(end, escape.code);
    escape = unicode_escape(text_.substr(at_));
  } while (escape.code >= 0x80 && end <= bytes.data() + bytes.size() - kCharacterBytesMax);
  out_.append(bytes.data(), end);
  copied_ = at_;
}

bool Canonicaliser::array() {
  if (depth_ == 0 || !take('[')) return false;
  --depth_;
  skip_space();
  if (!take(']')) {
    do {
      skip_space();
      if (!value()) return false;
      skip_space();
    } while (take(','));
    if (!take(']')) return false;
  }
  ++depth_;
  return true;
}

bool Canonicaliser::object() {
  if (depth_ == 0 || !take('{')) return false;
  --depth_;
  skip_space();
  const std::size_t first = open_.size();
  if (!next_is('}')) {
    bool is_sorted = true;
    do {
      skip_space();
      if (!name()) return false;
      const std::size_t place = open_.size() - 1;
      is_sorted = is_sorted && (place == first || is_after(place - 1));
      skip_space();
      if (!take(':')) return false;
      skip_space();
      if (!value()) return false;
      open_[place].end = written();
      skip_space();
    } while (take(','));
    if (!is_sorted && !sort_members(first)) return false;
  }
  open_.resize(first);
  ++depth_;
  return take('}');
}

bool Canonicaliser::name() {
  Member member{.begin = written()};
  const std::size_t from = at_;
  if (!string()) return false;
  member.name_size = written() - member.begin - 2;
  const bool is_unchanged = copied_ <= from;
  if (!is_unchanged) flush();
  member.order = json_syntax::written_name_order(
      is_unchanged ? text_.substr(from + 1, member.name_size) : name_of(member));
  open_.push_back(member);
  return true;
}

// Whether the last member may follow the one at `place`.
bool Canonicaliser::is_after(std::size_t place) {
  if (open_[place].order == open_.back().order) flush();  // The names are compared as written.
  return precedes(open_[place], open_.back());
}

// Puts the members of the innermost object, from `first` on, in order; no if two have one name.
bool Canonicaliser::sort_members(std::size_t first) {
  flush();
  const std::size_t begin = open_[first].begin;
  const auto order = [this](const Member& a, const Member& b) { return precedes(a, b); };
  const auto members = open_.begin() + static_cast<std::ptrdiff_t>(first);
  std::sort(members, open_.end(), order);
  const auto is_twin = [&](const Member& a, const Member& b) { return !order(a, b); };
  if (std::adjacent_find(members, open_.end(), is_twin) != open_.end()) return false;
  scratch_.clear();
  for (auto member = members; member != open_.end(); ++member) {
    if (member != members) scratch_.push_back(',');
    scratch_.append(out_, member->begin, member->end - member->begin);
  }
  out_.replace(begin, scratch_.size(), scratch_);
  return true;
}

}  // namespace

Result<std::string> canonicalise(std::string_view text, JsonLimits limits) {
  Canonicaliser canonicaliser(text, std::min(limits.depth, kDepthMax));
  if (is_utf8(text) && canonicaliser.document()) return canonicaliser.take();
  return canonical_json(TRY(parse_json(text, limits)));
}

}  // namespace assent
