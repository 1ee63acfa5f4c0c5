#include "ledger/proof.h"

#include "base/text.h"
#include "ledger/testing.h"

#include <gtest/gtest.h>

namespace assent::ledger {
namespace {

constexpr Index kIndex{12345};

// The proof of event 12345 in the log of 70,000 that Go signed and proved.
std::string good_proof() {
  const Vectors vectors = load_vectors();
  return format_proof(
      {.index = kIndex, .path = vectors.inclusion, .checkpoint = vectors.checkpoint});
}

VerifierKey key() {
  return *VerifierKey::from_text(load_vectors().keys.at("vkey"));
}

Result<Checkpoint> opened(const std::string& bytes) {
  return open_proof(bytes, event(number(kIndex)), key());
}

std::string with(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  CHECK(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

TEST(Proof, WhatGoProvedOpens) {
  const auto checkpoint = opened(good_proof());
  ASSERT_TRUE(checkpoint);
  EXPECT_EQ(number(checkpoint->head.size), 70000U);
}

TEST(Proof, ItsFormIsTheSpecifications) {
  const std::string text = good_proof();
  EXPECT_TRUE(text.starts_with("c2sp.org/tlog-proof@v1\nindex 12345\nMj3jpoRjr1EB7x2I"));
  EXPECT_NE(text.find("=\n\nexample.com/audit/tenant1\n70000\n"), std::string::npos);
  const auto parsed = parse_proof(text);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(format_proof(*parsed), text);
}

TEST(Proof, EveryFlippedBitIsNoticed) {
  const std::string good = good_proof();
  const VerifierKey verifier = key();
  const std::string entry = event(number(kIndex));
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(open_proof(bad, entry, verifier)) << bit;
  }
}

TEST(Proof, AnotherEntryIndexOrKeyIsNotProven) {
  const std::string good = good_proof();
  EXPECT_EQ(open_proof(good, event(12346), key()).error().code, Code::unprocessable);
  EXPECT_EQ(opened(with(good, "index 12345", "index 12344")).error().code, Code::unprocessable);
  EXPECT_EQ(opened(with(good, "index 12345", "index 70000")).error().code, Code::unprocessable);
  const auto other = counting_signer("example.com/audit/tenant1", 9).verifier_key();
  EXPECT_EQ(open_proof(good, event(12345), other).error().code, Code::unprocessable);
}

TEST(Proof, APathTooLongOrTooShortProvesNothing) {
  Proof proof = *parse_proof(good_proof());
  proof.path.push_back(proof.path.back());
  EXPECT_EQ(opened(format_proof(proof)).error().code, Code::unprocessable);
  proof.path.resize(proof.path.size() - 2);
  EXPECT_EQ(opened(format_proof(proof)).error().code, Code::unprocessable);
  // No tree is higher than 63.
  proof.path.assign(63, Hash{});
  EXPECT_TRUE(parse_proof(format_proof(proof)));
  proof.path.assign(64, Hash{});
  EXPECT_EQ(parse_proof(format_proof(proof)).error().code, Code::validation_error);
}

TEST(Proof, ExtraDataAreKeptAndNotBelieved) {
  const std::string text = with(good_proof(), "index", "extra AQI=\nindex");
  const auto parsed = parse_proof(text);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->extra, "\x01\x02");
  EXPECT_EQ(format_proof(*parsed), text);
  EXPECT_TRUE(opened(text));
}

TEST(Proof, WhatIsNotOneIsRefused) {
  const std::string good = good_proof();
  for (const std::string& bad :
       {std::string(), std::string("c2sp.org/tlog-proof@v1\n"), with(good, "@v1", "@v2"),
        with(good, "index 12345", "index 012345"), with(good, "index 12345", "index -1"),
        with(good, "index 12345", "index 9223372036854775807"), with(good, "index", "extra\nindex"),
        with(good, "index", "extra A\nindex"), with(good, "index", "extra AQI=\nextra AQI=\nindex"),
        with(good, "=\n\nexample", "=\nexample"), with(good, "\n", "\r\n"),
        good.substr(0, good.size() - 1), with(good, "Mj3j", "Mj3=")}) {
    EXPECT_FALSE(parse_proof(bad)) << bad;
  }
}

TEST(Proof, OneEntryIsItsOwnRoot) {
  const auto signer = counting_signer("example.com/audit/tenant1", 0);
  const auto note = sign_checkpoint(
      {.origin = signer.name(), .head = {.size = Size{1}, .root = hash_leaf("only")}}, signer);
  const std::string text = format_proof({.index = Index{0}, .path = {}, .checkpoint = *note});
  EXPECT_TRUE(open_proof(text, "only", signer.verifier_key()));
  EXPECT_FALSE(open_proof(text, "other", signer.verifier_key()));
}

}  // namespace
}  // namespace assent::ledger
