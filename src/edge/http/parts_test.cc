#include "edge/http/parts.h"

#include <gtest/gtest.h>

namespace assent::http {
namespace {

TEST(Parts, PercentEncodingIsStrict) {
  EXPECT_EQ(percent_decoded("a%2Fb"), "a/b");
  EXPECT_EQ(percent_decoded("%C3%A4"), "ä");
  for (const char* bad : {"%", "%2", "%zz", "a%00b", "%ff", "%C3"}) {
    EXPECT_FALSE(percent_decoded(bad)) << bad;
  }
}

TEST(Parts, AQueryIsNamesAndValuesInOrder) {
  const auto query = query_from("a=1&b=x+y%26z&c");
  ASSERT_TRUE(query.has_value());
  EXPECT_EQ(*query, (Parameters{{"a", "1"}, {"b", "x y&z"}, {"c", ""}}));
  EXPECT_EQ(*query_from("a+b%2B=c%3D+%2B"), (Parameters{{"a b+", "c= +"}}));
  EXPECT_FALSE(query_from("a=%zz").has_value());
  EXPECT_EQ(query_from("a=%zz").error().fields[0].path, "a");
  EXPECT_FALSE(query_from("=1").has_value());
  EXPECT_TRUE(query_from("")->empty());
}

TEST(Parts, ATraceparentIsContinuedOnlyIfItIsWellFormed) {
  const std::string good = "00-424f23760b8c405f87e1dcdb254ccaea-00f067aa0ba902b7-01";
  EXPECT_EQ(trace_from_traceparent(good), "424f23760b8c405f87e1dcdb254ccaea");
  EXPECT_TRUE(trace_from_traceparent("cc" + good.substr(2) + "-more"));
  for (const std::string& bad : std::vector<std::string>{
           "", good.substr(1), good + "-more", "ff" + good.substr(2), good + "0",
           "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
           "00-424f23760b8c405f87e1dcdb254ccaea-0000000000000000-01",
           "00-424F23760B8C405F87E1DCDB254CCAEA-00f067aa0ba902b7-01"}) {
    EXPECT_FALSE(trace_from_traceparent(bad)) << bad;
  }
}

TEST(Parts, ABearerKeyIsOneWord) {
  EXPECT_EQ(bearer_from("Bearer ask_x"), "ask_x");
  EXPECT_EQ(bearer_from("bearer   ask_x "), "ask_x");
  for (const char* bad : {"", "Bearer", "Bearer ", "Basic ask_x", "Bearer a b", "ask_x"}) {
    EXPECT_FALSE(bearer_from(bad)) << bad;
  }
}

TEST(Parts, AnIdempotencyKeyIsQuotedOrBareVisibleAscii) {
  EXPECT_EQ(idempotency_key_from("abc-1"), "abc-1");
  EXPECT_EQ(idempotency_key_from("\"abc 1\""), "abc 1");
  EXPECT_EQ(idempotency_key_from(R"("a\"b\\c")"), "a\"b\\c");
  EXPECT_EQ(idempotency_key_from(std::string(255, 'k')), std::string(255, 'k'));
  for (const std::string& bad :
       {std::string(), std::string("\"\""), std::string("a b"), std::string("a\"b"),
        std::string("\"a\\x\""), std::string(256, 'k'), std::string("\xC3\xA4"),
        std::string("\"")}) {
    EXPECT_FALSE(idempotency_key_from(bad)) << bad;
  }
}

TEST(Parts, APreferenceToWaitIsClamped) {
  using std::chrono::seconds;
  EXPECT_EQ(wait_from("wait=30", seconds(60)), seconds(30));
  EXPECT_EQ(wait_from("respond-async, wait=90", seconds(60)), seconds(60));
  EXPECT_EQ(wait_from("WAIT=5;x=y", seconds(60)), seconds(5));
  EXPECT_EQ(wait_from("wait = \"7\" ; x=\"a,wait=9\"", seconds(60)), seconds(7));
  EXPECT_EQ(wait_from("foo=\"a,wait=9;\\\"\", wait=3", seconds(60)), seconds(3));
  EXPECT_EQ(wait_from("wait=4, wait=5", seconds(60)), seconds(4));
  for (const char* bad : {"", "wait", "wait=", "wait=-1", "wait=1.5", "wait=99999999999999999999",
                          "waits=1", "foo=\"wait=9", "foo; wait=9", "wait=x, wait=5"}) {
    EXPECT_FALSE(wait_from(bad, seconds(60))) << bad;
  }
}

TEST(Parts, AMediaTypeIsThatOfUtf8Text) {
  EXPECT_EQ(media_type_from("application/json"), "application/json");
  EXPECT_EQ(media_type_from("Application/JSON; Charset=\"UTF-8\""), "application/json");
  EXPECT_FALSE(media_type_from("application/json; charset=latin1"));
}

}  // namespace
}  // namespace assent::http
