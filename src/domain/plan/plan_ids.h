// Finds the steps of a plan by what others call them. For plan_read.cc and diff.cc.
#pragma once

#include "domain/plan/plan.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace assent {

// By step_id_of(). Of two steps with one id the first counts; a plan that was read has no such.
// REQUIRES: the plan outlives it, unchanged.
class PlanIds {
 public:
  explicit PlanIds(const Plan& plan);
  PlanIds(const PlanIds&) = delete;
  PlanIds& operator=(const PlanIds&) = delete;

  std::optional<std::size_t> find(std::string_view id) const;

 private:
  std::vector<std::string> decimals_;
  std::unordered_map<std::string_view, std::size_t> by_id_;  // Views into the plan or decimals_.
};

}  // namespace assent
