#include "base/random.h"

#include "base/result.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <pthread.h>
#include <string.h>
#include <sys/random.h>

namespace assent {
namespace {

// One system call serves sixteen ids. Small, because what lies here is future key material.
constexpr std::size_t kBufferBytes = 256;

void fill_from_system(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const ssize_t got = getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    // Without randomness there is no safe way on: ids would collide and keys be guessable.
    CHECK(got > 0);
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

struct Buffer {
  std::array<std::uint8_t, kBufferBytes> bytes = {};
  std::size_t used = kBufferBytes;

  ~Buffer() { explicit_bzero(bytes.data(), bytes.size()); }
};

thread_local Buffer buffer;

// In the child of a fork, whose parent hands out what was copied.
void forget_buffer() {
  explicit_bzero(buffer.bytes.data(), buffer.bytes.size());
  buffer.used = kBufferBytes;
}

void refill_buffer() {
  static const int kFault = pthread_atfork(nullptr, nullptr, &forget_buffer);
  CHECK(kFault == 0);
  fill_from_system(buffer.bytes);
  buffer.used = 0;
}

}  // namespace

void SystemRandom::fill(std::span<std::uint8_t> out) {
  if (out.size() > kBufferBytes) return fill_from_system(out);

  if (kBufferBytes - buffer.used < out.size()) refill_buffer();
  const auto taken = std::span(buffer.bytes).subspan(buffer.used, out.size());
  std::copy(taken.begin(), taken.end(), out.begin());
  // Handed out once and forgotten, so that a later leak of memory tells nothing of the past.
  explicit_bzero(taken.data(), taken.size());
  buffer.used += out.size();
}

// SplitMix64, from its public-domain description by Sebastiano Vigna: a counter stepped by the
// golden ratio, then mixed. Chosen because any seed, also 0, starts a good stream.
std::uint64_t SeededRandom::next() {
  state_ += 0x9E3779B97F4A7C15U;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9U;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBU;
  return mixed ^ (mixed >> 31);
}

void SeededRandom::fill(std::span<std::uint8_t> out) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (i % 8 == 0) word = next();
    out[i] = static_cast<std::uint8_t>(word >> (8 * (i % 8)));
  }
}

}  // namespace assent
