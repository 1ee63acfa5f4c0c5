// Reads the project's test vectors. For tests only.
#pragma once

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace assent {

// The bytes of `tests/vectors/<name>`; empty if there is no such file.
inline std::string read_vector(std::string_view name) {
  std::ifstream stream(std::string(ASSENT_SOURCE_DIR "/tests/vectors/").append(name),
                       std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

}  // namespace assent
