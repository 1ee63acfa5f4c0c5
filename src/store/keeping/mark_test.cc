#include "store/keeping/mark.h"

#include "store/files.h"
#include "store/search/testing_search.h"
#include "store/testing_writer.h"

#include <gtest/gtest.h>

#include <fstream>

namespace assent::store {
namespace {

Mark mark_of(std::uint64_t size) {
  Mark mark{.note = "a note of " + std::to_string(size) + "\n", .frontier = {}};
  for (std::uint64_t i = 0; i < size; ++i) {
    mark.frontier.append(ledger::hash_leaf(std::to_string(i)));
  }
  return mark;
}

std::uint64_t size_in(const std::string& path) {
  const auto mark = MarkFile(path).read().value();
  return mark ? ledger::number(mark->frontier.size()) : 0;
}

TEST(Mark, TheNewestIsRead) {
  const TemporaryDirectory directory;
  const std::string path = directory / "acme.mark";
  EXPECT_EQ(size_in(path), 0U);
  MarkFile file(path);
  for (std::uint64_t size = 1; size < 9; ++size) {
    ASSERT_TRUE(file.write(mark_of(size)));
    EXPECT_EQ(MarkFile(path).read().value()->note, mark_of(size).note);
    EXPECT_EQ(MarkFile(path).read().value()->frontier, mark_of(size).frontier);
  }
  ASSERT_TRUE(MarkFile(path).write(mark_of(9)));  // After a restart.
  EXPECT_EQ(size_in(path), 9U);
}

TEST(Mark, H69_ACrashAtAnyByteLeavesTheOldMarkOrTheNew) {
  const TemporaryDirectory directory;
  const std::string path = directory / "acme.mark";
  MarkFile file(path);
  ASSERT_TRUE(file.write(mark_of(1000)));
  ASSERT_TRUE(file.write(mark_of(1001)));
  const std::string before = read_file(path).value();
  ASSERT_TRUE(file.write(mark_of(1002)));
  const std::string after = read_file(path).value();
  ASSERT_EQ(before.size(), after.size());
  constexpr std::size_t kTextMax = 700;  // Beyond it both are empty.
  for (std::size_t written = 0; written < after.size(); ++written) {
    if (written % kMarkSlotBytes > kTextMax) continue;
    // Whatever of the new bytes came first: the beginning, or the end.
    for (const std::string& torn : {after.substr(0, written) + before.substr(written),
                                    before.substr(0, written) + after.substr(written)}) {
      std::ofstream(path, std::ios::binary | std::ios::trunc) << torn;
      const std::uint64_t size = size_in(path);
      ASSERT_TRUE(size == 1001 || size == 1002) << written << ": " << size;
      if (written % 97 != 0) continue;
      ASSERT_TRUE(MarkFile(path).write(mark_of(1003)));
      ASSERT_EQ(size_in(path), 1003U) << "it goes on";
    }
  }
}

TEST(Mark, NoBitOfASlotCanChange) {
  const std::string slot = slot_text(mark_of(5)).value();
  ASSERT_TRUE(mark_from_slot(slot));
  for (std::size_t at = 0; at < slot.size() * 8; ++at) {
    std::string damaged = slot;
    damaged[at / 8] = static_cast<char>(damaged[at / 8] ^ (1 << at % 8));
    EXPECT_FALSE(mark_from_slot(damaged)) << at;
  }
}

TEST(Mark, WhatDoesNotFitIsRefused) {
  Mark mark = mark_of(1);
  mark.note.assign(kMarkSlotBytes, 'x');
  EXPECT_EQ(slot_text(mark).error().code, Code::too_large);
}

}  // namespace
}  // namespace assent::store
