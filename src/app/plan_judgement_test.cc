// Plans are judged where there is time for it: on a reader thread, and never on the writer.
#include "app/testing_plans.h"
#include "base/canonical.h"

#include <future>

namespace assent::app {
namespace {

// Keeps every reader thread busy until it is told to let them go.
class BusyReaders {
 public:
  explicit BusyReaders(World& world) {
    Caller engine;
    engine.tenant = *world.store->identities()->tenant("default");
    const std::size_t readers = store::StoreOptions{}.readers;
    std::vector<std::future<void>> begun;
    for (std::size_t i = 0; i < readers; ++i) {
      const auto begins = std::make_shared<std::promise<void>>();
      begun.push_back(begins->get_future());
      const auto run = [begins, over = over_](Result<void>, const store::Read*) {
        begins->set_value();
        over.wait();
      };
      CHECK(world.store->read({.caller = engine, .run = run}).has_value());
    }
    for (const auto& each : begun) each.wait();
  }
  ~BusyReaders() { let_go(); }
  BusyReaders(const BusyReaders&) = delete;
  BusyReaders& operator=(const BusyReaders&) = delete;

  void let_go() {
    if (!std::exchange(is_over_, true)) ends_.set_value();
  }

 private:
  std::promise<void> ends_;
  std::shared_future<void> over_ = ends_.get_future().share();
  bool is_over_ = false;
};

class PlanJudgements : public PlanTest {
 protected:
  // The same policy in other words: whatever was judged before has to be judged again.
  void put_another_policy() {
    const std::string test = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    world.put_policy(std::string(kPlanPolicy) + "# " + test + std::to_string(++policies_) + "\n");
  }

  // The writer takes it up, and others after it; it ends when a reader thread had time for it.
  void ends_with_a_reader(Ask ask, std::string_view outcome) {
    BusyReaders readers(world);
    auto reply = world.start(std::move(ask));
    is_written_to();
    EXPECT_EQ(reply.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
    readers.let_go();
    EXPECT_EQ(reply.get().outcome(), outcome);
  }
  // What was found out before is known to the writer.
  void ends_without(Ask ask, std::string_view outcome) {
    BusyReaders readers(world);
    EXPECT_EQ(world.call(std::move(ask)).outcome(), outcome);
  }

  Ask start_of(const std::string& hash) {
    return {.operation = "start_plan", .by = agent, .body = Json::object({{"irHash", hash}})};
  }

 private:
  void is_written_to() {
    Json event = Json::object({{"type", "content.publish"},
                               {"target", Json::object({{"type", "post"}, {"id", "1"}})},
                               {"outcome", "success"}});
    EXPECT_EQ(world.call({.operation = "emit_events", .by = agent, .raw_body = json_text(event)})
                  .outcome(),
              "ok");
  }

  int policies_ = 0;
};

TEST_F(PlanJudgements, ANewerPolicyDoesNotMakeTheWriterJudgeWhatIsStarted) {
  const std::string hash = validated(harmless());
  put_another_policy();
  // Refused: nobody compared it.
  ends_with_a_reader(start_of(hash), "INVALID_STATE");
  ends_without(start_of(hash), "INVALID_STATE");
  ASSERT_EQ(compare(hash, dag_of(harmless())).outcome(), "ok");
  ends_without(start_of(hash), "ok");
  put_another_policy();
  ends_with_a_reader(start_of(hash), "ok");
  ends_without(start_of(hash), "ok");
}

TEST_F(PlanJudgements, ANewerPolicyDoesNotMakeTheWriterJudgeWhatIsAskedForOrDecided) {
  const std::string hash = validated(risky());
  const auto asking = [&] {
    return Ask{.operation = "create_plan_approval",
               .by = agent,
               .body = Json::object({{"irHash", hash}, {"reason", "month end"}})};
  };
  const auto deciding = [&](const std::string& id) {
    return Ask{.operation = "approve", .by = ann, .path = {{"id", id}}};
  };
  const std::string first = ask_for(hash).id();
  const std::string second = ask_for(hash).id();
  put_another_policy();
  ends_with_a_reader(asking(), "ok");
  ends_without(asking(), "ok");
  ends_without(deciding(first), "ok");
  put_another_policy();
  ends_with_a_reader(deciding(second), "ok");
}

TEST_F(PlanJudgements, ANewerPolicyDoesNotMakeTheWriterJudgeWhatIsPresented) {
  const std::string hash = validated(risky());
  const std::string first = token_of(approved(hash));
  const std::string second = token_of(approved(hash));
  ASSERT_EQ(compare(hash, dag_of(risky())).outcome(), "ok");
  const auto presenting = [&](const std::string& token) {
    return Ask{.operation = "consume_grant",
               .by = agent,
               .body = Json::object({{"token", token}, {"contentHash", hash}})};
  };
  put_another_policy();
  ends_with_a_reader(presenting(first), "ok");
  ends_without(presenting(second), "ok");
}

TEST_F(PlanJudgements, AKillSwitchOfOneActionDoesNotMakeTheWriterReadThePlan) {
  Json wanted = harmless();
  wanted.set("steps", Json(Json::Array{step("odoo.read", "res.country")}));
  const std::string hash = validated(wanted);
  ASSERT_EQ(compare(hash, dag_of(wanted)).outcome(), "ok");
  for (const auto& [tool, outcome] :
       {std::pair("deploy.*", "ok"), std::pair("odoo.re*", "KILL_SWITCH")}) {
    put_another_policy();
    ASSERT_EQ(call_by(world.admin, "engage_kill_switch",
                      Json::object({{"scope", "tool"}, {"tool", tool}, {"reason", "stop"}}))
                  .outcome(),
              "ok");
    ends_with_a_reader(start_of(hash), outcome);
    ends_without(start_of(hash), outcome);
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
