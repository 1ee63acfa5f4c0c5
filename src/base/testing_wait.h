// For tests of what happens on other threads.
#pragma once

#include <chrono>
#include <thread>

namespace assent {

// How long a test waits for what must come. It is for machines that are slow beyond reason, never
// what a test measures: what comes at once is seen at once.
inline constexpr std::chrono::seconds kPatience{120};

// Whether it came true before the patience ended.
template <typename Condition>
bool eventually(const Condition& is_true) {
  const auto begun = std::chrono::steady_clock::now();
  while (!is_true()) {
    if (std::chrono::steady_clock::now() - begun > kPatience) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace assent
