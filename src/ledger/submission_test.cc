#include "ledger/submission.h"

#include "ledger/testing.h"

#include <gtest/gtest.h>

namespace assent::ledger {
namespace {

std::string with_proof(std::size_t hashes, const std::string& old = "old 5") {
  std::string text = old + "\n";
  for (std::size_t i = 0; i < hashes; ++i) text += "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n";
  return text + "\nthe note\n\n— a b\n";
}

TEST(Submission, WhatIsWrittenIsReadAgain) {
  const Submission submission{
      .old = Size{1000}, .proof = load_vectors().consistency, .checkpoint = "any\n\nbytes\n"};
  EXPECT_EQ(parse_submission(format_submission(submission)).value(), submission);
  const Submission first{.old = Size{0}, .proof = {}, .checkpoint = "note"};
  EXPECT_EQ(format_submission(first), "old 0\n\nnote");
  EXPECT_EQ(parse_submission("old 0\n\nnote").value(), first);
}

TEST(Submission, SixtyThreeHashesAreTheMost) {
  EXPECT_TRUE(parse_submission(with_proof(63)).has_value());
  EXPECT_FALSE(parse_submission(with_proof(64)).has_value());
}

TEST(Submission, TheOldSizeHasOneSpelling) {
  EXPECT_TRUE(parse_submission(with_proof(0, "old 9223372036854775807")).has_value());
  for (const char* old : {"old 9223372036854775808", "old 05", "old -1", "old +1", "old ", "old",
                          "old  5", "old 5 ", "Old 5", " old 5", "old 0x5", "old 5\r", ""}) {
    EXPECT_FALSE(parse_submission(with_proof(1, old)).has_value()) << old;
  }
}

TEST(Submission, EveryBeginningOfOneWithoutItsEmptyLineIsNone) {
  const std::string whole = with_proof(2);
  const std::size_t end = whole.find("\n\n") + 2;
  for (std::size_t size = 0; size < end; ++size) {
    EXPECT_FALSE(parse_submission(whole.substr(0, size)).has_value()) << size;
  }
  EXPECT_EQ(parse_submission(whole.substr(0, end))->checkpoint, "");
}

}  // namespace
}  // namespace assent::ledger
