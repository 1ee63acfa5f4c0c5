#include "base/secret.h"

#include <cstddef>
#include <string.h>
#include <utility>

namespace assent {
namespace {

// Zeroes everything the string owns. A string that was moved from keeps a short value's bytes
// in its own body, behind its terminator: hence up to the capacity.
void wipe(std::string& value) {
  value.resize(value.capacity());  // NOLINT(clang-analyzer-cplusplus.Move): on purpose.
  explicit_bzero(value.data(), value.size());
  value.clear();
}

}  // namespace

Secret::Secret(std::string value) : value_(std::move(value)) {
  wipe(value);
}

Secret::Secret(Secret&& other) noexcept : value_(std::move(other.value_)) {
  wipe(other.value_);
}

Secret& Secret::operator=(const Secret& other) {
  if (this == &other) return *this;
  wipe(value_);
  value_ = other.value_;
  return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  wipe(value_);
  value_ = std::move(other.value_);
  wipe(other.value_);
  return *this;
}

Secret::~Secret() {
  wipe(value_);
}

bool Secret::equals(std::string_view other) const {
  if (value_.size() != other.size()) return false;
  // Volatile, or the compiler may leave the loop at the first difference.
  volatile unsigned char difference = 0;
  for (std::size_t i = 0; i < other.size(); ++i) {
    difference = static_cast<unsigned char>(difference | (value_[i] ^ other[i]));
  }
  return difference == 0;
}

}  // namespace assent
