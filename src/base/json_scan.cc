#include "base/json_scan.h"

#include "base/canonical.h"
#include "base/json_syntax.h"
#include "base/text.h"

#include <algorithm>

namespace assent {
namespace {

using json_syntax::escape_length;
using json_syntax::is_digit;
using json_syntax::plain_length;

// Whole numbers of up to as many digits are below 2^53 and written as they are read.
constexpr std::size_t kSafeDigits = 15;

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

// Beyond short whole numbers another reader decides: there are few.
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
  const auto canonical = canonicalise(literal);
  return canonical && *canonical == literal;
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
      if (!is_first && !json_syntax::written_name_precedes(before, name)) return false;
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
