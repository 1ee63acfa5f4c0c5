#include "domain/event.h"

#include <gtest/gtest.h>

namespace assent {
namespace {

TEST(EventIds, TheServersAreMarkedAndStillUuidsOfTheirTime) {
  SeededRandom random(1);
  for (int i = 0; i < 1000; ++i) {
    const Timestamp at = from_microseconds(1'700'000'000'000'000 + 1000 * i);
    const EventId id = make_event_id(at, random);
    EXPECT_TRUE(is_marked(id));
    EXPECT_TRUE(is_uuid7(id.bytes()));
    EXPECT_EQ(claimed_time(id), at);
    EXPECT_EQ(EventId::parse(id.text()), id);
  }
}

TEST(EventIds, HardlyAnyOfOthersIsMarked) {
  SeededRandom random(2);
  int marked = 0;
  for (int i = 0; i < 100'000; ++i) {
    marked += is_marked(EventId::make(from_microseconds(1'700'000'000'000'000), random)) ? 1 : 0;
  }
  EXPECT_LT(marked, 20);
}

TEST(EventIds, TheMarkIsThatOfEveryVersion) {
  UuidBytes bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i);
  bytes[14] = 0;
  bytes[15] = 0;
  int fits = 0;
  UuidBytes found{};
  for (int mark = 0; mark < 65'536; ++mark) {
    bytes[14] = static_cast<std::uint8_t>(mark >> 8);
    bytes[15] = static_cast<std::uint8_t>(mark & 0xFF);
    if (!is_marked(EventId(bytes))) continue;
    ++fits;
    found = bytes;
  }
  EXPECT_EQ(fits, 1);
  EXPECT_EQ(uuid_text(found), "00010203-0405-0607-0809-0a0b0c0dde1e");
}

TEST(EventIds, TheLatestTimeThatAnIdCanClaimIsOne) {
  UuidBytes bytes{};
  bytes.fill(0xFF);
  EXPECT_EQ(to_microseconds(claimed_time(EventId(bytes))), ((std::int64_t{1} << 48) - 1) * 1000);
}

}  // namespace
}  // namespace assent
