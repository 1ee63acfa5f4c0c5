#include "ledger/log_check.h"

#include "ledger/testing.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace assent::ledger {
namespace {

struct Row {
  std::string entry;
  Hash leaf;
};

std::vector<Row> log_of(std::uint64_t size) {
  std::vector<Row> rows;
  for (std::uint64_t i = 0; i < size; ++i) rows.push_back({event(i), hash_leaf(event(i))});
  return rows;
}

TreeHead head_of(const std::vector<Row>& rows) {
  Frontier frontier;
  for (const Row& row : rows) frontier.append(row.leaf);
  return frontier.head();
}

// What is said of the log, or "good".
std::string verdict(const std::vector<Row>& rows, const TreeHead& head) {
  LogCheck check;
  for (const Row& row : rows) {
    if (const auto added = check.add(row.entry, row.leaf); !added) return added.error().detail;
  }
  const auto finished = check.finish(head);
  return finished ? "good" : finished.error().detail;
}

const TreeHead kHead = head_of(log_of(20));
const std::string kRootDiffers = "The 20 entries do not hash to the root of their head.";

TEST(LogCheck, AnHonestLogIsGood) {
  EXPECT_EQ(verdict(log_of(20), kHead), "good");
  EXPECT_EQ(verdict({}, Frontier().head()), "good");
}

TEST(LogCheck, AFlippedBitOfAnEntryNamesItsSequence) {
  for (std::size_t i = 0; i < 20; ++i) {
    std::vector<Row> rows = log_of(20);
    rows[i].entry[0] ^= 1;
    EXPECT_EQ(verdict(rows, kHead), "Sequence " + std::to_string(i) +
                                        ": the stored leaf hash is not that of the stored bytes.");
  }
}

TEST(LogCheck, AFlippedBitOfALeafNamesItsSequence) {
  std::vector<Row> rows = log_of(20);
  rows[7].leaf[31] ^= 1;
  rows[9].leaf[31] ^= 1;
  EXPECT_EQ(verdict(rows, kHead),
            "Sequence 7: the stored leaf hash is not that of the stored bytes.");
}

TEST(LogCheck, AnEntryRewrittenWithItsLeafIsNoticedByTheRoot) {
  std::vector<Row> rows = log_of(20);
  rows[7] = {"forged", hash_leaf("forged")};
  EXPECT_EQ(verdict(rows, kHead), kRootDiffers);
}

TEST(LogCheck, SwappedEntriesAreNoticedByTheRoot) {
  std::vector<Row> rows = log_of(20);
  std::swap(rows[3], rows[4]);
  EXPECT_EQ(verdict(rows, kHead), kRootDiffers);
}

TEST(LogCheck, ADroppedEntryIsNoticed) {
  std::vector<Row> rows = log_of(20);
  rows.erase(rows.begin() + 5);
  EXPECT_EQ(verdict(rows, kHead), "Sequence 19 is missing: the head counts 20 entries.");
}

TEST(LogCheck, ATruncatedLogIsNoticed) {
  EXPECT_EQ(verdict(log_of(12), kHead), "Sequence 12 is missing: the head counts 20 entries.");
}

TEST(LogCheck, AnEntryTooManyIsNoticed) {
  EXPECT_EQ(verdict(log_of(22), kHead), "Sequence 20 is one too many: the head counts 20 entries.");
}

TEST(LogCheck, AForgedHeadIsNoticed) {
  TreeHead forged = kHead;
  forged.root[0] ^= 1;
  EXPECT_EQ(verdict(log_of(20), forged), kRootDiffers);
}

TEST(LogCheck, AnEntryBeyondTheFormatIsNoticed) {
  LogCheck check;
  const std::string largest(kEntryBytesMax, 'x');
  EXPECT_TRUE(check.add(largest, hash_leaf(largest)).has_value());
  EXPECT_EQ(check.add(largest + "x", hash_leaf(largest + "x")).error().detail,
            "Sequence 1: the entry is longer than a log's entry can be.");
}

TEST(LogCheck, TheFirstBadEntryIsTheOneThatIsReported) {
  LogCheck check;
  EXPECT_TRUE(check.add("a", hash_leaf("a")).has_value());
  const Error first = check.add("b", hash_leaf("c")).error();
  EXPECT_EQ(first.code, Code::corrupt);
  EXPECT_EQ(check.add("d", hash_leaf("d")).error().detail, first.detail);
  EXPECT_EQ(check.finish(check.head()).error().detail, first.detail);
  EXPECT_EQ(check.size(), Size{1});
}

TEST(LogCheck, OlderHeadsCanBeCheckedOnTheWay) {
  LogCheck check;
  for (const Row& row : log_of(20)) {
    ASSERT_TRUE(check.add(row.entry, row.leaf).has_value());
    EXPECT_TRUE(check.finish(head_of(log_of(number(check.size())))).has_value());
  }
}

}  // namespace
}  // namespace assent::ledger
