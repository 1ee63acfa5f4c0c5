// The log and what is made of it, through the operations.
#include "app/testing.h"
#include "store/keeping/rebuild.h"

#include <gtest/gtest.h>

#include <array>

namespace assent::app {
namespace {

constexpr std::string_view kPolicy =
    "version: 1\n"
    "tools:\n"
    "  - match: {tool: \"read*\"}\n"
    "    decision: allow\n"
    "    riskTier: low\n"
    "  - match: {tool: \"drop\"}\n"
    "    decision: reject\n"
    "defaults: {riskTier: medium}\n";

class Keeping : public World, public testing::Test {
 protected:
  void one_step(SeededRandom& dice) {
    constexpr std::array<std::string_view, 4> kTools = {"read", "drop", "deploy", "pay"};
    constexpr std::array<std::string_view, 5> kVerbs = {"approve", "reject", "cancel", "abandon",
                                                        "break_glass"};
    switch (dice.next() % 8) {
      case 0:
      case 1:
      case 2: {
        const auto asked = request_tool(bot, kTools[dice.next() % kTools.size()],
                                        Json::object({{"n", dice.next() % 3}}));
        if (asked.is_ok()) asked_.push_back(asked.id());
        break;
      }
      case 3:
      case 4:
        if (asked_.empty()) break;
        decide(kVerbs[dice.next() % kVerbs.size()], dice.next() % 4 == 0 ? bot : ann,
               asked_[dice.next() % asked_.size()], because());
        break;
      case 5:
        if (asked_.empty()) break;
        call({.operation = "start_execution",
              .by = bot,
              .path = {{"id", asked_[dice.next() % asked_.size()]}}});
        break;
      case 6:
        call({.operation = "create_rule",
              .by = ann,
              .body = Json::object({{"tool", "deploy"}, {"maxUses", 2}})});
        break;
      default:
        call({.operation = "rotate_log_key",
              .by = admin,
              .body = Json::object({{"reason", "scheduled"}, {"rationale", "again"}})});
    }
    clock.set(clock.now() + std::chrono::seconds(dice.next() % 600));
  }

  Person bot;
  Person ann;
  std::vector<std::string> asked_;
};

TEST_F(Keeping, H61_TheStateAtEverySizeIsTheReplayToThatSize) {
  const int histories = is_long_run() ? 20 : 2;
  put_policy(kPolicy);
  bot = make("agent", "bot", {"agent"});
  ann = make("human", "ann", {"approver"});
  std::uint64_t sizes = 0;
  for (int seed = 0; seed < histories; ++seed) {
    SeededRandom dice(static_cast<std::uint64_t>(seed));
    for (int step = 0; step < 60; ++step) {
      const std::uint64_t before = log_size();
      one_step(dice);
      if (log_size() == before) continue;
      ++sizes;
      const auto difference = store::difference_from_replay(directory);
      ASSERT_TRUE(difference) << difference.error().detail;
      ASSERT_FALSE(*difference) << "seed " << seed << ", step " << step << ": " << **difference;
    }
  }
  EXPECT_GT(sizes, 40U);
  RecordProperty("sizes", static_cast<int>(sizes));
  std::printf("compared at %llu sizes\n", static_cast<unsigned long long>(sizes));
}

TEST_F(Keeping, H6_OnlyAnAdminRotatesTheLogsKey) {
  ann = make("human", "ann", {"approver"});
  const auto rotate = [&](const Person& by, std::string_view reason, std::string_view rationale) {
    return call({.operation = "rotate_log_key",
                 .by = by,
                 .body = Json::object({{"reason", reason}, {"rationale", rationale}})});
  };
  EXPECT_EQ(rotate(ann, "scheduled", "why not").error->code, Code::insufficient_permissions);
  EXPECT_EQ(rotate(admin, "bored", "why not").error->code, Code::validation_error);
  EXPECT_EQ(rotate(admin, "scheduled", " ").error->code, Code::validation_error);
  const std::uint64_t size = log_size();
  const Tenant tenant = *store->identities()->tenant("default");
  const std::string first = store->verifier_key(tenant);
  const Reply rotated = rotate(admin, "compromised", "a laptop was stolen");
  ASSERT_TRUE(rotated.is_ok());
  EXPECT_EQ(*rotated.data.find("generation"), Json(2));
  EXPECT_EQ(*rotated.data.find("fromSize"), Json(size + 1));
  EXPECT_EQ(rotated.at("previousVerifierKey"), first);
  EXPECT_EQ(rotated.at("verifierKey"), store->verifier_key(tenant));
  restart();
  EXPECT_EQ(rotated.at("verifierKey"), store->verifier_key(tenant));
  EXPECT_EQ(rotate(admin, "scheduled", "yearly").at("previousVerifierKey"),
            rotated.at("verifierKey"));
}

}  // namespace
}  // namespace assent::app
