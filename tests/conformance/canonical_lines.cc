// What test_canonical.py asks: reads lines and writes the canonical form of each on a line.
//
//   canonical_lines numbers       a line is the bits of a double, in hexadecimal
//   canonical_lines documents     a line is a JSON text; a refused one gives `!` and the reason
#include "base/canonical.h"

#include <bit>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <string>

namespace {

using namespace assent;

std::string of_number(std::string_view hex) {
  std::uint64_t bits = 0;
  std::from_chars(hex.data(), hex.data() + hex.size(), bits, 16);
  return canonical_json(Json(std::bit_cast<double>(bits)));
}

std::string of_document(std::string_view text) {
  const auto canonical = canonicalise(text);
  return canonical ? *canonical : "!" + canonical.error().detail;
}

}  // namespace

int main(int count, char** arguments) {
  const std::string_view kind = count == 2 ? arguments[1] : "";
  if (kind != "numbers" && kind != "documents") {
    std::fputs("usage: canonical_lines numbers|documents\n", stderr);
    return 2;
  }
  std::ifstream input("/dev/stdin", std::ios::binary);
  for (std::string line; std::getline(input, line);) {
    const std::string out = (kind == "numbers" ? of_number(line) : of_document(line)) + "\n";
    std::fwrite(out.data(), 1, out.size(), stdout);
  }
  return std::fflush(stdout) == 0 ? 0 : 1;
}
