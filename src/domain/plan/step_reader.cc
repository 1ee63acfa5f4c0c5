#include "domain/plan/step_reader.h"

#include "base/text.h"

#include <algorithm>

namespace assent {
namespace {

constexpr std::size_t kDepthMax = 64;         // As parse_json's, of the whole document.
constexpr std::size_t kStepContentDepth = 4;  // Of params and constraints: document, steps, step.
constexpr std::size_t kPathBytesMax = 200;
constexpr std::size_t kQuotedBytesMax = 100;
constexpr std::int64_t kIntegerMax = (std::int64_t{1} << 53) - 1;

std::size_t length_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

// The longest beginning of at most `size` bytes that ends with a whole character.
std::string_view beginning(std::string_view text, std::size_t size) {
  if (text.size() <= size) return text;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
  return text.substr(0, size);
}

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

// Controls of Unicode (Cc): below U+0020, U+007F, and U+0080 to U+009F, which UTF-8 writes with a
// first byte of 0xC2. Lines and tabs are text.
bool has_control(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t') return true;
    if (byte == 0x7F) return true;
    if (byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      return true;
    }
  }
  return false;
}

bool is_trimmed(std::string_view text) {
  return text.empty() || (text.front() != ' ' && text.back() != ' ');
}

}  // namespace

std::string quoted(std::string_view text) {
  std::string shown(beginning(text, kQuotedBytesMax));
  if (shown.size() < text.size()) shown.append("…");
  if (is_plain(shown)) return shown;
  std::string safe = escape_for_terminal(shown);
  if (safe.size() <= 2 * kQuotedBytesMax) return safe;
  // Of one byte eight can become, and it all goes into an event.
  return escape_for_terminal(beginning(text, kQuotedBytesMax / 8)).append("…");
}

std::string PlanPlace::path() const {
  std::vector<const PlanPlace*> places;
  for (const PlanPlace* place = this; place != nullptr; place = place->above) {
    places.push_back(place);
  }
  std::string path;
  for (auto place = places.rbegin(); place != places.rend(); ++place) {
    if ((*place)->index) {
      path.append("[").append(std::to_string(*(*place)->index)).append("]");
    } else if ((*place)->above != nullptr) {
      path.append(path.empty() ? "" : ".").append(quoted((*place)->name));
    }
    // What stands below is of no help any more, and it all goes into an event.
    if (path.size() > kPathBytesMax) return path.append("…");
  }
  return path;
}

PlanFindings::PlanFindings(std::vector<PlanViolation> before) : kept_(std::move(before)) {
  for (const auto& each : kept_) {
    if (each.severity == ViolationSeverity::error) ++error_count_;
  }
}

void PlanFindings::add(std::string_view code, std::string message, const PlanPlace& at,
                       ViolationSeverity severity) {
  if (severity == ViolationSeverity::error) ++error_count_;
  // One place is left for saying how many more.
  if (kept_.size() + 1 >= kPlanViolationsMax) {
    ++left_;
    return;
  }
  kept_.push_back({index_, std::string(code), std::move(message), at.path(), severity});
}

std::vector<PlanViolation> PlanFindings::take() {
  if (left_ > 0) {
    kept_.push_back({std::nullopt, "MORE_VIOLATIONS",
                     std::to_string(left_) + " more are not listed.", "",
                     error_count_ > 0 ? ViolationSeverity::error : ViolationSeverity::warning});
  }
  return std::move(kept_);
}

bool StepReader::object(const Json& value, const PlanPlace& at, std::string_view code,
                        std::span<const std::string_view> known) {
  if (!value.is_object()) {
    findings_.add(code, "Must be an object.", at);
    return false;
  }
  for (const auto& [name, member] : value.members()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    findings_.add("UNKNOWN_FIELD", "Unknown field: " + quoted(name) + ".", {&at, name});
  }
  return true;
}

void StepReader::check_text(std::string_view text, const PlanPlace& at, bool is_name) {
  if (is_plain(text)) return;
  if (!is_utf8(text)) return findings_.add("NOT_UTF8", "Must be UTF-8.", at);
  if (has_control(text) || (is_name && escape_for_terminal(text) != text)) {
    return findings_.add("CONTROL_CHARACTER", "Must not have control or invisible characters.", at);
  }
  if (!is_nfc(text)) {
    findings_.add("NOT_NFC", "Must be in Unicode's normalization form C.", at);
  }
}

std::optional<std::string> StepReader::text(const Json* value, const PlanPlace& at,
                                            const PlanText& how) {
  const auto refuse = [&](std::string message) {
    findings_.add(how.code, std::move(message), at);
    return std::nullopt;
  };
  const std::string size = (how.may_be_empty ? "0" : "1") + std::string(" to ") +
                           std::to_string(how.length_max) + " characters";
  if (value == nullptr) return refuse("Is missing: must be a text of " + size + ".");
  if (!value->is_string()) return refuse("Must be a text of " + size + ".");
  const std::string& text = value->string();
  const std::size_t length = length_of(text);
  if ((length == 0 && !how.may_be_empty) || length > how.length_max) {
    return refuse("Must be a text of " + size + ".");
  }
  const std::size_t errors = findings_.error_count();
  check_text(text, at, how.is_name);
  if (findings_.error_count() > errors) return std::nullopt;
  if (how.is_name && !is_trimmed(is_plain(text) ? text : fold(text))) {
    return refuse("Must not begin or end with a space.");
  }
  return text;
}

void StepReader::check_value(const Json& value, const PlanPlace& at, std::size_t depth) {
  if (value.is_string()) return check_text(value.string(), at, false);
  if (value.is_double()) {
    return findings_.add("FLOAT_IN_PLAN", "Must be a whole number: a float has no one spelling.",
                         at);
  }
  if (value.is_integer() && (value.integer() > kIntegerMax || value.integer() < -kIntegerMax)) {
    return findings_.add("NUMBER_TOO_LARGE", "Must be from -(2^53 - 1) to 2^53 - 1.", at);
  }
  if (!value.is_array() && !value.is_object()) return;
  if (depth > kDepthMax) {
    return findings_.add("TOO_DEEP", "Must not be nested more than 64 deep.", at);
  }
  if (value.is_array()) {
    for (std::size_t i = 0; i < value.items().size(); ++i) {
      check_value(value.items()[i], {&at, {}, i}, depth + 1);
    }
    return;
  }
  for (const auto& [name, member] : value.members()) {
    const PlanPlace below{&at, name};
    check_text(name, below, false);
    check_value(member, below, depth + 1);
  }
}

Json StepReader::open_object(const Json* value, const PlanPlace& at, std::string_view code) {
  if (value == nullptr || !value->is_object()) {
    findings_.add(code, value == nullptr ? "Is missing: must be an object." : "Must be an object.",
                  at);
    return Json::object();
  }
  const std::size_t errors = findings_.error_count();
  check_value(*value, at, kStepContentDepth);
  // What is too deep is not even copied.
  return findings_.error_count() > errors ? Json::object() : *value;
}

void StepReader::idempotency_key(const Json* value, const PlanPlace& at, PlanStep& step) {
  if (value == nullptr || value->is_null() || (value->is_string() && is_blank(value->string()))) {
    return findings_.add("MISSING_IDEMPOTENCY_KEY", "Each step needs an idempotencyKey.", at);
  }
  step.idempotency_key = text(value, at, {"INVALID_IDEMPOTENCY_KEY", 200}).value_or("");
}

void StepReader::budget(const Json& value, const PlanPlace& at, PlanStep& step) {
  if (!value.is_integer() || value.integer() > kIntegerMax) {
    return findings_.add("INVALID_BUDGET", "Must be a whole number of cents.", at);
  }
  if (value.integer() < 0) {
    return findings_.add("NEGATIVE_BUDGET", "Must not be below zero.", at);
  }
  step.budget_cents = value.integer();
}

void StepReader::depends_on(const Json& value, const PlanPlace& at, PlanStep& step) {
  if (!value.is_array() || value.items().size() > kPlanStepsMax) {
    return findings_.add("INVALID_DEPENDENCY", "Must be a list of at most 1000 ids of steps.", at);
  }
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < value.items().size(); ++i) {
    const auto id =
        text(&value.items()[i], {&at, {}, i}, {"INVALID_DEPENDENCY", kStepIdText.length_max});
    if (id) ids.push_back(*id);
  }
  step.depends_on = ids;
  std::sort(ids.begin(), ids.end());
  const auto twice = std::adjacent_find(ids.begin(), ids.end());
  if (twice != ids.end()) {
    findings_.add("INVALID_DEPENDENCY", "Must name each step once: " + quoted(*twice) + ".", at);
  }
}

PlanStep StepReader::content(const Json& value, const PlanPlace& at) {
  PlanStep step;
  const auto place = [&at](std::string_view name) { return PlanPlace{&at, name}; };
  const auto name = [&](std::string_view field, const PlanText& how) {
    return text(value.find(field), place(field), how).value_or("");
  };
  step.action = name("action", {"INVALID_ACTION", 200});
  step.provider = name("provider", {"INVALID_PROVIDER", 200});
  step.resource = name("resource", {"INVALID_RESOURCE", 500});
  step.params = open_object(value.find("params"), place("params"), "INVALID_PARAMS");
  idempotency_key(value.find("idempotencyKey"), place("idempotencyKey"), step);
  step.constraints =
      open_object(value.find("constraints"), place("constraints"), "INVALID_CONSTRAINTS");
  if (const Json* const member = value.find("budgetCents")) {
    budget(*member, place("budgetCents"), step);
  }
  if (const Json* const member = value.find("dependsOn")) {
    depends_on(*member, place("dependsOn"), step);
  }
  return step;
}

}  // namespace assent
