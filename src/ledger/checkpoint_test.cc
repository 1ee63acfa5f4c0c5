#include "ledger/checkpoint.h"

#include "base/text.h"
#include "ledger/note.h"
#include "ledger/testing.h"

#include <gtest/gtest.h>

#include <array>

namespace assent::ledger {
namespace {

const std::string kOrigin = "example.com/audit/tenant1";
const std::string kRoot = "y2wNxBh56AbfiUbZZIqfJXjUkUiRPhOkjjx4lEEDb2U=";

Ed25519Signer tenant() {
  return counting_signer(kOrigin, 0);
}

Checkpoint checkpoint() {
  return {.origin = kOrigin, .head = {.size = Size{70000}, .root = hash_from_base64(kRoot)}};
}

bool is_checkpoint(const std::string& text) {
  const auto parsed = parse_checkpoint(text);
  if (!parsed) return false;
  EXPECT_EQ(format_checkpoint(*parsed), text);
  return true;
}

TEST(Checkpoint, ASignedOneIsByteForByteTheOneThatGoMakes) {
  const Vectors vectors = load_vectors();
  const auto bytes = sign_checkpoint(checkpoint(), tenant());
  ASSERT_TRUE(bytes.has_value());
  EXPECT_EQ(*bytes, vectors.checkpoint);

  const auto key = VerifierKey::from_text(vectors.keys.at("vkey"));
  const auto opened = open_checkpoint(vectors.checkpoint, *key);
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(*opened, checkpoint());
}

TEST(Checkpoint, EveryFlippedBitIsNoticed) {
  const std::string good = *sign_checkpoint(checkpoint(), tenant());
  const VerifierKey key = tenant().verifier_key();
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(open_checkpoint(bad, key).has_value()) << bad;
  }
}

TEST(Checkpoint, ItsTextIsThreeLinesAndPerhapsMore) {
  const std::string text = kOrigin + "\n70000\n" + kRoot + "\n";
  EXPECT_TRUE(is_checkpoint(text));
  EXPECT_TRUE(is_checkpoint("any name\n70000\n" + kRoot + "\n"));
  EXPECT_TRUE(is_checkpoint(text + "extension\nanother\n"));
  EXPECT_FALSE(is_checkpoint(""));
  EXPECT_FALSE(is_checkpoint("\n"));
  EXPECT_FALSE(is_checkpoint(kOrigin + "\n70000\n"));
  EXPECT_FALSE(is_checkpoint("\n70000\n" + kRoot + "\n"));
  EXPECT_FALSE(is_checkpoint(kOrigin + "\n\n" + kRoot + "\n"));
  EXPECT_FALSE(is_checkpoint(kOrigin + "\n70000\n\n"));
  EXPECT_FALSE(is_checkpoint(kOrigin + "\n70000\n" + kRoot));
  EXPECT_FALSE(is_checkpoint(text + "\n"));
  EXPECT_FALSE(is_checkpoint(text + "extension"));
  EXPECT_FALSE(is_checkpoint(text + "\nextension\n"));
}

TEST(Checkpoint, ASizeHasOneForm) {
  const auto is_size = [](const std::string& size) {
    return is_checkpoint(kOrigin + "\n" + size + "\n" + kRoot + "\n");
  };
  for (const char* size : {"1", "9", "10", "70000", "9223372036854775807"}) {
    EXPECT_TRUE(is_size(size)) << size;
  }
  for (const char* size :
       {"00", "01", "+1", "-1", " 1", "1 ", "1.0", "1e3", "0x1", "١", "1\r", "9223372036854775808",
        "18446744073709551616", "100000000000000000000000"}) {
    EXPECT_FALSE(is_size(size)) << size;
  }
}

TEST(Checkpoint, ARootIs32BytesInCanonicalBase64) {
  const auto is_root = [](const std::string& root) {
    return is_checkpoint(kOrigin + "\n1\n" + root + "\n");
  };
  EXPECT_TRUE(is_root(to_base64(std::string(32, 'r'))));
  EXPECT_FALSE(is_root(to_base64(std::string(31, 'r'))));
  EXPECT_FALSE(is_root(to_base64(std::string(33, 'r'))));
  EXPECT_FALSE(is_root(to_base64(std::string(64, 'r'))));
  EXPECT_FALSE(is_root(kRoot.substr(0, 43)));
  EXPECT_FALSE(is_root(kRoot + "="));
  EXPECT_FALSE(is_root(kRoot.substr(0, 42) + "V="));  // Stray bits.
  EXPECT_FALSE(is_root(" " + kRoot));
}

TEST(Checkpoint, AnEmptyLogHasTheRootOfNothing) {
  const std::string empty = to_base64(as_bytes(sha256("")));
  EXPECT_TRUE(is_checkpoint(kOrigin + "\n0\n" + empty + "\n"));
  EXPECT_FALSE(is_checkpoint(kOrigin + "\n0\n" + kRoot + "\n"));

  const Checkpoint first{.origin = kOrigin, .head = Frontier().head()};
  EXPECT_EQ(*open_checkpoint(*sign_checkpoint(first, tenant()), tenant().verifier_key()), first);
}

TEST(Checkpoint, ALogsKeySpeaksForThatLogOnly) {
  const auto foreign = sign_checkpoint(checkpoint(), counting_signer("example.com/other", 0));
  EXPECT_EQ(foreign.error().code, Code::unprocessable);

  // One that somebody else's software signed with our key.
  const std::string bytes = *sign_note("example.com/other\n70000\n" + kRoot + "\n", tenant());
  const auto opened = open_checkpoint(bytes, tenant().verifier_key());
  EXPECT_EQ(opened.error().code, Code::unprocessable);
}

TEST(Checkpoint, AnotherTenantsKeyDoesNotOpenIt) {
  const std::string bytes = *sign_checkpoint(checkpoint(), tenant());
  EXPECT_FALSE(open_checkpoint(bytes, counting_signer(kOrigin, 1).verifier_key()).has_value());
  EXPECT_FALSE(
      open_checkpoint(bytes, counting_signer("example.com/other", 0).verifier_key()).has_value());
}

TEST(Checkpoint, ExtensionsAreReadAndNeverSigned) {
  const std::string text = kOrigin + "\n70000\n" + kRoot + "\nextension\n";
  const auto opened = open_checkpoint(*sign_note(text, tenant()), tenant().verifier_key());
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(opened->extensions, std::vector<std::string>{"extension"});
  EXPECT_EQ(sign_checkpoint(*opened, tenant()).error().code, Code::unprocessable);
}

TEST(Checkpoint, WhatOthersCouldNotReadIsNotSigned) {
  Checkpoint too_large = checkpoint();
  too_large.head.size = Size{number(kSizeMax) + 1};
  EXPECT_EQ(sign_checkpoint(too_large, tenant()).error().code, Code::unprocessable);

  Checkpoint not_empty = checkpoint();
  not_empty.head.size = Size{0};
  EXPECT_EQ(sign_checkpoint(not_empty, tenant()).error().code, Code::unprocessable);
}

TEST(Checkpoint, CosignaturesOfWitnessesDoNotDisturb) {
  Note note = *parse_note(*sign_checkpoint(checkpoint(), tenant()));
  note.signatures.push_back(
      {.name = "witness.example", .key_id = KeyId{4}, .bytes = std::string(72, 'w')});
  EXPECT_EQ(*open_checkpoint(format_note(note), tenant().verifier_key()), checkpoint());
}

TEST(Checkpoint, ANoteThatIsNoCheckpointIsRefused) {
  const std::string bytes = *sign_note("Dear log,\n", tenant());
  EXPECT_EQ(open_checkpoint(bytes, tenant().verifier_key()).error().code, Code::validation_error);
}

}  // namespace
}  // namespace assent::ledger
