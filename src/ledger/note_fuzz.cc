// Anything may be a note; what is one has a single form, and nobody's key opens it by luck.
#include "ledger/note.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

using namespace assent::ledger;

constexpr std::string_view kKey =
    "log.example/ann+2e2e0e44+AXm1Vi6P5lT5QHixEuipi6eQH4U65pW+1+DjkQutBJZk";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static const std::array keys = {VerifierKey::from_text(kKey).value()};

  if (const auto key = VerifierKey::from_text(bytes)) CHECK(key->text() == bytes);

  const auto note = parse_note(bytes);
  if (note) CHECK(format_note(*note) == bytes);

  if (const auto opened = open_note(bytes, keys)) {
    CHECK(note.has_value() && opened->text == note->text);
    CHECK(opened->signatures.size() == 1);
    CHECK(keys[0].verifies(opened->text, opened->signatures[0].bytes));
  }
  return 0;
}
