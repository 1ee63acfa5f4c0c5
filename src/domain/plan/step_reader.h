// Reads what the steps of a plan and the nodes of a DAG are made of. For plan_read.cc and diff.cc.
#pragma once

#include "base/json.h"
#include "domain/plan/plan.h"

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assent {

// A place in a document, made into a path only where there is something to say about it. It lives
// no longer than the one that it is below.
struct PlanPlace {
  const PlanPlace* above = nullptr;
  std::string_view name = {};             // Of a member;
  std::optional<std::size_t> index = {};  // or of an item.

  // `steps[2].params.model`; the middle of an endless one is left out.
  std::string path() const;
};

// Collects what is wrong, of which it keeps so many and counts the others.
class PlanFindings {
 public:
  PlanFindings() = default;
  // Goes on after what another has found.
  explicit PlanFindings(std::vector<PlanViolation> before);
  void add(std::string_view code, std::string message, const PlanPlace& at,
           ViolationSeverity severity = ViolationSeverity::error);
  // What is found from here on is of that step or node, or of none.
  void set_index(std::optional<std::size_t> index) { index_ = index; }
  std::size_t error_count() const { return error_count_; }
  // The findings; the last says of how many more there were.
  std::vector<PlanViolation> take();

 private:
  std::vector<PlanViolation> kept_;
  std::size_t left_ = 0;
  std::size_t error_count_ = 0;
  std::optional<std::size_t> index_;
};

// How a text may look.
struct PlanText {
  std::string_view code;   // Of what is no such text.
  std::size_t length_max;  // In characters.
  bool is_name = true;     // On one line, nothing invisible, no space at either end.
  bool may_be_empty = false;
};

inline constexpr PlanText kStepIdText = {"INVALID_STEP_ID", 200};

class StepReader {
 public:
  explicit StepReader(PlanFindings& findings) : findings_(findings) {}

  // Whether `value` is an object; members other than `known` are findings.
  bool object(const Json& value, const PlanPlace& at, std::string_view code,
              std::span<const std::string_view> known);
  std::optional<std::string> text(const Json* value, const PlanPlace& at, const PlanText& how);
  // Action, provider, resource, params, idempotencyKey, constraints, budgetCents and dependsOn.
  // REQUIRES: `value` is an object.
  PlanStep content(const Json& value, const PlanPlace& at);

 private:
  void check_text(std::string_view text, const PlanPlace& at, bool is_name);
  void check_value(const Json& value, const PlanPlace& at, std::size_t depth);
  Json open_object(const Json* value, const PlanPlace& at, std::string_view code);
  void idempotency_key(const Json* value, const PlanPlace& at, PlanStep& step);
  void budget(const Json& value, const PlanPlace& at, PlanStep& step);
  void depends_on(const Json& value, const PlanPlace& at, PlanStep& step);

  PlanFindings& findings_;
};

// `text` as it is quoted in a message: a long one is cut, and says so.
std::string quoted(std::string_view text);

}  // namespace assent
