#include "base/secret.h"

#include <gtest/gtest.h>

#include <type_traits>
#include <utility>

namespace assent {
namespace {

constexpr std::string_view kLong = "a secret long enough to live on the heap, not in the string";

TEST(Secret, EqualsOnlyTheSameBytes) {
  const Secret secret(std::string("hunter2"));
  EXPECT_TRUE(secret.equals("hunter2"));
  EXPECT_FALSE(secret.equals("hunter3"));
  EXPECT_FALSE(secret.equals("Hunter2"));
  EXPECT_FALSE(secret.equals("hunter"));
  EXPECT_FALSE(secret.equals("hunter22"));
  EXPECT_FALSE(secret.equals(""));
  EXPECT_TRUE(Secret().equals(""));
  EXPECT_TRUE(Secret(std::string("a\0b", 3)).equals(std::string_view("a\0b", 3)));
  EXPECT_FALSE(Secret(std::string("a\0b", 3)).equals(std::string_view("a\0c", 3)));
}

TEST(Secret, IsWipedWhereItWasMovedFrom) {
  for (const std::string_view text : {std::string_view("short"), kLong}) {
    Secret from{std::string(text)};
    const Secret to(std::move(from));
    EXPECT_EQ(to.reveal(), text);
    // NOLINTNEXTLINE(bugprone-use-after-move): that nothing is left is the point.
    const std::string_view left = from.reveal();
    EXPECT_TRUE(left.empty());
    // The bytes of a short string lie in the object itself.
    const std::string_view body(reinterpret_cast<const char*>(&from), sizeof from);
    EXPECT_EQ(body.find(text.substr(0, 5)), std::string_view::npos);
  }
}

TEST(Secret, IsWipedWhereItIsOverwritten) {
  Secret secret(std::string("sensitive"));
  secret = Secret(std::string("x"));
  EXPECT_EQ(secret.reveal(), "x");
  const std::string_view body(reinterpret_cast<const char*>(&secret), sizeof secret);
  EXPECT_EQ(body.find("sitive"), std::string_view::npos);
}

TEST(Secret, SurvivesAssignmentToItself) {
  Secret secret{std::string(kLong)};
  Secret& same = secret;
  secret = same;
  EXPECT_EQ(secret.reveal(), kLong);
  secret = std::move(same);
  EXPECT_EQ(secret.reveal(), kLong);
}

TEST(Secret, CopiesStandAlone) {
  Secret copy;
  {
    const Secret original{std::string(kLong)};
    copy = original;
  }
  EXPECT_EQ(copy.reveal(), kLong);
}

// Neither printed nor converted by accident.
static_assert(!std::is_convertible_v<std::string, Secret>);
static_assert(!std::is_convertible_v<Secret, std::string_view>);

}  // namespace
}  // namespace assent
