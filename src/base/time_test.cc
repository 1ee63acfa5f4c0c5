#include "base/time.h"

#include "base/random.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace assent {
namespace {

using namespace std::chrono_literals;

std::int64_t micros(std::string_view text) {
  const auto at = from_rfc3339(text);
  EXPECT_TRUE(at.has_value()) << text;
  return at ? to_microseconds(*at) : -1;
}

TEST(Rfc3339, IsWrittenInUtcWithSixDigits) {
  EXPECT_EQ(to_rfc3339(from_microseconds(0)), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(to_rfc3339(from_microseconds(1'768'861'619'790'000)), "2026-01-19T22:26:59.790000Z");
  EXPECT_EQ(to_rfc3339(from_microseconds(951'827'696'000'001)), "2000-02-29T12:34:56.000001Z");
  EXPECT_EQ(to_rfc3339(from_microseconds(-1)), "1969-12-31T23:59:59.999999Z");
}

TEST(Rfc3339, WritesTheNearestInstantItCanForOneBeyond) {
  const std::string last = "9999-12-31T23:59:59.999999Z";
  const Timestamp end = *from_rfc3339(last);
  EXPECT_EQ(to_rfc3339(end), last);
  EXPECT_EQ(to_rfc3339(end + 1us), last);
  EXPECT_EQ(to_rfc3339(Timestamp::max()), last);
  EXPECT_EQ(to_rfc3339(Timestamp::min()), "0000-01-01T00:00:00.000000Z");
}

TEST(Rfc3339, ReadsAnyOffset) {
  const std::int64_t at = micros("2026-01-19T22:26:59Z");
  EXPECT_EQ(micros("2026-01-19T23:26:59+01:00"), at);
  EXPECT_EQ(micros("2026-01-20T03:56:59+05:30"), at);
  EXPECT_EQ(micros("2026-01-18T22:27:59-23:59"), at);
  EXPECT_EQ(micros("2026-01-19T22:26:59-00:00"), at);
  EXPECT_EQ(micros("2026-01-19t22:26:59z"), at);
}

TEST(Rfc3339, ReadsFractionsDownToTheMicrosecond) {
  const std::int64_t at = micros("2026-01-19T22:26:59Z");
  EXPECT_EQ(micros("2026-01-19T22:26:59.7Z"), at + 700'000);
  EXPECT_EQ(micros("2026-01-19T22:26:59.790001Z"), at + 790'001);
  EXPECT_EQ(micros("2026-01-19T22:26:59.790001000000000Z"), at + 790'001);
}

TEST(Rfc3339, RefusesWhatItCannotKeepOrIsNoTime) {
  for (const auto* const text : {"",
                                 "2026",
                                 "2026-01-19",
                                 "2026-01-19T22:26Z",
                                 "2026-01-19T22:26:59",
                                 "2026-01-19 22:26:59Z",
                                 " 2026-01-19T22:26:59Z",
                                 "2026-01-19T22:26:59Z ",
                                 "2026-01-19T22:26:59.Z",
                                 "2026-01-19T22:26:59,5Z",
                                 "2026-01-19T22:26:59.7900001Z",
                                 "2026-01-19T22:26:59.0000000000001Z",
                                 "2026-02-29T00:00:00Z",
                                 "2026-04-31T00:00:00Z",
                                 "2026-00-19T00:00:00Z",
                                 "2026-13-19T00:00:00Z",
                                 "2026-01-00T00:00:00Z",
                                 "2026-01-32T00:00:00Z",
                                 "2026-01-19T24:00:00Z",
                                 "2026-01-19T22:60:00Z",
                                 "2026-01-19T22:26:60Z",
                                 "2016-12-31T23:59:60Z",
                                 "2026-01-19T22:26:59+24:00",
                                 "2026-01-19T22:26:59+01:60",
                                 "2026-01-19T22:26:59+0100",
                                 "2026-01-19T22:26:59+01",
                                 "2026-1-19T22:26:59Z",
                                 "+2026-01-19T22:26:59Z",
                                 "-026-01-19T22:26:59Z",
                                 "2026-01-19T22:26:59Zz",
                                 "2026-01-19T-1:26:59Z"}) {
    EXPECT_FALSE(from_rfc3339(text)) << text;
  }
  EXPECT_FALSE(from_rfc3339(std::string_view("2026-01-19T22:26:59Z\0", 21)));
}

TEST(Rfc3339, StaysWithin1970And9999WhateverTheOffset) {
  EXPECT_EQ(micros("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(micros("1970-01-01T01:00:00+01:00"), 0);
  EXPECT_FALSE(from_rfc3339("1969-12-31T23:59:59.999999Z"));
  EXPECT_FALSE(from_rfc3339("1970-01-01T00:59:59+01:00"));
  EXPECT_TRUE(from_rfc3339("9999-12-31T23:59:59.999999Z"));
  EXPECT_FALSE(from_rfc3339("9999-12-31T23:59:59-00:01"));
}

TEST(Rfc3339, ReadsWhatItWrites) {
  SeededRandom random(1);
  constexpr std::uint64_t span = 253'402'300'800'000'000;  // 1970 to 9999.
  for (int i = 0; i < 20'000; ++i) {
    const Timestamp at = from_microseconds(static_cast<std::int64_t>(random.next() % span));
    ASSERT_EQ(from_rfc3339(to_rfc3339(at)), at) << to_microseconds(at);
  }
}

TEST(Duration, IsAWholeNumberAndOneUnit) {
  EXPECT_EQ(duration_from_text("30s"), 30s);
  EXPECT_EQ(duration_from_text("90m"), 90min);
  EXPECT_EQ(duration_from_text("48h"), 48h);
  EXPECT_EQ(duration_from_text("7d"), std::chrono::days(7));
}

TEST(Duration, EndsAt3650Days) {
  EXPECT_EQ(duration_from_text("3650d"), std::chrono::days(3650));
  EXPECT_EQ(duration_from_text("87600h"), std::chrono::days(3650));
  EXPECT_EQ(duration_from_text("315360000s"), std::chrono::days(3650));
  for (const auto* const text : {"3651d", "87601h", "5256001m", "315360001s", "999999999d",
                                 "18446744073709551617s", "99999999999999999999d"}) {
    EXPECT_FALSE(duration_from_text(text)) << text;
  }
}

TEST(Duration, RefusesAnythingElse) {
  for (const auto* const text : {"", "s", "0s", "00s", "05m", "-1s", "+1s", "1", "1.5h", "1 h",
                                 " 1h", "1h ", "1H", "1w", "1h30m", "h1", "1ms", "１h"}) {
    EXPECT_FALSE(duration_from_text(text)) << text;
  }
}

TEST(SystemClock, IsOfThisCentury) {
  EXPECT_GT(SystemClock().now(), *from_rfc3339("2024-01-01T00:00:00Z"));
}

TEST(ManualClock, MovesOnlyWhenTold) {
  ManualClock clock(from_microseconds(5));
  EXPECT_EQ(to_microseconds(clock.now()), 5);
  clock.advance(10us);
  EXPECT_EQ(to_microseconds(clock.now()), 15);
  clock.set(from_microseconds(1));
  EXPECT_EQ(to_microseconds(clock.now()), 1);
}

TEST(ManualClock, LosesNoAdvanceBetweenThreads) {
  ManualClock clock(from_microseconds(0));
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 1000; ++i) clock.advance(1us);
      });
    }
  }
  EXPECT_EQ(to_microseconds(clock.now()), 4000);
}

}  // namespace
}  // namespace assent
