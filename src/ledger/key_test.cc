#include "ledger/key.h"

#include "base/text.h"
#include "ledger/testing.h"

#include <gtest/gtest.h>

#include <array>

namespace assent::ledger {
namespace {

struct Ed25519Vector {
  std::string_view seed, public_key, message, signature;  // Hex.
};

// RFC 8032 §7.1, tests 1 to 3.
constexpr std::array kRfc8032 = {
    Ed25519Vector{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                  "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
                  "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555"
                  "fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    Ed25519Vector{"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                  "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
                  "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da0"
                  "85ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    Ed25519Vector{"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
                  "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
                  "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac1"
                  "8ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
};

std::string with_flipped_bit(std::string bytes, std::size_t bit) {
  bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
  return bytes;
}

// `signature` with the group order L added to its S (RFC 8032 §5.1): another text for the same
// S, which a lax verifier takes.
std::string malleated(std::string signature) {
  const std::string order =
      *from_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  unsigned carry = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    carry += static_cast<unsigned char>(signature[32 + i]);
    carry += static_cast<unsigned char>(order[i]);
    signature[32 + i] = static_cast<char>(carry & 0xff);
    carry >>= 8;
  }
  return signature;
}

TEST(Key, SignaturesAreThoseOfRfc8032) {
  for (const auto& [seed, public_key, message, signature] : kRfc8032) {
    const auto signer = Ed25519Signer::from_seed("rfc8032", Secret(*from_hex(seed)));
    ASSERT_TRUE(signer.has_value());
    EXPECT_EQ(to_hex(signer->verifier_key().public_key()), public_key);
    EXPECT_EQ(to_hex(*signer->sign(*from_hex(message))), signature);
    EXPECT_TRUE(signer->verifier_key().verifies(*from_hex(message), *from_hex(signature)));
  }
}

TEST(Key, EveryFlippedBitOfASignatureIsNoticed) {
  const Ed25519Signer signer = counting_signer("log.example", 0);
  const VerifierKey& key = signer.verifier_key();
  const std::string message = "message";
  const std::string signature = *signer.sign(message);
  for (std::size_t bit = 0; bit < 8 * signature.size(); ++bit) {
    EXPECT_FALSE(key.verifies(message, with_flipped_bit(signature, bit))) << bit;
  }
  for (std::size_t bit = 0; bit < 8 * message.size(); ++bit) {
    EXPECT_FALSE(key.verifies(with_flipped_bit(message, bit), signature)) << bit;
  }
}

TEST(Key, ASignatureHasOneFormOnly) {
  const Ed25519Signer signer = counting_signer("log.example", 0);
  const std::string signature = *signer.sign("message");
  EXPECT_FALSE(signer.verifier_key().verifies("message", malleated(signature)));
}

TEST(Key, ASignatureOfTheWrongLengthIsNoSignature) {
  const Ed25519Signer signer = counting_signer("log.example", 0);
  const std::string signature = *signer.sign("message");
  for (std::size_t size = 0; size < signature.size(); ++size) {
    EXPECT_FALSE(signer.verifier_key().verifies("message", signature.substr(0, size)));
  }
  EXPECT_FALSE(signer.verifier_key().verifies("message", signature + '\0'));
}

TEST(Key, AnotherKeysSignatureIsRefused) {
  const Ed25519Signer ours = counting_signer("log.example", 0);
  const Ed25519Signer theirs = counting_signer("log.example", 1);
  EXPECT_FALSE(ours.verifier_key().verifies("message", *theirs.sign("message")));
}

TEST(Key, VerifierKeysAreThoseThatGoPrints) {
  const Vectors vectors = load_vectors();
  const Ed25519Signer signer = counting_signer("example.com/audit/tenant1", 0);
  EXPECT_EQ(signer.name(), "example.com/audit/tenant1");
  EXPECT_EQ(signer.verifier_key().text(), vectors.keys.at("vkey"));
  EXPECT_EQ(signer.verifier_key().id(), KeyId{0x361fd055});
  EXPECT_EQ(vectors.keys.at("keyid"), "361fd055");

  const NoteVectors notes = load_note_vectors();
  for (const std::string& text : notes.verifier_keys) {
    const auto key = VerifierKey::from_text(text);
    ASSERT_TRUE(key.has_value()) << text;
    EXPECT_EQ(key->text(), text);
  }
}

// The seed that vectors.txt gives in Go's notation is the one that the tests sign with.
TEST(Key, ThePrivateKeyOfTheVectorsIsTheCountingSeed) {
  const std::string skey = load_vectors().keys.at("skey");
  const std::string bytes = *from_base64(skey.substr(skey.rfind('+') + 1));
  ASSERT_EQ(bytes.size(), 33U);
  EXPECT_EQ(bytes[0], '\x01');
  const auto signer =
      Ed25519Signer::from_seed("example.com/audit/tenant1", Secret(bytes.substr(1)));
  EXPECT_EQ(signer->verifier_key(), counting_signer("example.com/audit/tenant1", 0).verifier_key());
}

TEST(Key, AMangledVerifierKeyIsRefused) {
  const std::string text = counting_signer("log.example", 0).verifier_key().text();
  ASSERT_TRUE(VerifierKey::from_text(text));
  for (std::size_t begin = 0; begin <= text.size(); ++begin) {
    for (std::size_t size = 0; begin + size <= text.size(); ++size) {
      if (size == text.size()) continue;
      EXPECT_FALSE(VerifierKey::from_text(text.substr(begin, size)));
    }
  }
  for (std::size_t bit = 0; bit < 8 * text.size(); ++bit) {
    EXPECT_FALSE(VerifierKey::from_text(with_flipped_bit(text, bit))) << bit;
  }
  EXPECT_FALSE(VerifierKey::from_text(text + "\n"));
  EXPECT_FALSE(VerifierKey::from_text(" " + text));
}

// The key id agrees in each of these, so that it is not what gives them away.
TEST(Key, AVerifierKeyMustBeOfAKnownAlgorithmAndLength) {
  const auto text_of = [](char algorithm, std::size_t bytes) {
    const std::string typed = algorithm + std::string(bytes, 'k');
    const Hash id = sha256("log.example\n" + typed);
    return "log.example+" + to_hex(as_bytes(id).substr(0, 4)) + "+" + to_base64(typed);
  };
  EXPECT_TRUE(VerifierKey::from_text(text_of(1, 32)));
  EXPECT_FALSE(VerifierKey::from_text(text_of(1, 31)));
  EXPECT_FALSE(VerifierKey::from_text(text_of(1, 33)));
  EXPECT_FALSE(VerifierKey::from_text(text_of(1, 0)));
  EXPECT_TRUE(VerifierKey::from_text(text_of(4, 32)));
  EXPECT_FALSE(VerifierKey::from_text(text_of(4, 33)));
  for (const char algorithm : {'\x00', '\x02', '\x05', '\x06', '\xff'}) {
    EXPECT_FALSE(VerifierKey::from_text(text_of(algorithm, 32)));
  }
}

TEST(Key, KeyNamesHaveNoSpacesControlsAndPluses) {
  for (const char* name : {"a", "log.example/t/acme", "zürich.example/ü", "—", "a\u200bb"}) {
    EXPECT_TRUE(is_key_name(name)) << name;
  }
  for (const char* name :
       {"", " ", "a b", "a+b", "a\tb", "a\nb", "a\x01", "a\u0085", "a\u00a0b", "\u1680", "a\u2000",
        "a\u200a", "a\u2028b", "a\u2029b", "a\u202f", "a\u205f", "a\u3000b", "\xff", "\xc0\x80"}) {
    EXPECT_FALSE(is_key_name(name)) << name;
  }
}

TEST(Key, ASignerNeedsAKeyNameAndA32ByteSeed) {
  EXPECT_TRUE(Ed25519Signer::from_seed("a", Secret(std::string(32, 's'))));
  EXPECT_FALSE(Ed25519Signer::from_seed("a b", Secret(std::string(32, 's'))));
  EXPECT_FALSE(Ed25519Signer::from_seed("a", Secret(std::string(31, 's'))));
  EXPECT_FALSE(Ed25519Signer::from_seed("a", Secret(std::string(33, 's'))));
  EXPECT_FALSE(Ed25519Signer::from_seed("a", Secret()));
}

// Computed with Python's hmac: a change of the derivation would orphan every tenant's key.
TEST(Key, TheDerivationOfTenantKeysNeverChanges) {
  std::string master;
  for (char i = 0; i < 32; ++i) master += i;
  EXPECT_EQ(to_hex(derive_seed(Secret(master), "assent.example/t/acme").reveal()),
            "22d57608d5f702a304b9354d68c8bf0c155de32cef7d220d62d9c0f554d476dc");
  // Later generations: also computed by another implementation of RFC 5869.
  EXPECT_EQ(to_hex(derive_seed(Secret(master), "assent.example/t/acme", Generation{2}).reveal()),
            "9c000a156730a5234cd1e88b9ae7f0ccc983a17dfd1f7c9cbabbf87f723c3763");
  EXPECT_EQ(to_hex(derive_seed(Secret(master), "assent.example/t/acme", Generation{10}).reveal()),
            "f6004b75ed8082df1d169936d2d31101315b4dd4f060dae23a0fc9b6a3b640e2");
}

TEST(Key, EachOriginHasItsOwnKey) {
  const Secret master(std::string(32, 'm'));
  const Secret acme = derive_seed(master, "assent.example/t/acme");
  EXPECT_TRUE(acme.equals(derive_seed(master, "assent.example/t/acme").reveal()));
  EXPECT_FALSE(acme.equals(derive_seed(master, "assent.example/t/acm").reveal()));
  EXPECT_FALSE(
      acme.equals(derive_seed(Secret(std::string(32, 'n')), "assent.example/t/acme").reveal()));
  EXPECT_DEATH(derive_seed(Secret("short"), "assent.example/t/acme"), "CHECK failed");
}

}  // namespace
}  // namespace assent::ledger
