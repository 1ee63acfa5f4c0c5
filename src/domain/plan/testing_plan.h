// Plans and policies for tests: small ones, written out.
#pragma once

#include "base/canonical.h"
#include "domain/plan/check.h"
#include "domain/plan/diff.h"
#include "domain/policy.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace assent::testing {

// REQUIRES: it is JSON.
inline Json json_of(std::string_view text) {
  auto json = parse_json(text);
  EXPECT_TRUE(json) << text;
  return json ? std::move(*json) : Json();
}

inline Json step_json(std::string_view action = "odoo.update", std::string_view provider = "odoo",
                      std::string_view resource = "res.partner") {
  return Json::object({{"action", action},
                       {"provider", provider},
                       {"resource", resource},
                       {"params", Json::object({{"model", resource}})},
                       {"idempotencyKey", "key"},
                       {"constraints", Json::object()}});
}

inline Json plan_json(Json::Array steps) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].is_object() && steps[i].string_at("idempotencyKey") == "key") {
      steps[i].set("idempotencyKey", "key-" + std::to_string(i));
    }
  }
  return Json::object({{"tenantId", "acme"}, {"steps", Json(std::move(steps))}});
}

// REQUIRES: it can be read.
inline Plan plan_of(const Json& document) {
  PlanReading reading = read_plan(document, "acme");
  for (const auto& each : reading.violations) {
    EXPECT_EQ(each.severity, ViolationSeverity::warning) << canonical_json(to_json(each));
  }
  return reading.plan ? std::move(*reading.plan) : Plan{};
}

// The DAG that a faithful compiler makes.
inline Json dag_of(const Plan& plan) {
  Json nodes = Json::array();
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    Json node = semantic_json(plan).find("steps")->items()[i];
    std::erase_if(node.members(), [](const auto& member) { return member.first == "stepId"; });
    node.set("irStepId", step_id_of(plan, i));
    node.set("irStepHash", step_hash(plan.steps[i]));
    nodes.push(std::move(node));
  }
  return Json::object({{"nodes", std::move(nodes)}});
}

inline PlanCatalogue catalogue_of(std::string_view yaml) {
  auto policy = policy_from_yaml("version: 1\nplans:\n" + std::string(yaml));
  EXPECT_TRUE(policy) << (policy ? "" : policy.error().detail);
  return policy ? policy->plans : PlanCatalogue{};
}

// Codes in order, for comparing: "UNKNOWN_FIELD FLOAT_IN_PLAN".
inline std::string codes_of(const std::vector<PlanViolation>& violations) {
  std::string codes;
  for (const auto& each : violations) codes.append(codes.empty() ? "" : " ").append(each.code);
  return codes;
}

}  // namespace assent::testing
