#include "base/seal.h"

#include "base/text.h"

#include <gtest/gtest.h>

namespace assent {
namespace {

constexpr SealCost kCheap{.operations = 1, .memory_bytes = 8192};
const Secret kPassphrase("correct horse battery staple");

std::string sealed_text() {
  SeededRandom random(1);
  return seal(Secret("the master seed"), kPassphrase, random, kCheap).value();
}

TEST(Seal, WhatIsSealedOpensWithItsPassphraseAlone) {
  const std::string text = sealed_text();
  EXPECT_TRUE(is_sealed(text));
  EXPECT_EQ(text.find("master"), std::string::npos);
  EXPECT_EQ(unseal(text, kPassphrase).value().reveal(), "the master seed");
  EXPECT_EQ(unseal(text, Secret("correct horse battery stable")).error().code, Code::unprocessable);
  EXPECT_EQ(unseal(text, Secret("")).error().code, Code::unprocessable);
}

// Made by Argon2id of the reference implementation and AES-256-GCM of another library, so that the
// format can be opened without this code.
TEST(Seal, TheVectorOpens) {
  constexpr std::string_view kVector =
      "assent-sealed/1\n"
      "argon2id 1 8192\n"
      "salt AAECAwQFBgcICQoLDA0ODw==\n"
      "nonce AAECAwQFBgcICQoL\n"
      "sealed mCLWi/ekiOHcFNbEjGovCRNVbLin8SVASG3o8VJypg==\n";
  EXPECT_EQ(unseal(kVector, kPassphrase).value().reveal(), "the master seed");
}

TEST(Seal, EveryBitOfTheFileCounts) {
  const std::string text = sealed_text();
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = text;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      const auto opened = unseal(damaged, kPassphrase);
      ASSERT_FALSE(opened) << at << ", " << bit;
    }
  }
}

TEST(Seal, EveryTornFileIsRefused) {
  const std::string text = sealed_text();
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(parse_sealed(std::string_view(text).substr(0, size))) << size;
  }
  EXPECT_FALSE(parse_sealed(text + "\n"));
}

TEST(Seal, AFileMayNotAskForMoreThanWeHave) {
  auto sealed = parse_sealed(sealed_text()).value();
  sealed.cost = {.operations = kSealOperationsMax, .memory_bytes = kSealMemoryMax};
  EXPECT_TRUE(parse_sealed(format_sealed(sealed)));
  sealed.cost.memory_bytes = kSealMemoryMax + 1;
  EXPECT_FALSE(parse_sealed(format_sealed(sealed)));
  sealed.cost = {.operations = kSealOperationsMax + 1, .memory_bytes = 8192};
  EXPECT_FALSE(parse_sealed(format_sealed(sealed)));
  sealed.cost = {.operations = 1, .memory_bytes = 8191};
  EXPECT_FALSE(parse_sealed(format_sealed(sealed)));
}

TEST(Seal, TwoSealsOfOneSecretHaveNothingInCommon) {
  SystemRandom random;
  const Secret secret("s");
  EXPECT_NE(seal(secret, kPassphrase, random, kCheap).value(),
            seal(secret, kPassphrase, random, kCheap).value());
}

}  // namespace
}  // namespace assent
