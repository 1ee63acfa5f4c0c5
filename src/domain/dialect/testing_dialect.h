// Stored events for the tests of the dialects, through the same bytes that a log has.
#pragma once

#include "domain/dialect/dialect.h"

#include <string>
#include <utility>

namespace assent::dialect {

inline const std::string kApproval = "apr_01kfcdr8jq0000000000000001";
inline const std::string kApprovalUuid = "019bd8dc-2257-0000-0000-000000000001";
inline const std::string kRule = "rul_01kfcdr8jq0000000000000002";
inline const std::string kRuleUuid = "019bd8dc-2257-0000-0000-000000000002";
inline const std::string kAnn = "prn_01kfcdr8jq0000000000000003";
inline const std::string kAnnUuid = "019bd8dc-2257-0000-0000-000000000003";
inline const std::string kEventUuid = "019bd8dc-2257-0000-0000-000000000007";

inline Actor human() {
  return {.type = ActorType::human, .id = kAnn, .name = "ann", .role = "approver"};
}
inline Actor policy_entry() {
  return {.type = ActorType::rule, .id = "policy/3/0"};
}
inline Actor standing_rule() {
  return {.type = ActorType::rule, .id = kRule};
}

inline StoredEvent stored(std::string type, const Actor& actor, Json data) {
  const Event event{.type = std::move(type), .subject = "x/1", .data = std::move(data)};
  const Tenant tenant{.number = {}, .name = "acme", .origin = "assent.example/t/acme"};
  const auto id = *EventId::parse("evt_01kfcdr8jq0000000000000007");
  const auto bytes =
      entry_bytes(prepare(event, actor, tenant, "424f23760b8c405f87e1dcdb254ccaea", id), 7,
                  *from_rfc3339("2026-01-19T22:26:59.790Z"));
  auto back = stored_event_from(bytes.value());
  return std::move(back).value();
}

// About the approval, of a call of `deploy`.
inline StoredEvent about(std::string type, const Actor& actor, Json more = Json::object()) {
  Json data = Json::object({{"approvalId", kApproval}, {"tool", "deploy"}});
  for (auto& [name, value] : more.members()) data.set(name, std::move(value));
  return stored(std::move(type), actor, std::move(data));
}

// The row as JSON text, members in their order; `none` where there is no row.
inline std::string row_text(Dialect dialect, const StoredEvent& event) {
  const auto row = translate(dialect, event);
  return row ? json_text(*row) : "none";
}

}  // namespace assent::dialect
