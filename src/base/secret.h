// A value that must not leak: no formatter, no ordering, compared in constant time,
// wiped when it goes. Not thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace assent {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value);  // Wipes what it was moved from.
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept;
  Secret& operator=(const Secret& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  // The one way to see it. Every call is a place to audit.
  std::string_view reveal() const { return value_; }

  // Takes the same time whatever the contents; lengths are not secret.
  bool equals(std::string_view other) const;

 private:
  std::string value_;
};

}  // namespace assent
