// Whatever the text, redaction stands by its word: a key between blanks is gone, what is UTF-8
// stays UTF-8, and there is nothing left to do the second time.
#include "base/canonical.h"
#include "base/redact.h"
#include "base/text.h"

#include <cstddef>
#include <cstdint>

namespace {

constexpr std::string_view kPlanted = "sk_live_planted0123456789abcdef";

void check_text(const assent::Redactor& redactor, const std::string& text) {
  std::string once = text;
  redactor.redact(once);
  if (assent::is_utf8(text)) CHECK(assent::is_utf8(once));
  std::string twice = once;
  redactor.redact(twice);
  CHECK(once == twice);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const std::vector<std::string> declared = {"passport_number", "straße"};
  static const assent::Redactor redactor(declared);
  check_text(redactor, std::string(text));
  if (text.find(kPlanted) == std::string_view::npos) {
    const std::size_t middle = text.size() / 2;
    std::string planted = std::string(text.substr(0, middle)) + " " + std::string(kPlanted) + " " +
                          std::string(text.substr(middle));
    check_text(redactor, planted);
    redactor.redact(planted);
    CHECK(planted.find(kPlanted) == std::string::npos);
  }

  auto value = assent::parse_json(text);
  if (!value) return 0;
  redactor.redact(*value);
  const std::string once = assent::canonical_json(*value);
  redactor.redact(*value);
  CHECK(assent::canonical_json(*value) == once);
  // The names stay different from each other, or it could not be read again.
  CHECK(assent::parse_json(once).has_value());
  return 0;
}
