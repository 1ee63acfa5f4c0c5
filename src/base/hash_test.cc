#include "base/hash.h"

#include "base/random.h"
#include "base/text.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace assent {
namespace {

std::string hex(const Hash& hash) {
  return to_hex(as_bytes(hash));
}
std::string bytes(std::string_view digits) {
  return from_hex(digits).value();
}

// FIPS 180-4's examples (NIST, "SHA256.pdf" and the long message of SHAVS).
TEST(Sha256, AgreesWithTheStandard) {
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hex(sha256(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, IsTheSameInPieces) {
  SeededRandom random(1);
  Sha256 hasher;  // One instance throughout: finish() starts anew.
  for (int i = 0; i < 500; ++i) {
    std::string text(random.next() % 300, '\0');
    random.fill({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
    std::string_view rest = text;
    while (!rest.empty()) {
      const std::size_t piece = 1 + random.next() % rest.size();
      hasher.update(rest.substr(0, piece));
      rest.remove_prefix(piece);
    }
    ASSERT_EQ(hasher.finish(), sha256(text));
  }
}

TEST(Sha256, PrefixedIsTheHashOfThePartsTogether) {
  EXPECT_EQ(sha256_prefixed(0, ""), sha256(std::string_view("\0", 1)));
  EXPECT_EQ(sha256_prefixed(0, "leaf"), sha256(std::string_view("\0leaf", 5)));
  EXPECT_EQ(sha256_prefixed(1, "left", "right"), sha256("\x01leftright"));
  EXPECT_EQ(sha256_prefixed(0xFF, "a", "b"), sha256("\xFF"
                                                    "ab"));
}

TEST(Sha256, WorksInManyThreadsAtOnce) {
  const Hash expected = sha256("abc");
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) ASSERT_EQ(sha256("abc"), expected);
    });
  }
}

// RFC 4231, test cases 1 to 4, 6 and 7.
TEST(Hmac, AgreesWithRfc4231) {
  EXPECT_EQ(hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(hmac_sha256(std::string(20, '\xaa'), std::string(50, '\xdd'))),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  EXPECT_EQ(hex(hmac_sha256(bytes("0102030405060708090a0b0c0d0e0f10111213141516171819"),
                            std::string(50, '\xcd'))),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
  const std::string long_key(131, '\xaa');
  EXPECT_EQ(hex(hmac_sha256(long_key, "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(hex(hmac_sha256(long_key,
                            "This is a test using a larger than block-size key and a larger than "
                            "block-size data. The key needs to be hashed before being used by the "
                            "HMAC algorithm.")),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

TEST(Hmac, AcceptsAnEmptyKeyAndMessage) {
  constexpr auto expected = "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad";
  EXPECT_EQ(hex(hmac_sha256("", "")), expected);
  EXPECT_EQ(hex(hmac_sha256({}, {})), expected);
}

// RFC 5869, test case 3: the one without salt. Its 42 bytes begin with our 32.
TEST(Hkdf, AgreesWithRfc5869) {
  EXPECT_EQ(hex(hkdf_sha256(std::string(22, '\x0b'), "")),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
}

TEST(Hkdf, SeparatesItsPurposes) {
  EXPECT_NE(hkdf_sha256("key", "a"), hkdf_sha256("key", "b"));
  EXPECT_NE(hkdf_sha256("key", "a"), hkdf_sha256("kez", "a"));
  EXPECT_EQ(hkdf_sha256("key", "a"), hkdf_sha256("key", "a"));
}

TEST(HashBytes, AreExactlyThirtyTwo) {
  const Hash hash = sha256("abc");
  EXPECT_EQ(hash_from_bytes(as_bytes(hash)), hash);
  EXPECT_FALSE(hash_from_bytes(""));
  EXPECT_FALSE(hash_from_bytes(as_bytes(hash).substr(1)));
  EXPECT_FALSE(hash_from_bytes(std::string(33, 'x')));
}

TEST(ContentHash, HasOneSpelling) {
  const Hash hash = sha256("abc");
  const std::string text = content_hash_text(hash);
  EXPECT_EQ(text, "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(content_hash_from_text(text), hash);

  std::string upper = text;
  upper[7] = 'B';
  EXPECT_FALSE(content_hash_from_text(upper));
  EXPECT_FALSE(content_hash_from_text("SHA256:" + text.substr(7)));
  EXPECT_FALSE(content_hash_from_text("sha512:" + text.substr(7)));
  EXPECT_FALSE(content_hash_from_text(text.substr(7)));
  EXPECT_FALSE(content_hash_from_text(text + "00"));
  EXPECT_FALSE(content_hash_from_text(text + "\n"));
  EXPECT_FALSE(content_hash_from_text(text.substr(0, text.size() - 1)));
  EXPECT_FALSE(content_hash_from_text(text.substr(0, text.size() - 1) + "g"));
  EXPECT_FALSE(content_hash_from_text("sha256:"));
  EXPECT_FALSE(content_hash_from_text(""));
}

}  // namespace
}  // namespace assent
