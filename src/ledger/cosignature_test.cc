#include "ledger/cosignature.h"

#include "base/text.h"
#include "ledger/checkpoint.h"
#include "ledger/testing.h"

#include <gtest/gtest.h>

#include <array>

namespace assent::ledger {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr sys_seconds kAt{seconds(1679315147)};

Cosigner witness(std::uint8_t first = 64, const std::string& name = "witness.example/w1") {
  std::string seed;
  for (int i = 0; i < 32; ++i) seed += static_cast<char>(first + i);
  return Cosigner::from_seed(name, Secret(seed)).value();
}

std::string text() {
  return format_checkpoint(
      {.origin = "log.example/t/acme", .head = {.size = Size{7}, .root = hash_leaf("x")}});
}

std::string line_by(const Cosigner& cosigner, sys_seconds at = kAt) {
  return format_signature(*cosigner.cosign(text(), at));
}

Result<std::vector<Signature>> open_by_witness(const std::string& lines) {
  const std::array keys = {witness().verifier_key()};
  return open_cosignatures(text(), lines, keys);
}

TEST(Cosignature, TheSignedTextIsTheOneOfTheSpecification) {
  EXPECT_EQ(cosigned_message(1679315147,
                             "example.com/behind-the-sofa\n20852163\n"
                             "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"),
            "cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\n"
            "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n");
}

TEST(Cosignature, TheLineOfTheSpecificationHasItsTime) {
  const auto note = parse_note(
      "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
      "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3"
      "b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n");
  ASSERT_TRUE(note.has_value());
  EXPECT_EQ(cosigned_at(note->signatures.front()), kAt);
}

TEST(Cosignature, ItOpensBesideTheLogsSignatureAndCarriesItsTime) {
  const auto log = counting_signer("log.example/t/acme", 0);
  const std::string note = *sign_note(text(), log) + line_by(witness());
  const std::array keys = {log.verifier_key(), witness().verifier_key()};
  const auto opened = open_note(note, keys);
  ASSERT_TRUE(opened.has_value()) << opened.error().detail;
  ASSERT_EQ(opened->signatures.size(), 2U);
  EXPECT_EQ(cosigned_at(opened->signatures[0]), std::nullopt);
  EXPECT_EQ(cosigned_at(opened->signatures[1]), kAt);
  EXPECT_EQ(format_note(*opened), note);
}

TEST(Cosignature, TheKeyOfAWitnessIsAnotherThanThatOfALogWithTheSameBytes) {
  const auto cosigner = witness();
  const auto& key = cosigner.verifier_key();
  const auto plain = VerifierKey::from({.name = key.name(), .bytes = key.public_key()});
  EXPECT_NE(key.id(), plain->id());
  EXPECT_EQ(VerifierKey::from_text(key.text()), key);
  const std::string bytes = witness().cosign(text(), kAt)->bytes;
  EXPECT_TRUE(key.verifies(text(), bytes));
  EXPECT_FALSE(plain->verifies(text(), bytes));
  EXPECT_FALSE(plain->verifies(text(), bytes.substr(8)));
}

TEST(Cosignature, AWitnessCannotVouchForALogThatHasItsName) {
  const auto cosigner = witness(64, "log.example/t/acme");
  const std::string note = text() + "\n" + line_by(cosigner);
  EXPECT_TRUE(open_note(note, std::array{cosigner.verifier_key()}).has_value());
  EXPECT_EQ(open_checkpoint(note, cosigner.verifier_key()).error().code, Code::unprocessable);
}

TEST(Cosignature, EveryBitOfItCounts) {
  const auto key = witness().verifier_key();
  const std::string bytes = witness().cosign(text(), kAt)->bytes;
  for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
    std::string bad = bytes;
    bad[i / 8] = static_cast<char>(bad[i / 8] ^ (1 << i % 8));
    EXPECT_FALSE(key.verifies(text(), bad)) << i;
  }
  EXPECT_FALSE(key.verifies(text(), bytes + "x"));
  EXPECT_FALSE(key.verifies(text(), bytes.substr(1)));
  EXPECT_FALSE(key.verifies(text() + "more\n", bytes));
}

TEST(Cosignature, AWitnesssAnswerIsKeptWithoutTheSignaturesOfStrangers) {
  const auto opened = open_by_witness(line_by(witness(96, "other.example")) + line_by(witness()));
  ASSERT_TRUE(opened.has_value());
  ASSERT_EQ(opened->size(), 1U);
  EXPECT_EQ(opened->front().name, "witness.example/w1");
}

TEST(Cosignature, AnAnswerThatDoesNotHoldIsRefused) {
  std::string wrong = line_by(witness());
  wrong[wrong.size() - 10] = wrong[wrong.size() - 10] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(open_by_witness(wrong).has_value());
  EXPECT_FALSE(open_by_witness(line_by(witness()) + wrong + line_by(witness(96, "o"))).has_value());
  EXPECT_FALSE(open_by_witness("").has_value());
  EXPECT_FALSE(open_by_witness("nonsense\n").has_value());
  EXPECT_FALSE(open_by_witness(line_by(witness(96, "other.example"))).has_value());
  EXPECT_FALSE(open_by_witness("\nmore\n\n" + line_by(witness())).has_value());
  EXPECT_EQ(open_by_witness(line_by(witness(), sys_seconds{})).error().code, Code::unprocessable);
}

}  // namespace
}  // namespace assent::ledger
