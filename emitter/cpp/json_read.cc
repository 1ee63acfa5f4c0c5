#include "emitter/cpp/json_read.h"

#include "base/canonical.h"
#include "base/json_syntax.h"
#include "base/text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace assent::emitter {
namespace {

constexpr std::int64_t kIntegerMax = 9007199254740991;
constexpr double kFirstWithExponent = 1e21;
// So many names are compared with each other; more are sorted.
constexpr std::size_t kFewMembers = 16;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool has_name_twice(const Json::Object& members) {
  if (members.size() <= kFewMembers) {
    for (auto one = members.begin(); one != members.end(); ++one) {
      const auto is_same = [&](const Json::Member& other) { return other.first == one->first; };
      if (std::any_of(members.begin(), one, is_same)) return true;
    }
    return false;
  }
  std::vector<std::string_view> names;
  names.reserve(members.size());
  for (const auto& [name, member] : members) names.push_back(name);
  std::ranges::sort(names);
  return std::ranges::adjacent_find(names) != names.end();
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      put(0xE0 | code >> 12);
    } else {
      put(0xF0 | code >> 18);
      put(0x80 | (code >> 12 & 0x3F));
    }
    put(0x80 | (code >> 6 & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

// One walk over a text that is UTF-8. A function that returns false has left `fault` behind, or
// the text is simply no JSON there.
class Walk {
 public:
  Walk(std::string_view text, std::size_t depth_max) : text_(text), depth_left_(depth_max) {}

  bool document(Json& out) {
    skip_space();
    if (!value(out)) return false;
    skip_space();
    return at_ == text_.size() || refuse("something follows the value");
  }

  std::size_t place() const { return at_; }
  std::string_view fault() const {
    if (!fault_.empty()) return fault_;
    return at_ >= text_.size() ? "the text ends too early" : "this is not JSON";
  }

 private:
  bool value(Json& out);
  bool array(Json& out);
  bool object(Json& out);
  bool string(std::string& out);
  bool escape(std::string& out);
  std::optional<std::uint32_t> four_digits();
  bool number(Json& out);
  bool digits();

  bool refuse(std::string_view why) {
    fault_ = why;
    return false;
  }
  bool has(char c) const { return at_ < text_.size() && text_[at_] == c; }
  bool take(char c) {
    if (!has(c)) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  void skip_space() {
    while (has(' ') || has('\t') || has('\n') || has('\r')) ++at_;
  }

  std::string_view text_;
  std::size_t depth_left_;
  std::size_t at_ = 0;
  std::string_view fault_;
};

bool Walk::value(Json& out) {
  if (has('{')) return object(out);
  if (has('[')) return array(out);
  if (has('"')) {
    std::string text;
    if (!string(text)) return false;
    out = Json(std::move(text));
    return true;
  }
  if (take("true")) {
    out = Json(true);
  } else if (take("false")) {
    out = Json(false);
  } else if (take("null")) {
    out = Json();
  } else {
    return number(out);
  }
  return true;
}

bool Walk::array(Json& out) {
  if (depth_left_ == 0) return refuse("arrays and objects are nested too deeply");
  --depth_left_;
  ++at_;
  out = Json::array();
  skip_space();
  if (!take(']')) {
    do {
      skip_space();
      if (!value(out.items().emplace_back())) return false;
      skip_space();
    } while (take(','));
    if (!take(']')) return false;
  }
  ++depth_left_;
  return true;
}

bool Walk::object(Json& out) {
  if (depth_left_ == 0) return refuse("arrays and objects are nested too deeply");
  --depth_left_;
  ++at_;
  out = Json::object();
  skip_space();
  if (!take('}')) {
    do {
      skip_space();
      auto& [name, member] = out.members().emplace_back(std::string(), nullptr);
      if (!has('"') || !string(name)) return false;
      skip_space();
      if (!take(':')) return false;
      skip_space();
      if (!value(member)) return false;
      skip_space();
    } while (take(','));
    if (!take('}')) return false;
    if (has_name_twice(out.members())) return refuse("an object has a name twice");
  }
  ++depth_left_;
  return true;
}

bool Walk::string(std::string& out) {
  ++at_;
  for (;;) {
    const std::size_t plain = json_syntax::plain_length(text_.substr(at_));
    out.append(text_, at_, plain);
    at_ += plain;
    if (take('"')) return true;
    if (!take('\\') || !escape(out)) return false;
  }
}

bool Walk::escape(std::string& out) {
  constexpr std::string_view kLetters = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  if (at_ >= text_.size()) return false;
  if (const auto which = kLetters.find(text_[at_]); which != std::string_view::npos) {
    ++at_;
    out.push_back(kMeanings[which]);
    return true;
  }
  if (!take('u')) return false;
  const auto first = four_digits();
  if (!first) return false;
  if (*first < 0xD800 || *first > 0xDFFF) {
    append_utf8(out, *first);
    return true;
  }
  constexpr std::string_view kHalf = "a \\u escape is half of a surrogate pair";
  if (*first > 0xDBFF || !take("\\u")) return refuse(kHalf);
  const auto second = four_digits();
  if (!second) return false;
  if (*second < 0xDC00 || *second > 0xDFFF) return refuse(kHalf);
  append_utf8(out, 0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00));
  return true;
}

std::optional<std::uint32_t> Walk::four_digits() {
  const std::string_view digits = text_.substr(at_, 4);
  std::uint32_t code = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
  if (digits.size() < 4 || read.ptr != digits.data() + 4 || digits.front() == '-') {
    fault_ = "a \\u escape needs four hexadecimal digits";
    return std::nullopt;
  }
  at_ += 4;
  return code;
}

bool Walk::digits() {
  const std::size_t begin = at_;
  while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
  return at_ > begin;
}

// What canonical_json() could not write so that it reads again is refused: see base/json.h.
bool Walk::number(Json& out) {
  const std::size_t begin = at_;
  take('-');
  if (!take('0') && !digits()) return false;
  bool is_integer = true;
  if (take('.')) {
    is_integer = false;
    if (!digits()) return false;
  }
  if (take('e') || take('E')) {
    is_integer = false;
    if (!take('+')) take('-');
    const std::size_t exponent = at_;
    if (!digits()) return false;
    int value = 0;  // What does not fit here is refused by base, even of a nought.
    if (std::from_chars(text_.data() + exponent, text_.data() + at_, value).ec != std::errc()) {
      return refuse("a number is beyond what a double holds");
    }
  }
  constexpr std::string_view kBeyond = "a whole number is beyond ±(2^53-1)";
  const char* const first = text_.data() + begin;
  const char* const last = text_.data() + at_;
  if (is_integer) {
    std::int64_t value = 0;
    if (std::from_chars(first, last, value).ec != std::errc()) return refuse(kBeyond);
    if (value < -kIntegerMax || value > kIntegerMax) return refuse(kBeyond);
    out = Json(value);
    return true;
  }
  double value = 0;
  if (std::from_chars(first, last, value).ec != std::errc()) {
    return refuse("a number is beyond what a double holds");
  }
  const double size = std::abs(value);
  if (size > static_cast<double>(kIntegerMax) && size < kFirstWithExponent) return refuse(kBeyond);
  out = Json(value);
  return true;
}

}  // namespace

Result<Json> read_json(std::string_view text, std::size_t depth_max) {
  const auto error_at = [](std::size_t place, std::string_view why) {
    std::string message = "is no JSON at byte " + std::to_string(place) + ": ";
    message += why;
    return Error{.fault = Fault::invalid_event, .message = std::move(message)};
  };
  if (const auto bad = first_bad_utf8(text)) return error_at(*bad, "the text is not UTF-8");
  Walk walk(text, depth_max);
  Json out;
  if (!walk.document(out)) return error_at(walk.place(), walk.fault());
  return out;
}

}  // namespace assent::emitter
