// An approver puts other content in place of what was asked: a new version of the same approval.
#include "base/canonical.h"
#include "domain/approval.h"
#include "store/state/fact_fields.h"
#include "store/state/project_parts.h"

namespace assent::store {
namespace {

constexpr std::string_view kRequest = R"sql(
  SELECT request
    FROM approvals
   WHERE tenant = $1 AND id = $2)sql";

// The content that was replaced and its version are compared, so that no decided or already edited
// content is ever replaced; equality with the deadline is still in time.
constexpr std::string_view kEdit = R"sql(
  UPDATE approvals
     SET content_hash = $5, content_version = $6, request = $7, risk_tier = $8,
         evidence_required = $9, evidence_ttl_seconds = $10, further_quorums = $11,
         max_attempts = $12, grant_ttl_seconds = $13, allows_self_approval = $14
   WHERE tenant = $1 AND id = $2 AND status = 'pending' AND content_hash = $3
     AND content_version = $6 - 1 AND expires_at >= $4)sql";

// Who had said yes had said it to other content.
constexpr std::string_view kForgetVotes = R"sql(
  DELETE FROM votes
   WHERE tenant = $1 AND approval = $2)sql";

struct Edit {
  ApprovalId approval;
  std::string previous_hash;
  // As after it: the hash, the version, and what the new content is bound to.
  Approval made;
  Json replaced = Json::object();  // The members of `request` that are about the content.
};

void read_requirement(FactFields& fields, Approval& made) {
  FactFields requirement = fields.object("requirement");
  FactFields evidence = requirement.object("evidencePolicy");
  made.risk_tier = requirement.as_word<RiskTier>("riskTier");
  made.evidence_policy = {.required = evidence.flag("required"),
                          .ttl_seconds = evidence.optional_integer("ttlSeconds")};
  made.max_attempts = requirement.integer("maxAttempts");
  made.grant_ttl_seconds = requirement.integer("grantTtlSeconds");
  made.allows_self_approval = requirement.text("selfApproval") == "allowed";
  for (const Json& item : requirement.array("furtherQuorums").items()) {
    auto quorum = quorum_from_json(item, "furtherQuorums");
    if (!quorum) requirement.spoil("furtherQuorums");
    if (quorum) made.further_quorums.push_back(*std::move(quorum));
  }
  if (!requirement.finish() || !evidence.finish()) fields.spoil("requirement");
}

Result<Edit> edit_from(const Fact& fact) {
  FactFields fields(fact);
  Edit edit;
  edit.approval = fields.id<ApprovalId>("approvalId");
  edit.previous_hash = fields.content_hash("previousContentHash");
  edit.made.content_hash = fields.content_hash("contentHash");
  edit.made.content_version = fields.integer("contentVersion");
  read_requirement(fields, edit.made);
  if (fields.has("subject") == fields.has("subjectBlob")) fields.spoil("subject");
  for (const std::string_view name : {"subject", "subjectBlob"}) {
    if (!fields.has(name)) continue;
    if (!fields.any(name).is_object()) fields.spoil(name);
    edit.replaced.set(std::string(name), fields.any(name));
  }
  edit.replaced.set("why", fields.text("why"));
  edit.replaced.set("policyVersion", fields.integer("policyVersion"));
  edit.replaced.set_if("policyEntry", fields.optional_integer("policyEntry"));
  edit.replaced.set_if("policySha256", fields.optional_content_hash("policySha256"));
  TRY(fields.finish());
  return edit;
}

// What was said besides the content stays: who asked for what reason, in which context.
Result<std::string> request_after(Connection& connection, const Fact& fact, const Edit& edit) {
  const auto rows = TRY(connection.query(kRequest, {fact.tenant, bytes_of(edit.approval)}));
  if (!TRY(rows->next())) return impossible(fact);
  RowReader row(*rows, "approvals");
  Json request = row.json(0);
  TRY(row.finish());
  Json after = edit.replaced;
  for (auto& [name, value] : request.members()) {
    const bool is_of_old_content = name == "subject" || name == "subjectBlob" ||
                                   name == "policyEntry" || name == "policySha256";
    if (!is_of_old_content && after.find(name) == nullptr) after.set(name, std::move(value));
  }
  return canonical_json(after);
}

}  // namespace

bool is_edit(const Fact& fact) {
  const Json* decision = fact.data.find("decision");
  return decision != nullptr && decision->string_at("action") == "edited";
}

Result<void> replace_content(Connection& connection, const Fact& fact) {
  const Edit edit = TRY(edit_from(fact));
  const Approval& made = edit.made;
  const std::string request = TRY(request_after(connection, fact, edit));
  std::optional<std::string> further;
  if (!made.further_quorums.empty()) {
    Json list = Json::array();
    for (const Quorum& quorum : made.further_quorums) list.push(to_json(quorum));
    further = canonical_json(list);
  }
  TRY(require_one(
      fact,
      TRY(connection.run(
          kEdit, {fact.tenant, bytes_of(edit.approval), edit.previous_hash,
                  to_microseconds(fact.time), made.content_hash, made.content_version, request,
                  word(made.risk_tier), std::int64_t{made.evidence_policy.required},
                  nullable(made.evidence_policy.ttl_seconds), nullable(further), made.max_attempts,
                  made.grant_ttl_seconds, std::int64_t{made.allows_self_approval}}))));
  TRY(connection.run(kForgetVotes, {fact.tenant, bytes_of(edit.approval)}));
  return {};
}

}  // namespace assent::store
