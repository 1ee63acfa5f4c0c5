#include "base/redact_text.h"

#include "base/redact.h"
#include "base/redact_names.h"

#include <algorithm>
#include <array>

namespace assent::redaction {
namespace {

// What follows a secret's name in a message without being one: "Invalid token: expected …".
constexpr auto kNoValues = std::to_array<std::string_view>({
    "a",
    "absent",
    "already",
    "an",
    "and",
    "are",
    "at",
    "auth",
    "authentication",
    "authorization",
    "by",
    "cannot",
    "could",
    "credential",
    "credentials",
    "denied",
    "empty",
    "error",
    "expected",
    "expired",
    "false",
    "field",
    "for",
    "from",
    "has",
    "header",
    "in",
    "incorrect",
    "invalid",
    "is",
    "malformed",
    "may",
    "mismatch",
    "missing",
    "must",
    "nil",
    "no",
    "none",
    "not",
    "null",
    "of",
    "on",
    "optional",
    "or",
    "realm",
    "rejected",
    "required",
    "revoked",
    "scheme",
    "should",
    "string",
    "the",
    "to",
    "token",
    "tokens",
    "too",
    "true",
    "type",
    "undefined",
    "unexpected",
    "unknown",
    "unset",
    "value",
    "was",
    "with",
    "wrong",
});
static_assert(std::ranges::is_sorted(kNoValues));
constexpr std::size_t kNoValueMax = 14;

// How HTTP credentials begin: what follows belongs to them.
constexpr auto kSchemes =
    std::to_array<std::string_view>({"apikey", "basic", "bearer", "digest", "negotiate", "token"});

constexpr std::string_view kQuotePrefixes = "bfru";

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_one_of(std::string_view word, std::span<const std::string_view> words) {
  if (word.size() > kNoValueMax) return false;
  std::array<char, kNoValueMax> small{};
  std::ranges::transform(word, small.begin(), lower);
  return std::ranges::find(words, std::string_view(small.data(), word.size())) != words.end();
}

std::string_view without_ending(std::string_view word, std::string_view characters) {
  const std::size_t last = word.find_last_not_of(characters);
  return word.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

}  // namespace

std::optional<std::string> TextScan::run() {
  std::size_t at = 0;
  while ((at = next_start(at)) < whole_.size()) {
    if (password_ && at == password_->begin - 1) {  // At the colon, past the user.
      text_.resize(whole_.size());
      replace(*password_);
      password_.reset();
      at = done_;
      continue;
    }
    const auto secret = secret_at(at);
    if (!secret) {
      ++at;
      continue;
    }
    replace(*secret);
    at = done_;
  }
  if (done_ == 0) return std::nullopt;
  out_.append(whole_.substr(done_));
  return std::move(out_);
}

// The next place to look at, from `at`: nearly all of a text is none.
std::size_t TextScan::next_start(std::size_t at) const {
  std::size_t end = text_.size();
  if (flag_end_ && *flag_end_ >= at) end = std::min(end, *flag_end_);
  bool is_in_word = !text_.starts_word(at);
  for (; at < end; ++at) {
    const CharClass what = kClasses[static_cast<unsigned char>(whole_[at])];
    const bool is_word = (what & kAlnum) != 0;
    const bool is_inside = is_word && is_in_word;
    if ((what & kStart) != 0 && !is_inside && may_begin(whole_[at], text_.at(at + 1))) break;
    is_in_word = is_word;
  }
  return at;
}

void TextScan::replace(Span secret) {
  out_.append(whole_.substr(done_, secret.begin - done_));
  out_.append(kRedactionMarker);
  done_ = secret.end;
  text_.begin_at(done_);
  flag_end_.reset();
}

std::optional<Span> TextScan::secret_at(std::size_t at) {
  const char c = text_.at(at);
  if (c == '-') {
    if (const auto end = private_key_end(text_, at)) return Span{at, *end};
    note_flag(at);
    return std::nullopt;
  }
  if (at == flag_end_) return after_flag(at);
  if (c == ':' && text_.has(at, "://")) {
    password_ = url_password(at);
    if (password_) text_.resize(password_->begin - 1);
    return std::nullopt;
  }
  if (c == ':' || c == '=') return after_separator(at);
  if (c >= '0' && c <= '9') {
    if (const auto end = card_end(text_, at)) return Span{at, *end};
    return std::nullopt;
  }
  if (lower(c) == 'b') return after_bearer(at);
  if (const auto end = shapes_.key_end(text_, at)) return Span{at, *end};
  return std::nullopt;
}

// `scheme://user:password@host`. A password with a slash in it, which should have been written as
// %2F, makes an authority whose port is no number.
std::optional<Span> TextScan::url_password(std::size_t colon) {
  const std::size_t authority = colon + 3;
  std::optional<std::size_t> split, at_sign;
  const auto read_authority = [&](std::size_t at) {
    for (; at < text_.size() && !text_.is(at, kUrlStop); at = next(at)) {
      const char c = text_.at(at);
      if (c == '/' || c == '?' || c == '#' || c == '\\') break;
      if (c == ':' && !split) split = at;
      if (c == '@') at_sign = at;
    }
    return at;
  };
  std::size_t end = read_authority(authority);
  if (!split || text_.at(authority) == '[') return std::nullopt;
  if (!at_sign) {
    constexpr std::size_t kPortMax = 5;
    const std::string_view port = text_.part(*split + 1, end);
    const bool is_port =
        port.size() <= kPortMax && port.find_first_not_of("0123456789") == std::string_view::npos;
    if (is_port || end < no_at_sign_until_) return std::nullopt;
    while (end < text_.size() && !text_.is(end, kUrlStop) && text_.at(end) != '@') end = next(end);
    if (text_.at(end) == '@') read_authority(end);
    if (!at_sign) no_at_sign_until_ = end;
  }
  if (!at_sign || *at_sign < *split + 2) return std::nullopt;
  return Span{*split + 1, *at_sign};
}

// `--password hunter2`: where the name ends, a value follows, unless a secret is met before.
void TextScan::note_flag(std::size_t at) {
  if (text_.at(at + 1) != '-' || (at > done_ && text_.is(at - 1, kNameChar))) return;
  const std::size_t end = text_.skip(at, kNameChar);
  if (!text_.is(end, kBlank) || !is_secret_name(text_.part(at, end))) return;
  flag_end_ = end;
}

std::optional<Span> TextScan::after_flag(std::size_t at) {
  const std::size_t begin = text_.skip(at, kBlank);
  if (text_.at(begin) == '-') return std::nullopt;
  return value(begin, By::name, '\0');
}

// `password=hunter2`, `"token": "abc"`, `secret => abc`, `Authorization: Basic abc`
std::optional<Span> TextScan::after_separator(std::size_t separator) {
  const char c = text_.at(separator), next = text_.at(separator + 1);
  const char before = separator > done_ ? text_.at(separator - 1) : '\0';
  if (next == c || next == '~' || before == c || before == ':') return std::nullopt;
  if (c == '=' && (before == '!' || before == '<' || before == '>')) return std::nullopt;
  const bool is_long = (c == ':' && next == '=') || (c == '=' && next == '>');

  std::size_t end = separator;
  while (end > done_ && text_.is(end - 1, kBlank)) --end;
  const bool is_attached = end == separator;
  if (end > done_ && text_.at(end - 1) == ']') --end;
  const bool is_quoted = end > done_ && text_.is(end - 1, kQuote);
  if (is_quoted) --end;
  while (is_quoted && end > done_ && text_.at(end - 1) == '\\') --end;
  std::size_t begin = end;
  while (begin > done_ && text_.is(begin - 1, kNameChar)) --begin;
  if (begin == end) return std::nullopt;

  const char around = begin > done_ ? text_.at(begin - 1) : '\0';
  const PlainName name(text_.part(begin, end));
  By by = is_phrase(name) ? By::phrase : By::name;
  if (is_short(name) && is_attached && c == '=' && (around == '?' || around == '&')) {
    return value(separator + 1, By::name, '\0');
  }
  if (!is_secret_name(text_.part(begin, end))) {
    // Of two words: `API key: abc`.
    std::size_t first = begin;
    if (around != ' ') return std::nullopt;
    for (--first; first > done_ && text_.is(first - 1, kNameChar);) --first;
    const std::string_view both = text_.part(first, end);
    if (!is_secret_name(both)) return std::nullopt;
    by = is_phrase(PlainName(both)) ? By::phrase : By::name;
  }
  const bool is_around = !is_quoted && around != '\0' && text_.is(begin - 1, kQuote);
  return value(separator + (is_long ? 2 : 1), by, is_around ? around : '\0');
}

std::optional<Span> TextScan::after_bearer(std::size_t at) {
  constexpr std::string_view kWord = "bearer";
  for (std::size_t i = 0; i < kWord.size(); ++i) {
    if (lower(text_.at(at + i)) != kWord[i]) return std::nullopt;
  }
  const std::size_t end = at + kWord.size();
  if (!text_.is(end, kBlank)) return std::nullopt;
  return value(end, By::bearer, '\0');
}

std::optional<Span> TextScan::value(std::size_t at, By by, char quote_around) {
  while (text_.is(at, kBlank) || text_.at(at) == '[' || text_.at(at) == '(' ||
         text_.at(at) == '{') {
    ++at;
  }
  std::size_t quote = at;  // Past the letters of b'…' and r"…", and past what escapes it.
  while (quote < at + 2 && kQuotePrefixes.find(lower(text_.at(quote))) != std::string_view::npos) {
    ++quote;
  }
  while (text_.at(quote) == '\\') ++quote;
  if (text_.is(quote, kQuote)) return quoted(quote);

  const std::size_t end = value_end(at);
  const std::string_view word = text_.part(at, end);
  if (word.empty()) return std::nullopt;
  if (by != By::bearer && text_.is(end, kBlank) && is_one_of(word, kSchemes)) {
    const std::size_t credentials = text_.skip(end, kBlank);
    const std::size_t last =
        by == By::phrase ? line_end(credentials, quote_around) : value_end(credentials);
    if (last > credentials) return Span{at, last};
  }
  if (is_no_value({at, end})) return std::nullopt;
  return Span{at, by == By::phrase ? line_end(at, quote_around) : end};
}

// What is between the quote at `quote` and its like, which has a backslash before it exactly if
// this one has.
std::optional<Span> TextScan::quoted(std::size_t quote) const {
  const bool is_escaped = quote > 0 && text_.at(quote - 1) == '\\';
  const std::size_t begin = quote + 1;
  std::size_t end = begin;
  for (; end < text_.size() && text_.at(end) != text_.at(quote); ++end) {
    if (!is_escaped && text_.at(end) == '\\') ++end;
  }
  end = std::min(end, text_.size());
  if (is_escaped && end < text_.size()) {
    while (end > begin && text_.at(end - 1) == '\\') --end;
  }
  if (end == begin) return std::nullopt;
  return Span{begin, end};
}

// The next position, past a private key or a card number that begins here. They are one piece,
// for all their spaces and line ends.
std::size_t TextScan::next(std::size_t at) const {
  const char c = text_.at(at);
  std::optional<std::size_t> end;
  if (c == '-') end = private_key_end(text_, at);
  if (c >= '0' && c <= '9' && text_.starts_word(at)) end = card_end(text_, at);
  return end.value_or(at + 1);
}

// A value without quotes ends where a text usually goes on.
std::size_t TextScan::value_end(std::size_t at) const {
  while (at < text_.size() && !text_.is(at, kStop)) {
    if (text_.at(at) == '\\' && text_.is(at + 1, kQuote)) return at;
    at = next(at);
  }
  return at;
}

std::size_t TextScan::line_end(std::size_t at, char quote_around) const {
  while (at < text_.size()) {
    const char c = text_.at(at);
    if (c == '\n' || c == '\r' || (quote_around != '\0' && c == quote_around)) return at;
    at = next(at);
  }
  return at;
}

// A word of a message, or the name of what comes next; also if what came next has gone already.
bool TextScan::is_no_value(Span word) {
  std::string_view value = text_.part(word.begin, word.end);
  if (value.ends_with(kRedactionMarker)) value.remove_suffix(kRedactionMarker.size());
  if (is_one_of(without_ending(value, ".:!?="), kNoValues)) return true;
  const std::string_view name = without_ending(value, ":=");
  if (name.size() == value.size()) return false;
  if (text_.skip(word.begin, kNameChar) != word.begin + name.size()) return false;
  if (!is_secret_name(name)) return false;
  for (std::size_t at = word.begin; at < word.end; ++at) {
    if (text_.starts_word(at) && shapes_.key_end(text_, at)) return false;
  }
  return true;
}

bool TextScan::is_secret_name(std::string_view name) const {
  const PlainName plain(name);
  if (is_short(plain)) return false;
  const NameSecrecy secrecy = redactor_.secrecy_of(name);
  return secrecy == NameSecrecy::secret || secrecy == NameSecrecy::declared;
}

}  // namespace assent::redaction
