#include "app/grant_events.h"

namespace assent::app {

Event grant_event(std::string type, const Approval& approval, const GrantId& grant, Json data) {
  data.set("grantId", grant.text());
  data.set("approvalId", approval.id.text());
  data.set("contentHash", approval.content_hash);
  if (approval.kind == Kind::plan) data.set("irHash", approval.content_hash);
  return {.type = std::move(type),
          .subject = "grant/" + grant.text(),
          .data = std::move(data),
          .correlation_id = approval.correlation_id};
}

Json words_of(std::span<const GrantRefusal> refusals) {
  Json words = Json::array();
  for (const GrantRefusal refusal : refusals) words.push(word(refusal));
  return words;
}

Result<Refused> refuse_grant(store::Write& write, const Actor& actor, const Approval& approval,
                             const Grant& grant, GrantRefusal refusal,
                             std::span<const GrantRefusal> missing) {
  Json data = Json::object({{"reason", word(refusal)}});
  Json details = Json::object({{"approvalId", approval.id.text()},
                               {"status", word(approval.status)},
                               {"reason", word(refusal)}});
  if (!missing.empty()) {
    data.set("missing", words_of(missing));
    details.set("missing", words_of(missing));
  }
  TRY(write.record_as(actor, grant_event("grant.refused", approval, grant.id, std::move(data))));
  return Refused{std::string(refusal_code(refusal)), std::string(refusal_message(refusal)),
                 std::move(details)};
}

Result<void> record_consumption(store::Write& write, const Actor& actor, const Approval& approval,
                                const Grant& grant, Json data) {
  const auto waited = std::chrono::floor<std::chrono::seconds>(write.now() - grant.issued_at);
  data.set("consumedAt", to_rfc3339(write.now()));
  data.set("timeToConsumeSeconds", static_cast<std::int64_t>(waited.count()));
  data.set("wasExpired", false);
  TRY(write.record_as(actor, grant_event("grant.consumed", approval, grant.id, std::move(data))));
  return {};
}

}  // namespace assent::app
