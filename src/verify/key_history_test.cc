#include "verify/key_history.h"

#include "ledger/note.h"
#include "verify/testing.h"

#include <gtest/gtest.h>

namespace assent::verify {
namespace {

// A log whose key went from the first to the second at size 8, and to the third at 15.
class KeyHistoryTest : public testing::Test {
 protected:
  KeyHistoryTest() {
    EXPECT_TRUE(add(0, "ledger.created", {{"verifierKey", key(0)}}));
    EXPECT_TRUE(add(3, "mail.sent", {}));
    EXPECT_TRUE(rotate(7, 0, 1, "scheduled"));
    EXPECT_TRUE(rotate(14, 1, 2, "compromised"));
  }

  std::string key(int number) const { return log_.signer(number).verifier_key().text(); }
  Result<void> add(std::uint64_t sequence, std::string_view type,
                   const std::vector<std::pair<std::string, std::string>>& members) {
    Json data = Json::object();
    for (const auto& [name, value] : members) data.set(name, value);
    return keys_.add(
        {.sequence = sequence, .tenant = "acme", .source = kTestOrigin, .type = type, .data = {}},
        data);
  }
  Result<void> rotate(std::uint64_t sequence, int from, int to, const std::string& reason) {
    return add(sequence, "ledger.key_rotated",
               {{"verifierKey", key(to)}, {"previousVerifierKey", key(from)}, {"reason", reason}});
  }
  std::string handover(std::uint64_t size, int from, int to) const {
    ledger::Note note = ledger::parse_note(log_.checkpoint(size, from)).value();
    note.signatures.push_back(
        ledger::parse_note(log_.checkpoint(size, to)).value().signatures.front());
    return ledger::format_note(note);
  }

  TestLog log_{20};
  KeyHistory keys_;
};

TEST_F(KeyHistoryTest, EachKeySpeaksFromTheSizeAfterItsRotation) {
  for (const auto& [size, number] : std::vector<std::pair<std::uint64_t, int>>{
           {0, 0}, {7, 0}, {8, 1}, {14, 1}, {15, 2}, {99, 2}}) {
    EXPECT_EQ(keys_.key_at(size)->text(), key(number)) << size;
  }
  EXPECT_EQ(KeyHistory().key_at(0), nullptr);
}

TEST_F(KeyHistoryTest, ACheckpointIsOfTheKeyOfItsSize) {
  EXPECT_TRUE(keys_.open(log_.checkpoint(7, 0)));
  EXPECT_TRUE(keys_.open(log_.checkpoint(8, 0))) << "the handover's size, which both sign";
  EXPECT_TRUE(keys_.open(log_.checkpoint(8, 1)));
  EXPECT_FALSE(keys_.open(log_.checkpoint(9, 0))) << "a key that was given up signs no more";
  EXPECT_FALSE(keys_.open(log_.checkpoint(7, 1))) << "nor does one sign before it began";
  EXPECT_TRUE(keys_.open(log_.checkpoint(20, 2)));
}

TEST_F(KeyHistoryTest, AnOlderKeyIsFollowedThroughTheHandovers) {
  const std::vector<std::string> both = {handover(15, 1, 2), handover(8, 0, 1)};
  EXPECT_TRUE(keys_.follow(key(0), 20, both));
  EXPECT_TRUE(keys_.follow(key(2), 20, {}));
  EXPECT_TRUE(keys_.follow(key(0), 7, {}));
  EXPECT_TRUE(keys_.follow(key(1), 20, {both[0]}));
  EXPECT_FALSE(keys_.follow(key(0), 20, {both[0]}));
  EXPECT_FALSE(keys_.follow(key(0), 20, {both[1]}));
  EXPECT_FALSE(keys_.follow(key(2), 14, both)) << "newer than the checkpoint";
  EXPECT_FALSE(keys_.follow("other", 20, both));
}

TEST_F(KeyHistoryTest, AHandoverIsSignedByBothAtTheSizeOfTheRotation) {
  EXPECT_TRUE(keys_.is_handover(handover(8, 0, 1)));
  EXPECT_TRUE(keys_.is_handover(handover(15, 1, 2)));
  EXPECT_FALSE(keys_.is_handover(handover(8, 0, 0))) << "the older alone";
  EXPECT_FALSE(keys_.is_handover(handover(8, 1, 1))) << "the newer alone";
  EXPECT_FALSE(keys_.is_handover(handover(9, 0, 1))) << "another size";
  EXPECT_FALSE(keys_.is_handover(handover(15, 0, 2))) << "a key too old";
  EXPECT_FALSE(keys_.is_handover("nothing"));
}

TEST_F(KeyHistoryTest, AKeyThatWasGivenUpIsRemarkedUpon) {
  ASSERT_EQ(keys_.remarks().size(), 1U);
  EXPECT_EQ(keys_.remarks()[0],
            "The key of generation 2 was given up as compromised at sequence 14.");
}

TEST_F(KeyHistoryTest, ARotationThatIsNoneIsCorrupt) {
  EXPECT_FALSE(rotate(17, 0, 1, "scheduled")) << "the key given up is not the one it had";
  EXPECT_FALSE(add(17, "ledger.key_rotated", {{"verifierKey", "nonsense"}}));
  EXPECT_FALSE(add(17, "ledger.key_rotated", {}));
  KeyHistory fresh;
  EXPECT_FALSE(fresh.add(
      {.sequence = 0, .tenant = "acme", .source = kTestOrigin, .type = "mail.sent", .data = "{}"}));
}

TEST_F(KeyHistoryTest, KnownHeadsMustBeFoundAgain) {
  KnownHeads heads;
  ASSERT_TRUE(heads.add(log_.checkpoint(12)));
  EXPECT_FALSE(heads.add("no note"));
  EXPECT_TRUE(heads.wants(12));
  EXPECT_FALSE(heads.wants(11));
  EXPECT_TRUE(heads.compare(log_.head(12)));
  TestLog other(20);
  other.forge(3, test_entry(3, "forged"));
  EXPECT_FALSE(heads.compare(other.head(12)));
  EXPECT_TRUE(heads.finish(12));
  EXPECT_FALSE(heads.finish(11));
}

}  // namespace
}  // namespace assent::verify
