#include "edge/http/parts.h"

#include "base/text.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

namespace assent::http {

namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string lowered(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  });
  return out;
}

// Calls `each` with every part of `text` between the separators.
template <class Each>
void split(std::string_view text, char separator, Each each) {
  while (true) {
    const std::size_t end = text.find(separator);
    each(text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

// Where the first part of a field ends: a separator inside of a quoted string is none.
std::size_t end_of_part(std::string_view text, char separator) {
  bool is_quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      is_quoted = !is_quoted;
    } else if (!is_quoted && text[i] == separator) {
      return i;
    }
  }
  return text.size();
}

// Calls `each` with every part of a field.
template <class Each>
void split_field(std::string_view text, char separator, Each each) {
  while (true) {
    const std::size_t end = end_of_part(text, separator);
    each(text.substr(0, end));
    if (end == text.size()) return;
    text.remove_prefix(end + 1);
  }
}

// A token or a quoted string without escapes, as itself.
std::string_view unquoted(std::string_view text) {
  const bool is_quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  return is_quoted ? text.substr(1, text.size() - 2) : text;
}

bool is_lower_hex(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_all_zero(std::string_view text) {
  return text.find_first_not_of('0') == text.npos;
}

Error bad_query(std::string name, std::string message) {
  std::string detail = "the query is malformed: " + name + " " + message;
  return {Code::validation_error, std::move(detail), {{std::move(name), std::move(message)}}};
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const auto byte = from_hex(text.substr(i + 1, 2));
    if (!byte || byte->size() != 1 || byte->front() == '\0') return std::nullopt;
    out += byte->front();
    i += 2;
  }
  if (!is_utf8(out)) return std::nullopt;
  return out;
}

std::pair<std::string_view, std::string_view> split_target(std::string_view target) {
  const std::size_t mark = target.find('?');
  if (mark == std::string_view::npos) return {target, {}};
  return {target.substr(0, mark), target.substr(mark + 1)};
}

Result<Parameters> query_from(std::string_view query) {
  Parameters parameters;
  if (query.empty()) return parameters;
  std::optional<Error> wrong;
  split(query, '&', [&](std::string_view part) {
    if (part.empty() || wrong) return;
    std::string text(part);
    std::ranges::replace(text, '+', ' ');
    const std::string_view spaced = text;
    const std::size_t equals = std::min(spaced.find('='), spaced.size());
    auto name = percent_decoded(spaced.substr(0, equals));
    auto value = percent_decoded(spaced.substr(std::min(equals + 1, spaced.size())));
    if (!name || name->empty()) {
      wrong = bad_query("query", "has a name that is not percent-encoded UTF-8");
    } else if (!value) {
      wrong = bad_query(*name, "is not percent-encoded UTF-8");
    } else {
      parameters.emplace_back(std::move(*name), std::move(*value));
    }
  });
  if (wrong) return std::move(*wrong);
  return parameters;
}

std::optional<TraceId> trace_from_traceparent(std::string_view field) {
  // 00-<32 hex>-<16 hex>-<2 hex>; a later version may append to it after a dash.
  constexpr std::size_t kLength = 55;
  if (field.size() < kLength || field[2] != '-' || field[35] != '-' || field[52] != '-') {
    return std::nullopt;
  }
  const std::string_view version = field.substr(0, 2);
  const std::string_view trace = field.substr(3, 32);
  const std::string_view parent = field.substr(36, 16);
  if (!is_lower_hex(version) || version == "ff" || !is_lower_hex(trace) || !is_lower_hex(parent) ||
      !is_lower_hex(field.substr(53, 2)) || is_all_zero(trace) || is_all_zero(parent)) {
    return std::nullopt;
  }
  const bool is_longer = field.size() > kLength;
  if (is_longer && (version == "00" || field[kLength] != '-')) return std::nullopt;
  return TraceId(trace);
}

std::optional<std::string_view> bearer_from(std::string_view field) {
  constexpr std::string_view kScheme = "bearer ";
  if (lowered(field.substr(0, kScheme.size())) != kScheme) return std::nullopt;
  const std::string_view key = trimmed(field.substr(kScheme.size()));
  if (key.empty() || key.find(' ') != std::string_view::npos) return std::nullopt;
  return key;
}

std::optional<std::string> idempotency_key_from(std::string_view field) {
  std::string_view text = trimmed(field);
  const bool is_quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  if (is_quoted) text = text.substr(1, text.size() - 2);
  std::string key;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (is_quoted && c == '\\') {
      if (++i == text.size() || (text[i] != '"' && text[i] != '\\')) return std::nullopt;
      c = text[i];
    } else if (c == '"') {
      return std::nullopt;
    }
    const bool is_visible = c > 0x20 && c < 0x7f;
    if (!is_visible && !(is_quoted && c == ' ')) return std::nullopt;
    key += c;
  }
  if (key.empty() || key.size() > 255) return std::nullopt;
  return key;
}

std::optional<std::chrono::seconds> wait_from(std::string_view field, std::chrono::seconds max) {
  std::optional<std::chrono::seconds> wait;
  bool is_said = false;
  split_field(field, ',', [&](std::string_view preference) {
    const std::string_view said = preference.substr(0, end_of_part(preference, ';'));
    const std::size_t equals = std::min(said.find('='), said.size());
    if (lowered(trimmed(said.substr(0, equals))) != "wait") return;
    // What is said twice holds as it was said first, even if that made no sense (RFC 7240 §2).
    if (std::exchange(is_said, true) || equals == said.size()) return;
    const std::string_view text = unquoted(trimmed(said.substr(equals + 1)));
    std::int64_t seconds = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, seconds);
    if (error != std::errc() || stop != end || seconds < 0) return;
    wait = std::min(std::chrono::seconds(seconds), max);
  });
  return wait;
}

bool accepts_gzip(std::string_view field) {
  bool accepts = false;
  split_field(field, ',', [&](std::string_view coding) {
    const std::size_t end = end_of_part(coding, ';');
    if (lowered(trimmed(coding.substr(0, end))) != "gzip") return;
    std::string weight = lowered(coding.substr(end));
    std::erase_if(weight, [](char c) { return c == ' ' || c == '\t'; });
    // q=0, in any of its spellings, says no.
    accepts = !weight.starts_with(";q=0") || weight.find_first_of("123456789", 4) != weight.npos;
  });
  return accepts;
}

std::optional<std::string> media_type_from(std::string_view field) {
  const std::size_t end = std::min(field.find(';'), field.size());
  bool is_utf8_text = true;
  if (end < field.size()) {
    split_field(field.substr(end + 1), ';', [&](std::string_view parameter) {
      std::string text = lowered(trimmed(parameter));
      std::erase(text, '"');
      if (text.starts_with("charset=") && text != "charset=utf-8" && text != "charset=us-ascii") {
        is_utf8_text = false;
      }
    });
  }
  if (!is_utf8_text) return std::nullopt;
  return lowered(trimmed(field.substr(0, end)));
}

}  // namespace assent::http
