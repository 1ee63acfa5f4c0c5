// A tenant with a catalogue of plans, an agent that plans and people who may decide.
#pragma once

#include "app/testing_decisions.h"

#include <string>
#include <string_view>

namespace assent::app {

inline constexpr std::string_view kPlanPolicy = R"(version: 1
defaults: {decision: human, approvers: [{role: approver, count: 1}]}
tools: []
plans:
  escalateFrom: medium
  providers: [odoo, deploy.docker]
  actions:
    odoo.read: {providers: [odoo], riskTier: none}
    odoo.update: {providers: [odoo], riskTier: low}
    odoo.delete: {providers: [odoo], riskTier: high}
    deploy.website: {providers: [deploy.docker], riskTier: low}
  environments:
    - {words: [production, prod, live], riskTier: medium, reason: "Production"}
  resources:
    - {names: [account.move], params: [model], riskTier: high, reason: "Critical Odoo model"}
)";

class PlanTest : public DecisionTest {
 protected:
  PlanTest() { world.put_policy(kPlanPolicy); }

  static Json step(std::string_view action, std::string_view resource,
                   std::string_view key = "key-1") {
    return Json::object({{"action", action},
                         {"provider", action.starts_with("odoo.") ? "odoo" : "deploy.docker"},
                         {"resource", resource},
                         {"params", Json::object()},
                         {"idempotencyKey", key},
                         {"constraints", Json::object()}});
  }
  static Json plan(Json::Array steps) {
    return Json::object(
        {{"tenantId", "default"}, {"requestId", "req_123"}, {"steps", Json(std::move(steps))}});
  }
  // One that passes, one that needs people, and one that is refused for good.
  static Json harmless() { return plan({step("odoo.read", "res.partner")}); }
  static Json risky() {
    return plan({step("odoo.read", "res.partner"), step("odoo.update", "account.move", "key-2")});
  }
  static Json unknown() { return plan({step("custom.delete", "res.partner")}); }

  // What a faithful compiler makes of it.
  static Json dag_of(const Json& plan) {
    Json nodes = Json::array();
    const auto& steps = plan.find("steps")->items();
    for (std::size_t i = 0; i < steps.size(); ++i) {
      Json node = steps[i];
      node.set("irStepId", std::to_string(i));
      nodes.push(std::move(node));
    }
    return Json::object({{"nodes", std::move(nodes)}});
  }

  Reply validate(const Json& plan) { return validate_text(json_text(plan)); }
  Reply validate_text(std::string text) {
    return world.call({.operation = "validate_plan", .by = agent, .raw_body = std::move(text)});
  }
  Reply call(std::string operation, Json body) {
    return call_by(agent, std::move(operation), body);
  }
  Reply call_by(const Person& by, std::string operation, Json body) {
    return world.call({.operation = std::move(operation), .by = by, .body = std::move(body)});
  }

  // The hash of a plan that was validated.
  std::string validated(const Json& plan) {
    const Reply reply = validate(plan);
    EXPECT_EQ(reply.outcome(), "ok") << (reply.error ? reply.error->detail : "");
    return reply.at("irHash");
  }
  Reply ask_for(const std::string& hash, std::int64_t ttl = 3600) {
    return call("create_plan_approval",
                Json::object({{"irHash", hash}, {"ttlSeconds", ttl}, {"reason", "month end"}}));
  }
  // The id of an approval of the plan that ann gave.
  std::string approved(const std::string& hash, std::int64_t ttl = 3600) {
    const std::string id = ask_for(hash, ttl).id();
    EXPECT_EQ(world.decide("approve", ann, id).outcome(), "ok");
    return id;
  }
  std::string token_of(const std::string& approval) {
    const Reply reply = world.decide("issue_token", agent, approval);
    EXPECT_EQ(reply.outcome(), "ok") << (reply.error ? reply.error->detail : "");
    return reply.at("token");
  }
  Reply consume(const std::string& token, const std::string& hash) {
    return call("consume_plan_approval", Json::object({{"token", token}, {"irHash", hash}}));
  }
  Reply compare(const std::string& hash, const Json& dag) {
    return call("diff_plan", Json::object({{"irHash", hash}, {"dag", dag}}));
  }
  Reply compare_by(const Person& by, const std::string& hash, const Json& dag) {
    return call_by(by, "diff_plan", Json::object({{"irHash", hash}, {"dag", dag}}));
  }
  Reply start(const std::string& hash) {
    return call("start_plan", Json::object({{"irHash", hash}}));
  }
  // What a refused start says is missing.
  std::vector<std::string> missing(const Reply& reply) {
    std::vector<std::string> words;
    if (!reply.refused) return {reply.outcome()};
    for (const Json& each : reply.refused->details.find("missing")->items()) {
      words.push_back(each.string());
    }
    return words;
  }
  // The event `back` places before the end of the log.
  Json event(std::uint64_t back = 0) {
    const std::string sequence = std::to_string(world.log_size() - 1 - back);
    return world.call({.operation = "get_event", .by = world.admin, .path = {{"id", sequence}}})
        .data;
  }
  std::string last_type() { return std::string(event().string_at("type").value_or("")); }
  Json last_data() { return *event().find("data"); }
};

}  // namespace assent::app
