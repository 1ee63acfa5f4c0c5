// `charter`, the governance of build plans: one event of its stream for each, in the envelope of
// that platform's event charter.
//
// The source had one thing that it called an approval, the single-use token; here the token is a
// grant of an approval, so the grant's events are its approval events, those of plans alone. Risk
// is its scale of 0 to 3. What a violation or a difference says beyond the source's members is not
// said. A refusal has a row where that system refused so; a token that is too old was an expiry.
#include "domain/dialect/system.h"

#include <utility>

namespace assent::dialect {
namespace {

struct Row {
  std::string_view type;
  std::string_view name;
  Json (*payload)(const StoredEvent&);
  bool (*applies)(const StoredEvent&) = nullptr;
};

// ---- whose events these are ----

bool is_of_plan(const StoredEvent& event) {
  return event.data.string_at("irHash").has_value();
}

// What the policy passes is used without a token.
bool is_by_token(const StoredEvent& event) {
  return is_of_plan(event) && event.data.string_at("consumedBy").has_value();
}

bool is_invalid_token(const StoredEvent& event) {
  constexpr std::array<std::string_view, 4> kReasons = {"token_not_found", "tenant_mismatch",
                                                        "ir_hash_mismatch", "already_consumed"};
  const auto reason = event.data.string_at("reason");
  return is_of_plan(event) && reason &&
         std::find(kReasons.begin(), kReasons.end(), *reason) != kReasons.end();
}

// ---- approvals ----

Json about_approval(const StoredEvent& event) {
  return Json::object({{"approval_id", uuid_at(event.data, "approvalId")},
                       {"tenant_id", event.tenant},
                       {"ir_hash", value_at(event.data, "irHash")}});
}

Json created(const StoredEvent& event) {
  return about_approval(event)
      .set("ttl_seconds", value_at(event.data, "ttlSeconds"))
      .set("expires_at", value_at(event.data, "expiresAt"))
      .set("created_by", bare_id(actor_id_of(event)))
      .set("created_at", to_rfc3339(event.time));
}

Json consumed(const StoredEvent& event) {
  return about_approval(event)
      .set("consumed_by", bare_id(actor_id_of(event)))
      .set("consumed_at", value_at(event.data, "consumedAt"))
      .set("time_to_consume_seconds", value_at(event.data, "timeToConsumeSeconds"))
      .set("was_expired", value_at(event.data, "wasExpired"));
}

// When the token's life was over; the log's expiredAt is when that was noticed.
Json end_of_life(const StoredEvent& event) {
  const auto begun = from_rfc3339(event.data.string_at("createdAt").value_or(""));
  const auto ttl = event.data.integer_at("ttlSeconds");
  constexpr std::int64_t kTtlMax = 86400;
  if (!begun || !ttl || *ttl < 0 || *ttl > kTtlMax) return value_at(event.data, "expiredAt");
  return to_rfc3339(*begun + std::chrono::seconds(*ttl));
}

Json expired(const StoredEvent& event) {
  return about_approval(event)
      .set("expired_at", end_of_life(event))
      .set("created_at", value_at(event.data, "createdAt"))
      .set("ttl_seconds", value_at(event.data, "ttlSeconds"))
      .set("was_consumed", value_at(event.data, "wasConsumed"));
}

Json invalid(const StoredEvent& event) {
  return Json::object({{"tenant_id", event.tenant},
                       {"ir_hash", value_at(event.data, "irHash")},
                       {"reason", value_at(event.data, "reason")},
                       {"attempted_by", bare_id(actor_id_of(event))},
                       {"attempted_at", to_rfc3339(event.time)},
                       {"approval_id", uuid_at(event.data, "approvalId")}});
}

// ---- validation ----

// Each of the list's objects by `tell`; no list is an empty one.
Json each_of(const Json& list, Json (*tell)(const Json&)) {
  Json out = Json::array();
  if (!list.is_array()) return out;
  for (const Json& item : list.items()) {
    if (item.is_object()) out.push(tell(item));
  }
  return out;
}

Json violation(const Json& found) {
  return Json::object({{"step_index", value_at(found, "stepIndex")},
                       {"code", value_at(found, "code")},
                       {"message", value_at(found, "message")},
                       {"severity", value_at(found, "severity")}});
}

Json high_risk_step(const Json& step) {
  return Json::object({{"step_index", value_at(step, "stepIndex")},
                       {"action", value_at(step, "action")},
                       {"provider", value_at(step, "provider")},
                       {"risk_tier", value_at(step, "brainTier")},
                       {"reason", value_at(step, "reason")}});
}

Json about_plan(const StoredEvent& event) {
  return Json::object({{"tenant_id", event.tenant},
                       {"request_id", value_at(event.data, "requestId")},
                       {"ir_hash", value_at(event.data, "irHash")}});
}

Json classified(const StoredEvent& event) {
  return about_plan(event)
      .set("risk_tier", value_at(event.data, "brainTier"))
      .set("requires_approval", value_at(event.data, "requiresApproval"))
      .set("violations", each_of(value_at(event.data, "violations"), violation));
}

Json validated(const StoredEvent& event) {
  return classified(event)
      .set("validated_at", to_rfc3339(event.time))
      .set("step_count", value_at(event.data, "stepCount"));
}

Json escalated(const StoredEvent& event) {
  return classified(event)
      .set("high_risk_steps", each_of(value_at(event.data, "highRiskSteps"), high_risk_step))
      .set("validated_at", to_rfc3339(event.time))
      .set("step_count", value_at(event.data, "stepCount"));
}

// ---- the compiled plan ----

Json hash_mismatch(const Json& found) {
  return Json::object({{"step_index", value_at(found, "stepIndex")},
                       {"ir_step_hash", value_at(found, "irStepHash")},
                       {"dag_node_hash", value_at(found, "dagNodeHash")}});
}

Json list_at(const Json& data, std::string_view name) {
  Json list = value_at(data, "mismatchDetails", name);
  return list.is_array() ? list : Json::array();
}

Json compared(const StoredEvent& event) {
  return about_plan(event)
      .set("dag_hash", value_at(event.data, "dagHash"))
      .set("step_count", value_at(event.data, "stepCount"))
      .set("dag_node_count", value_at(event.data, "dagNodeCount"))
      .set("all_hashes_match", value_at(event.data, "allHashesMatch"));
}

Json diff_ok(const StoredEvent& event) {
  return compared(event).set("verified_at", to_rfc3339(event.time));
}

Json diff_failed(const StoredEvent& event) {
  return compared(event)
      .set("mismatch_details",
           Json::object({{"missing_ir_steps", list_at(event.data, "missingIrSteps")},
                         {"extra_dag_nodes", list_at(event.data, "extraDagNodes")},
                         {"hash_mismatches",
                          each_of(list_at(event.data, "hashMismatches"), hash_mismatch)}}))
      .set("verified_at", to_rfc3339(event.time));
}

// ---- the table ----

constexpr std::array kRows = {
    Row{"grant.consumed", "ir.approval_consumed", consumed, is_by_token},
    Row{"grant.expired", "ir.approval_expired", expired, is_of_plan},
    Row{"grant.issued", "ir.approval_created", created, is_of_plan},
    Row{"grant.refused", "ir.approval_invalid", invalid, is_invalid_token},
    Row{"ir.dag_diff_failed", "ir.dag_diff_failed", diff_failed},
    Row{"ir.dag_diff_ok", "ir.dag_diff_ok", diff_ok},
    Row{"ir.validated_escalate", "ir.validated_escalate", escalated},
    Row{"ir.validated_pass", "ir.validated_pass", validated},
    Row{"ir.validated_reject", "ir.validated_reject", validated},
};
constexpr auto kNames = names_in(kRows);

constexpr std::string_view kModule = "ir_governance";

std::optional<Json> translate(const StoredEvent& event) {
  const Row* const row = row_for(kRows, event);
  if (row == nullptr) return std::nullopt;
  return Json::object({{"id", uuid_text(event.id.bytes())},
                       {"type", row->name},
                       {"source", kModule},
                       {"target", Json()},
                       {"timestamp", to_rfc3339(event.time)},
                       {"payload", row->payload(event)},
                       {"meta", Json::object({{"schema_version", "1.0"},
                                              {"producer", kModule},
                                              {"source_module", kModule},
                                              {"tenant_id", event.tenant},
                                              {"correlation_id", event.correlation_id}})}});
}

}  // namespace

const System& charter() {
  static constexpr System kSystem{kNames, "type", &translate, Constants::dots_are_underscores};
  return kSystem;
}

}  // namespace assent::dialect
