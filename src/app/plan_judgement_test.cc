// Plans are judged where there is time for it: on a reader thread, and never on the writer.
#include "app/testing_plans.h"
#include "base/canonical.h"
#include "domain/plan/check.h"
#include "domain/policy.h"

#include <atomic>
#include <ctime>

namespace assent::app {
namespace {

std::int64_t processor_time() {
  std::timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

class PlanJudgements : public PlanTest {
 protected:
  // Somewhat less than a megabyte, in words that all have to be looked at.
  static Json large(std::string_view action = "odoo.read") {
    std::string words;
    while (words.size() < 900) words += "an ordinary word of the text ";
    Json::Array steps;
    for (int i = 0; i < 900; ++i) {
      Json one = step(action, "res.partner", "key-" + std::to_string(i));
      one.set("params", Json::object({{"note", words}}));
      steps.push_back(std::move(one));
    }
    return plan(std::move(steps));
  }

  // The same policy in other words: whatever was judged before has to be judged again.
  void put_another_policy() {
    world.put_policy(std::string(kPlanPolicy) + "# version " + std::to_string(++policies_) + "\n");
  }

  // How long the writer computes while `work` is done.
  template <class Work>
  std::int64_t writer_time(const Work& work) {
    world.restart();
    struct Times {
      std::atomic<std::int64_t> first = 0, last = 0;
    };
    const auto times = std::make_shared<Times>();
    world.store->count([times](const store::BatchReport&) {
      times->last = processor_time();
      if (times->first == 0) times->first = times->last.load();
    });
    // The first batch of all only tells when it ended.
    world.make("agent", "counted-" + std::to_string(++counted_), {"agent"});
    work();
    world.make("agent", "counted-" + std::to_string(++counted_), {"agent"});
    return times->last - times->first;
  }

  std::int64_t time_to_judge(const Json& plan) {
    const auto policy = policy_from_yaml(kPlanPolicy);
    EXPECT_TRUE(policy.has_value());
    const std::int64_t begin = processor_time();
    const Json document = *parse_json(json_text(plan));
    const PlanVerdict verdict = check_plan(read_plan(document, "default"), policy->plans);
    EXPECT_NE(verdict.status, PlanStatus::reject);
    return processor_time() - begin;
  }

  void start_often(const std::string& hash, int times, std::string_view outcome) {
    std::vector<std::future<Reply>> replies;
    for (int i = 0; i < times; ++i) {
      replies.push_back(world.start(
          {.operation = "start_plan", .by = agent, .body = Json::object({{"irHash", hash}})}));
    }
    for (auto& reply : replies) EXPECT_EQ(reply.get().outcome(), outcome);
  }

 private:
  int policies_ = 0;
  int counted_ = 0;
};

TEST_F(PlanJudgements, ANewerPolicyDoesNotMakeTheWriterJudgeALargePlan) {
  const Json wanted = large();
  const std::string hash = validated(wanted);
  const std::int64_t once = time_to_judge(wanted);
  put_another_policy();
  // Refused, each of them: nobody compared it.
  const std::int64_t refused = writer_time([&] { start_often(hash, 30, "INVALID_STATE"); });
  EXPECT_LT(refused, once * 2) << "one plan is judged in " << once;

  ASSERT_EQ(compare(hash, dag_of(wanted)).outcome(), "ok");
  put_another_policy();
  const std::int64_t started = writer_time([&] { start_often(hash, 30, "ok"); });
  EXPECT_LT(started, once * 2) << "one plan is judged in " << once;
}

TEST_F(PlanJudgements, ANewerPolicyDoesNotMakeTheWriterJudgeWhatIsDecidedOrPresented) {
  const Json wanted = large("odoo.delete");
  const std::string hash = validated(wanted);
  const std::int64_t once = time_to_judge(wanted);
  std::vector<std::string> asked;
  for (int i = 0; i < 8; ++i) asked.push_back(ask_for(hash).id());
  put_another_policy();
  const std::int64_t decided = writer_time([&] {
    for (const std::string& id : asked) {
      EXPECT_EQ(world.decide("approve", ann, id).outcome(), "ok");
      EXPECT_EQ(ask_for(hash).outcome(), "ok");
    }
  });
  EXPECT_LT(decided, once * 2) << "one plan is judged in " << once;

  std::vector<std::string> tokens;
  for (const std::string& id : asked) tokens.push_back(token_of(id));
  ASSERT_EQ(compare(hash, dag_of(wanted)).outcome(), "ok");
  put_another_policy();
  const std::int64_t presented = writer_time([&] {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      const bool is_start = i % 2 == 0;
      EXPECT_EQ(is_start ? call("consume_grant",
                                Json::object({{"token", tokens[i]}, {"contentHash", hash}}))
                               .outcome()
                         : consume(tokens[i], hash).outcome(),
                "ok");
    }
  });
  EXPECT_LT(presented, once * 2) << "one plan is judged in " << once;
}

TEST_F(PlanJudgements, AKillSwitchOfOneActionDoesNotMakeTheWriterReadALargePlan) {
  const Json wanted = large();
  const std::string hash = validated(wanted);
  const std::int64_t once = time_to_judge(wanted);
  ASSERT_EQ(compare(hash, dag_of(wanted)).outcome(), "ok");
  for (const auto& [tool, outcome] :
       {std::pair("deploy.*", "ok"), std::pair("odoo.re*", "KILL_SWITCH")}) {
    ASSERT_EQ(call_by(world.admin, "engage_kill_switch",
                      Json::object({{"scope", "tool"}, {"tool", tool}, {"reason", "stop"}}))
                  .outcome(),
              "ok");
    const std::int64_t time = writer_time([&] { start_often(hash, 30, outcome); });
    EXPECT_LT(time, once * 2) << "one plan is judged in " << once;
  }
}

// Whatever the policy is when it is asked, the event says by which it was judged, and it was.
TEST_F(PlanJudgements, APolicyThatIsPutMeanwhileHasTheLastWord) {
  std::string refusing(kPlanPolicy);
  refusing.replace(refusing.find("odoo.read"), 9, "odoo.show");
  std::vector<std::future<Reply>> replies;
  for (int i = 0; i < 40; ++i) {
    Json wanted = harmless();
    wanted.set("steps", Json(Json::Array{step("odoo.read", "res.partner", std::to_string(i))}));
    replies.push_back(
        world.start({.operation = "validate_plan", .by = agent, .raw_body = json_text(wanted)}));
    if (i % 4 == 0) {
      replies.push_back(world.start({.operation = "put_policy",
                                     .by = world.admin,
                                     .raw_body = i % 8 == 0 ? refusing : std::string(kPlanPolicy),
                                     .content_type = "application/yaml"}));
    }
  }
  for (auto& each : replies) {
    const Reply reply = each.get();
    const auto version = reply.data.integer_at("policyVersion");
    if (!version) continue;
    EXPECT_EQ(reply.at("status"), *version % 2 == 0 ? "REJECT" : "PASS") << *version;
  }
}

TEST_F(PlanJudgements, AFormerlyHarmlessPlanIsSeenAsTheNewPolicyHasItByWhoeverLooks) {
  const std::string hash = validated(harmless());
  const std::string risky_hash = validated(risky());
  const std::string id = ask_for(risky_hash).id();
  std::string stricter(kPlanPolicy);
  stricter.replace(stricter.find("riskTier: none"), 14, "riskTier: critical");
  world.put_policy(stricter);
  const Reply shown =
      world.call({.operation = "get_plan", .by = agent, .path = {{"irHash", hash}}});
  EXPECT_EQ(canonical_json(*shown.data.find("missing")), R"(["not_approved","diff_missing"])");
  EXPECT_EQ(world.show(id).at("riskTier"), "critical");
}

}  // namespace
}  // namespace assent::app
