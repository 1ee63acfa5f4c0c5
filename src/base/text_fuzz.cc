// The small parsers: what one reads, its writer writes the same way, and what is escaped for a
// terminal is harmless to it.
#include "base/hash.h"
#include "base/id.h"
#include "base/letters.h"
#include "base/result.h"
#include "base/text.h"
#include "base/time.h"

#include <cstddef>
#include <cstdint>

namespace assent {
namespace {

void check_codecs(std::string_view text) {
  CHECK(from_hex(to_hex(text)) == text);
  CHECK(from_base64(to_base64(text)) == text);
  CHECK(from_base64url(to_base64url(text)) == text);
  if (const auto bytes = from_base64(text)) CHECK(to_base64(*bytes) == text);
  if (const auto bytes = from_base64url(text)) CHECK(to_base64url(*bytes) == text);
  if (const auto bytes = uuid_from_base32(text)) CHECK(base32_of(*bytes) == text);
  if (const auto bytes = uuid_from_text(text)) CHECK(uuid_from_text(uuid_text(*bytes)) == *bytes);
  if (const auto hash = content_hash_from_text(text)) CHECK(content_hash_text(*hash) == text);
  if (const auto id = ApprovalId::parse(text)) CHECK(id->text() == text);
  CHECK(to_base62(text.substr(0, 64), 8).size() >= 8);
}

void check_escaping(std::string_view text) {
  const std::string safe = escape_for_terminal(text);
  CHECK(is_utf8(safe));
  CHECK(escape_for_terminal(safe) == safe);
  for (const char c : safe) CHECK(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
}

void check_time(std::string_view text) {
  const auto at = from_rfc3339(text);
  if (at) CHECK(from_rfc3339(to_rfc3339(*at)) == at);
  const auto duration = duration_from_text(text);
  if (duration) CHECK(duration->count() > 0 && *duration <= std::chrono::days(3650));
}

void check_glob(std::string_view text) {
  const std::size_t middle = text.size() / 2;
  matches_glob(text.substr(0, middle), text.substr(middle));
  CHECK(matches_glob(text, text));  // Each star matches itself.
  CHECK(matches_glob("*", text));
}

// What is folded is in form C, and its words are all there is in it but signs and spaces.
void check_unicode(std::string_view text) {
  if (!is_utf8(text)) return;
  is_nfc(text);
  const std::string folded = fold(text);
  CHECK(is_utf8(folded) && is_nfc(folded));
  std::string_view rest = folded;
  for (auto word = take_word(rest); !word.empty(); word = take_word(rest)) {
    std::string_view alone = word;
    CHECK(take_word(alone) == word && alone.empty());
  }
  CHECK(rest.empty());
  CHECK(is_utf8(percent_decoded(text)));
  const std::string plain = plain_letters(text);
  CHECK(is_utf8(plain));
  for (std::size_t at = 0; at < plain.size();) {
    at += first_letter(std::string_view(plain).substr(at)).length;
    CHECK(at <= plain.size());
  }
}

}  // namespace
}  // namespace assent

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  assent::check_codecs(text);
  assent::check_escaping(text);
  assent::check_time(text);
  assent::check_glob(text);
  assent::check_unicode(text);
  return 0;
}
