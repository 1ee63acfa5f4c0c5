#include "verify/members.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>

namespace assent::verify {
namespace {

constexpr std::array kFixed = {kManifest, kCheckpoint, kKeys, kEvents, kProofs, kWitnesses};
constexpr std::size_t kViewNameBytesMax = 64;

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool is_view_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

bool is_view_name(std::string_view name) {
  return !name.empty() && name.size() <= kViewNameBytesMax && name.front() != '.' &&
         std::ranges::all_of(name, is_view_character);
}

}  // namespace

std::optional<unsigned> member_rank(std::string_view name) {
  const auto found = std::ranges::find(kFixed, name);
  const auto fixed = static_cast<unsigned>(kFixed.size());
  if (found != kFixed.end()) return static_cast<unsigned>(found - kFixed.begin());
  if (name.starts_with(kBlobPrefix)) {
    name.remove_prefix(kBlobPrefix.size());
    if (name.size() == 64 && std::ranges::all_of(name, is_hex)) return fixed;
  } else if (name.starts_with(kViewPrefix)) {
    if (is_view_name(name.substr(kViewPrefix.size()))) return fixed + 1;
  }
  return std::nullopt;
}

Result<std::unique_ptr<Members>> open_members(const std::string& path) {
  std::error_code failure;
  const auto status = std::filesystem::status(path, failure);
  if (!std::filesystem::exists(status)) {
    return Error{Code::not_found, "There is no bundle at this path."};
  }
  return std::filesystem::is_directory(status) ? open_directory(path) : open_archive(path);
}

}  // namespace assent::verify
