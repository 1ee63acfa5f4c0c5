// `kernel`, a multi-tenant approve endpoint: one row of its audit log for each event.
//
// The source kept eventData as JSON in a text column and cast it at every query, so that one bad
// row broke a tenant's trail; here it is the object itself. Actors that are no principal (the
// engine, a policy entry) have no UUID, so their actorId is null. Every attempt has a row, whatever
// it tried; what came of it has one where that system could end so.
#include "domain/dialect/system.h"

namespace assent::dialect {
namespace {

struct Row {
  std::string_view type;
  std::string_view name;
  Json (*data)(const StoredEvent&);
  bool (*applies)(const StoredEvent&) = nullptr;
};

Json about_request(const StoredEvent& event) {
  return Json::object({{"requestId", uuid_at(event.data, "approvalId")}});
}

Json created(const StoredEvent& event) {
  const auto& data = event.data;
  const Json required = value_at(data, "evidencePolicy", "required");
  return about_request(event)
      .set("requesterId", uuid_at(data, "requestedBy"))
      .set("templateId", value_at(data, "template"))
      .set("effectivePolicy",
           Json::object({{"evidenceRequiredForApproval", required.is_bool() && required.boolean()},
                         {"evidenceTtlSeconds", value_at(data, "evidencePolicy", "ttlSeconds")}}))
      .set("source", data.string_at("evidencePolicySource").value_or("default"));
}

Json attempted(const StoredEvent& event) {
  const Json required = value_at(event.data, "evidencePolicy", "required");
  return about_request(event).set(
      "evidencePolicy",
      Json::object({{"required", required.is_bool() && required.boolean()},
                    {"ttlSeconds", value_at(event.data, "evidencePolicy", "ttlSeconds")}}));
}

Json succeeded(const StoredEvent& event) {
  const auto& data = event.data;
  const Json has_evidence = value_at(data, "evidenceCheck", "hasEvidence");
  return about_request(event)
      .set("approvedBy", uuid_at(data, "approvedBy"))
      .set("approvedAt", value_at(data, "approvedAt"))
      .set("evidenceCheck",
           Json::object({{"hasEvidence", has_evidence.is_bool() && has_evidence.boolean()},
                         {"isFresh", value_at(data, "evidenceCheck", "isFresh")},
                         {"ageSeconds", value_at(data, "evidenceCheck", "ageSeconds")}}));
}

Json rejected(const StoredEvent& event) {
  return about_request(event)
      .set("rejectedBy", uuid_at(event.data, "rejectedBy"))
      .set("rejectedAt", value_at(event.data, "rejectedAt"))
      .set("reason", value_at(event.data, "decision", "rationale"));
}

Json blocked(const StoredEvent& event) {
  const Json details = value_at(event.data, "details");
  return about_request(event)
      .set("reason", value_at(event.data, "reason"))
      .set("details", details.is_object() ? details : Json::object());
}

Json attached(const StoredEvent& event) {
  Json out = about_request(event);
  out.set("evidenceId", uuid_at(event.data, "evidenceId"));
  for (const char* name : {"type", "name", "sha256", "sizeBytes", "capturedAt"}) {
    out.set(name, value_at(event.data, name));
  }
  return out;
}

Json withdrawn(const StoredEvent& event) {
  Json out = about_request(event);
  out.set("evidenceId", uuid_at(event.data, "evidenceId"));
  for (const char* name : {"type", "name", "sha256", "reason"}) {
    out.set(name, value_at(event.data, name));
  }
  return out;
}

constexpr Row same(std::string_view type, Json (*data)(const StoredEvent&)) {
  return {type, type, data};
}

constexpr std::array kRows = {
    same("approval.attempted", attempted),
    same("approval.blocked.already_voted", blocked),
    same("approval.blocked.content_changed", blocked),
    same("approval.blocked.evidence_required", blocked),
    same("approval.blocked.evidence_stale", blocked),
    same("approval.blocked.expired", blocked),
    same("approval.blocked.forbidden", blocked),
    same("approval.blocked.human_actor_required", blocked),
    same("approval.blocked.invalid_state", blocked),
    same("approval.blocked.kill_switch", blocked),
    same("approval.blocked.self_approval", blocked),
    same("approval.blocked.step_up_required", blocked),
    same("approval.rejected", rejected),
    Row{"approval.requested", "request.created", created},
    same("approval.succeeded", succeeded),
    same("evidence.attached", attached),
    same("evidence.withdrawn", withdrawn),
};
constexpr auto kNames = names_in(kRows);

std::optional<Json> translate(const StoredEvent& event) {
  const Row* const row = row_for(kRows, event);
  Json request = uuid_at(event.data, "approvalId");
  if (row == nullptr || request.is_null()) return std::nullopt;
  return Json::object({{"eventName", row->name},
                       {"tenantId", event.tenant},
                       {"actorId", uuid_or_null(actor_id_of(event))},
                       {"traceId", trace_uuid(event.trace_id)},
                       {"requestId", std::move(request)},
                       {"eventData", row->data(event)},
                       {"createdAt", to_rfc3339(event.time)}});
}

}  // namespace

const System& kernel() {
  static constexpr System kSystem{kNames, "eventName", &translate};
  return kSystem;
}

}  // namespace assent::dialect
