#include "base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace assent {
namespace {

std::string draw(Random& random, std::size_t size) {
  std::string bytes(size, '\0');
  random.fill({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
  return bytes;
}

TEST(SystemRandom, NeverRepeatsAcrossItsBufferEdge) {
  SystemRandom random;
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(seen.insert(draw(random, 10)).second);
}

TEST(SystemRandom, FillsEveryByteOfAnySize) {
  SystemRandom random;
  for (const std::size_t size : {1U, 255U, 256U, 257U, 5000U}) {
    // Sixteen draws leave any one byte zero in all of them with a chance of 2^-128.
    std::string seen(size, '\0');
    for (int i = 0; i < 16; ++i) {
      const std::string bytes = draw(random, size);
      for (std::size_t k = 0; k < size; ++k) seen[k] = static_cast<char>(seen[k] | bytes[k]);
    }
    EXPECT_EQ(seen.find('\0'), std::string::npos) << size;
  }
}

TEST(SystemRandom, AcceptsAnEmptySpan) {
  SystemRandom random;
  random.fill({});
}

TEST(SystemRandom, GivesEachThreadItsOwnBytes) {
  SystemRandom random;
  std::array<std::string, 4> drawn;
  {
    std::vector<std::jthread> threads;
    for (auto& bytes : drawn) threads.emplace_back([&] { bytes = draw(random, 32); });
  }
  EXPECT_EQ(std::set<std::string>(drawn.begin(), drawn.end()).size(), drawn.size());
}

// Or workers of one parent would make the same ids.
TEST(SystemRandom, AChildOfAForkDrawsItsOwnBytes) {
  SystemRandom random;
  draw(random, 1);
  std::array<int, 2> pipe = {};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string bytes = draw(random, 32);
    ::_exit(::write(pipe[1], bytes.data(), bytes.size()) == 32 ? 0 : 1);
  }
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  std::string theirs(32, '\0');
  EXPECT_EQ(::read(pipe[0], theirs.data(), theirs.size()), 32);
  EXPECT_NE(draw(random, 32), theirs);
  ::close(pipe[0]);
  ::close(pipe[1]);
}

TEST(SeededRandom, RepeatsFromTheSameSeed) {
  SeededRandom first(7);
  SeededRandom second(7);
  SeededRandom other(8);
  const std::string bytes = draw(first, 100);
  EXPECT_EQ(bytes, draw(second, 100));
  EXPECT_NE(bytes, draw(other, 100));
}

// The first outputs of SplitMix64 from seed 1234567, as its reference implementation prints them.
TEST(SeededRandom, IsSplitMix64) {
  SeededRandom random(1234567);
  EXPECT_EQ(random.next(), 6457827717110365317U);
  EXPECT_EQ(random.next(), 3203168211198807973U);
  EXPECT_EQ(random.next(), 9817491932198370423U);
  EXPECT_EQ(random.next(), 4593380528125082431U);
}

}  // namespace
}  // namespace assent
