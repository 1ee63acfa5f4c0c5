#include "store/state/fact_fields.h"
#include "store/state/project_parts.h"

namespace assent::store {
namespace {

constexpr std::string_view kIsApproval = R"sql(
  SELECT 1
    FROM approvals
   WHERE tenant = $1 AND id = $2)sql";

constexpr std::string_view kInsert = R"sql(
  INSERT INTO evidence (tenant, id, approval, type, name, text, url, sha256, size_bytes,
                        captured_at, attached_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
  ON CONFLICT DO NOTHING)sql";

constexpr std::string_view kWithdraw = R"sql(
  UPDATE evidence
     SET withdrawn_at = $4
   WHERE tenant = $1 AND id = $2 AND approval = $3 AND withdrawn_at IS NULL)sql";

}  // namespace

Result<void> project_evidence_attached(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const auto approval = fields.id<ApprovalId>("approvalId");
  const auto id = fields.id<EvidenceId>("evidenceId");
  const auto type = fields.as_word<EvidenceType>("type");
  const auto name = fields.optional_text("name");
  const auto text = fields.optional_text("text");
  const auto url = fields.optional_text("url");
  const auto sha256 = fields.optional_content_hash("sha256");
  const auto size_bytes = fields.optional_integer("sizeBytes");
  const auto captured_at = fields.time("capturedAt");
  TRY(fields.finish());
  const auto rows = TRY(connection.query(kIsApproval, {fact.tenant, bytes_of(approval)}));
  if (!TRY(rows->next())) return impossible(fact);

  return require_one(
      fact, TRY(connection.run(
                kInsert, {fact.tenant, bytes_of(id), bytes_of(approval), word(type), nullable(name),
                          nullable(text), nullable(url), nullable(sha256), nullable(size_bytes),
                          to_microseconds(captured_at), to_microseconds(fact.time)})));
}

Result<void> project_evidence_withdrawn(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const auto approval = fields.id<ApprovalId>("approvalId");
  const auto id = fields.id<EvidenceId>("evidenceId");
  TRY(fields.finish());

  return require_one(fact,
                     TRY(connection.run(kWithdraw, {fact.tenant, bytes_of(id), bytes_of(approval),
                                                    to_microseconds(fact.time)})));
}

}  // namespace assent::store
