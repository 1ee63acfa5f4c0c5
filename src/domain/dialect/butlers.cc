// `butlers`, an approvals module: one row of its table approval_events for each event.
//
// Its constants are upper case (ACTION_QUEUED), its stored words lower case (action_queued): rows
// carry the stored ones. An action is a tool call; where an approval is of something else, or its
// event is older than the field, rows have no tool_name. Reasons are that system's sentences.
#include "base/canonical.h"
#include "domain/dialect/system.h"
#include "domain/words.h"

namespace assent::dialect {
namespace {

constexpr std::string_view kNoRule = "no matching standing rule";
constexpr std::string_view kUnpinned = "safety-critical arg not pinned by standing rule: ";

struct Row {
  std::string_view type;
  std::string_view name;
  std::string (*actor)(const StoredEvent&);
  Json (*reason)(const StoredEvent&);
  Json (*metadata)(const StoredEvent&);
  bool has_rule = false;  // Whether the row is linked to a rule besides the action.
  bool (*applies)(const StoredEvent&) = nullptr;
};

// ---- actors ----

std::string gate(const StoredEvent&) {
  return "system:approval_gate";
}
std::string executor(const StoredEvent&) {
  return "system:executor";
}
std::string expiry(const StoredEvent&) {
  return "system:expiry";
}

// Whoever it was: nobody but a person is ever `user:`.
std::string whoever(const StoredEvent& event) {
  const auto type = actor_type_of(event);
  const std::string_view kind = type == word(ActorType::human) ? "user" : type;
  return std::string(kind) + ":" + bare_id(actor_id_of(event));
}

// ---- reasons ----

Json intercepted(const StoredEvent&) {
  return "gated invocation intercepted";
}
Json rule_matched(const StoredEvent&) {
  return "standing rule matched";
}
Json approved(const StoredEvent&) {
  return "approved by operator";
}
Json window_elapsed(const StoredEvent&) {
  return "approval window elapsed";
}
Json no_reason(const StoredEvent&) {
  return Json();
}

// What the decider said, at data.decision.rationale or data.reason, or else the sentence.
Json said_or(const StoredEvent& event, std::string_view sentence) {
  for (const Json& said :
       {value_at(event.data, "decision", "rationale"), value_at(event.data, "reason")}) {
    if (said.is_string() && !said.string().empty()) return said;
  }
  return sentence;
}

Json rejected(const StoredEvent& event) {
  const bool is_by_rule = actor_type_of(event) == word(ActorType::rule);
  return said_or(event, is_by_rule ? "rejected by policy" : "rejected by operator");
}
Json deferred(const StoredEvent& event) {
  return said_or(event, "deferred by operator");
}
Json abandoned(const StoredEvent& event) {
  return said_or(event, "abandoned by operator");
}
Json revoked(const StoredEvent& event) {
  return said_or(event, "rule revoked by operator");
}

// A rule is made by itself, or out of the action that somebody approves.
Json created(const StoredEvent& event) {
  return value_at(event.data, "createdFrom").is_null() ? "create_approval_rule"
                                                       : "create_rule=true during approve_action";
}

// The tool's error: its text, or the message in it, or all of it.
Json error_text(const StoredEvent& event) {
  Json error = value_at(event.data, "error");
  if (error.is_null() || error.is_string()) return error;
  const auto message = error.string_at("message");
  return message ? Json(*message) : Json(canonical_json(error));
}

// ---- metadata ----

Json tool_only(const StoredEvent& event) {
  Json metadata = Json::object();
  metadata.set_if("tool_name", event.data.string_at("tool"));
  return metadata;
}

Json tool_and_hours(const StoredEvent& event) {
  Json metadata = tool_only(event);
  metadata.set_if("hours", event.data.integer_at("hours"));
  return metadata;
}

// Which way the gate sent it, and why a person has to look at it.
Json tool_and_path(const StoredEvent& event) {
  Json metadata = tool_only(event);
  const bool is_allowed = event.data.string_at("decision") == word(PolicyDecision::allow);
  if (is_allowed || event.data.string_at("ruleId")) return metadata.set("path", "auto_approve");
  metadata.set("path", "pending");
  const auto unpinned = event.data.string_at("unpinned");
  return metadata.set(
      "reason", unpinned ? std::string(kUnpinned) + std::string(*unpinned) : std::string(kNoRule));
}

// ---- the table ----

bool has_approved(const StoredEvent& event) {
  return event.data.string_at("resultingStatus") == word(Status::approved);
}

// clang-format off
constexpr std::array kRows = {
    Row{"approval.abandoned",     "action_abandoned",     whoever, abandoned,      tool_only},
    Row{"approval.auto_approved", "action_auto_approved", whoever, rule_matched,   tool_only, true},
    Row{"approval.deferred",      "action_deferred",      whoever, deferred,       tool_and_hours},
    Row{"approval.expired",       "action_auto_approved", expiry,  window_elapsed, tool_only, false,
        has_approved},
    Row{"approval.expired",       "action_expired",       expiry,  window_elapsed, tool_only},
    Row{"approval.rejected",      "action_rejected",      whoever, rejected,       tool_only},
    Row{"approval.requested",     "action_queued",        gate,    intercepted,    tool_and_path},
    Row{"approval.succeeded",     "action_approved",      whoever, approved,       tool_only},
    Row{"execution.failed",       "action_execution_failed",
        executor, error_text, tool_only, true},
    Row{"execution.succeeded",    "action_execution_succeeded",
        executor, no_reason,  tool_only, true},
    Row{"rule.created",           "rule_created",         whoever, created,        tool_only, true},
    Row{"rule.revoked",           "rule_revoked",         whoever, revoked,        tool_only, true},
};
// clang-format on
constexpr auto kNames = names_in(kRows);

// The action that the event is about: for a rule, the one it was made from.
Json action_of(const StoredEvent& event) {
  Json action = uuid_at(event.data, "approvalId");
  return action.is_null() ? uuid_at(event.data, "createdFrom") : action;
}

std::optional<Json> translate(const StoredEvent& event) {
  const Row* const row = row_for(kRows, event);
  if (row == nullptr) return std::nullopt;
  Json action = action_of(event);
  Json rule = row->has_rule ? uuid_at(event.data, "ruleId") : Json();
  // approval_events_link_check of the source: an event is of an action, of a rule, or of both.
  if (action.is_null() && rule.is_null()) return std::nullopt;
  return Json::object({{"event_id", uuid_text(event.id.bytes())},
                       {"action_id", std::move(action)},
                       {"rule_id", std::move(rule)},
                       {"event_type", row->name},
                       {"actor", row->actor(event)},
                       {"reason", row->reason(event)},
                       {"event_metadata", row->metadata(event)},
                       {"occurred_at", to_rfc3339(event.time)}});
}

}  // namespace

const System& butlers() {
  static constexpr System kSystem{kNames, "event_type", &translate};
  return kSystem;
}

}  // namespace assent::dialect
