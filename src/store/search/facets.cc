#include "store/search/facets.h"

#include "base/canonical.h"
#include "base/json.h"

#include <cstring>

namespace assent::store {
namespace {

bool is_short_escape(char letter) {
  return std::string_view("btnfr\"\\").find(letter) != std::string_view::npos;
}

// Whether the four digits after `\u` are how RFC 8785 writes a control character.
bool is_control_escape(std::string_view digits) {
  if (!digits.starts_with("00") || (digits[2] != '0' && digits[2] != '1')) return false;
  const bool is_hex =
      (digits[3] >= '0' && digits[3] <= '9') || (digits[3] >= 'a' && digits[3] <= 'f');
  const bool has_short_form =
      digits[2] == '0' && std::string_view("89acd").find(digits[3]) != std::string_view::npos;
  return is_hex && !has_short_form;
}

// Whether every escape is the one RFC 8785 would have written. Where that is not so, two spellings
// could mean one string and comparing them would lie.
bool is_canonical(std::string_view spelling) {
  for (std::size_t i = spelling.find('\\'); i != spelling.npos; i = spelling.find('\\', i)) {
    const std::string_view escape = spelling.substr(i + 1);
    if (escape.empty()) return false;
    if (is_short_escape(escape[0])) {
      i += 2;
    } else if (escape[0] == 'u' && escape.size() >= 5 && is_control_escape(escape.substr(1, 4))) {
      i += 6;
    } else {
      return false;
    }
  }
  return true;
}

// Walks JSON without white space from left to right. Every step says whether it succeeded; after
// one that did not, the cursor means nothing. Strict where it looks, trusting where it skips.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool is_at_end() const { return at_ == end_; }
  bool is_at(char c) const { return at_ != end_ && *at_ == c; }

  // Calls `member` with each member's name, the cursor on its value, which the callee consumes.
  template <class Member>
  bool object(const Member& member) {
    if (!take('{')) return false;
    if (take('}')) return true;
    do {
      const auto name = string();
      if (!name || !take(':') || !member(*name)) return false;
    } while (take(','));
    return take('}');
  }

  // The same, of a value that may be no object: it is skipped then.
  template <class Member>
  bool object_if(const Member& member) {
    return is_at('{') ? object(member) : skip();
  }

  // Keeps the value in `out` if it is a string; skips it otherwise.
  bool string_if(Facets::Spelling& out) {
    if (!is_at('"')) return skip();
    out = string();
    return out.has_value();
  }

  bool skip() {
    if (is_at_end()) return false;
    if (take('"')) return finish_string();
    if (is_at('{') || is_at('[')) return skip_container();
    while (!is_at_end() && *at_ != ',' && *at_ != '}' && *at_ != ']') ++at_;
    return true;
  }

 private:
  bool take(char c) {
    if (!is_at(c)) return false;
    ++at_;
    return true;
  }

  std::optional<std::string_view> string() {
    if (!take('"')) return std::nullopt;
    const char* const first = at_;
    if (!finish_string()) return std::nullopt;
    const std::string_view spelling(first, static_cast<std::size_t>(at_ - first) - 1);
    if (!is_canonical(spelling)) return std::nullopt;
    return spelling;
  }

  // From within a string to behind its closing quote: the first with an even number of
  // backslashes before it.
  bool finish_string() {
    while (!is_at_end()) {
      const void* const found = std::memchr(at_, '"', static_cast<std::size_t>(end_ - at_));
      if (found == nullptr) return false;
      const char* const quote = static_cast<const char*>(found);
      const char* escape = quote;
      while (escape != at_ && escape[-1] == '\\') --escape;
      at_ = quote + 1;
      if ((quote - escape) % 2 == 0) return true;
    }
    return false;
  }

  // Counts brackets instead of recursing: depth costs nothing.
  bool skip_container() {
    std::size_t depth = 0;
    do {
      if (is_at_end()) return false;
      const char c = *at_++;
      if (c == '"') {
        if (!finish_string()) return false;
      } else if (c == '{' || c == '[') {
        ++depth;
      } else if (c == '}' || c == ']') {
        --depth;
      }
    } while (depth > 0);
    return true;
  }

  const char* at_;
  const char* end_;
};

bool scan_actor(Scanner& scanner, Facets& facets) {
  return scanner.object_if([&](std::string_view name) {
    if (name == "type") return scanner.string_if(facets.actor_type);
    if (name == "id") return scanner.string_if(facets.actor_id);
    return scanner.skip();
  });
}

bool scan_target(Scanner& scanner, Facets::Target& target) {
  return scanner.object_if([&](std::string_view name) {
    if (name == "type") return scanner.string_if(target.type);
    if (name == "id") return scanner.string_if(target.id);
    return scanner.skip();
  });
}

bool scan_data(Scanner& scanner, Facets& facets) {
  return scanner.object_if([&](std::string_view name) {
    if (name == "actor") return scan_actor(scanner, facets);
    if (name == "approvalId") return scanner.string_if(facets.approval_id);
    if (name == "outcome") return scanner.string_if(facets.outcome);
    if (name == "target") return scan_target(scanner, facets.inner_target);
    if (name == "targetId") return scanner.string_if(facets.flat_target.id);
    if (name == "targetType") return scanner.string_if(facets.flat_target.type);
    return scanner.skip();
  });
}

}  // namespace

std::optional<Facets> facets_of(std::string_view bytes) {
  Facets facets;
  Scanner scanner(bytes);
  const bool is_whole = scanner.object([&](std::string_view name) {
    if (name == "correlationid") return scanner.string_if(facets.correlation_id);
    if (name == "data") return scan_data(scanner, facets);
    if (name == "id") return scanner.string_if(facets.id);
    if (name == "subject") return scanner.string_if(facets.subject);
    if (name == "time") return scanner.string_if(facets.time);
    if (name == "traceid") return scanner.string_if(facets.trace_id);
    if (name == "type") return scanner.string_if(facets.type);
    return scanner.skip();
  });
  if (!is_whole || !scanner.is_at_end()) return std::nullopt;
  return facets;
}

std::string spelling_of(std::string_view text) {
  std::string quoted;
  append_json_string(quoted, text);
  return quoted.substr(1, quoted.size() - 2);
}

}  // namespace assent::store
