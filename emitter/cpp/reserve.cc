#include "emitter/cpp/reserve.h"

#include "emitter/cpp/file.h"

#include <cstdint>
#include <filesystem>
#include <system_error>

namespace assent::emitter {
namespace {

std::string path_in(const std::string& directory) {
  return directory + "/reserve";
}

// Bytes that a file system which compresses, or leaves out zeros, has to keep as well.
std::string noise() {
  std::string bytes;
  bytes.reserve(kReserveBytes);
  std::uint64_t state = 1;
  while (bytes.size() < kReserveBytes) {
    state = state * 6364136223846793005U + 1442695040888963407U;  // Knuth's.
    bytes.push_back(static_cast<char>(state >> 56));
  }
  return bytes;
}

}  // namespace

std::optional<Error> make_reserve(const std::string& directory) {
  const std::string path = path_in(directory);
  std::error_code failure;
  if (std::filesystem::file_size(path, failure) == kReserveBytes && !failure) return std::nullopt;
  auto fault = write_file(path, noise());
  if (fault) give_up_reserve(directory);
  return fault;
}

bool give_up_reserve(const std::string& directory) {
  return !remove_file(path_in(directory));
}

}  // namespace assent::emitter
