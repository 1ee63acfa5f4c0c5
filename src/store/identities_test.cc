#include "store/identities.h"

#include <gtest/gtest.h>

namespace assent::store {
namespace {

TEST(Key, HasTheShapeThatScannersKnow) {
  SeededRandom random(7);
  for (int i = 0; i < 1000; ++i) {
    const NewKey key = make_key(random);
    EXPECT_EQ(key.raw.size(), 54U);
    EXPECT_TRUE(key.raw.starts_with("ask_"));
    EXPECT_EQ(key.raw[47], '_');
    EXPECT_TRUE(is_well_formed_key(key.raw));
    EXPECT_EQ(key.hash, sha256(key.raw));
  }
}

TEST(Key, EveryOneCharacterChangeBreaksTheChecksum) {
  SeededRandom random(8);
  const std::string raw = make_key(random).raw;
  for (std::size_t at = 0; at < raw.size(); ++at) {
    for (int c = 0; c < 256; ++c) {
      std::string changed = raw;
      changed[at] = static_cast<char>(c);
      EXPECT_EQ(is_well_formed_key(changed), changed == raw) << at << " " << c;
    }
  }
}

TEST(Key, WhatIsNoKeyIsNone) {
  SeededRandom random(9);
  const std::string raw = make_key(random).raw;
  for (const std::string& text :
       {std::string(), std::string("ask_"), raw + "0", raw.substr(1), raw.substr(0, 53),
        std::string(1000, 'a'), std::string(54, '\0')}) {
    EXPECT_FALSE(is_well_formed_key(text));
  }
}

}  // namespace
}  // namespace assent::store
