// Where randomness comes from. Injected, so that a simulation can be repeated.
#pragma once

#include <cstdint>
#include <span>

namespace assent {

class Random {
 public:
  virtual ~Random() = default;
  // Fills `out` with random bytes. Thread-safe unless the class says otherwise.
  virtual void fill(std::span<std::uint8_t> out) = 0;
};

// getrandom(2), buffered per thread. Cryptographically strong. Thread-safe.
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override;
};

// A repeatable stream from a seed (SplitMix64). Not for secrets; not thread-safe.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void fill(std::span<std::uint8_t> out) override;
  std::uint64_t next();

 private:
  std::uint64_t state_;
};

}  // namespace assent
