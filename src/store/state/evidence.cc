#include "store/state/evidence.h"

#include "store/state/row.h"

namespace assent::store {
namespace {

constexpr std::string_view kOne = R"sql(
  SELECT id, approval, type, name, text, url, sha256, size_bytes, captured_at, attached_at,
         withdrawn_at
    FROM evidence
   WHERE tenant = $1 AND id = $2)sql";

constexpr std::string_view kAllOfApproval = R"sql(
  SELECT id, approval, type, name, text, url, sha256, size_bytes, captured_at, attached_at,
         withdrawn_at
    FROM evidence
   WHERE tenant = $1 AND approval = $2
   ORDER BY attached_at, id)sql";

Result<Evidence> evidence_from(const Rows& rows) {
  RowReader row(rows, "evidence");
  Evidence evidence{.id = row.id<EvidenceId>(0),
                    .approval = row.id<ApprovalId>(1),
                    .type = row.as_word<EvidenceType>(2),
                    .name = row.optional_text(3),
                    .text = row.optional_text(4),
                    .url = row.optional_text(5),
                    .sha256 = row.optional_text(6),
                    .size_bytes = row.optional_integer(7),
                    .captured_at = row.time(8),
                    .attached_at = row.time(9),
                    .withdrawn_at = row.optional_time(10)};
  TRY(row.finish());
  return evidence;
}

}  // namespace

Result<std::vector<Evidence>> evidence_of(const Read& read, const ApprovalId& approval) {
  std::vector<Evidence> items;
  const auto rows =
      TRY(read.connection().query(kAllOfApproval, {read.tenant_key(), bytes_of(approval)}));
  while (TRY(rows->next())) items.push_back(TRY(evidence_from(*rows)));
  return items;
}

Result<Evidence> evidence(const Read& read, const EvidenceId& id) {
  const auto rows = TRY(read.connection().query(kOne, {read.tenant_key(), bytes_of(id)}));
  if (!TRY(rows->next())) return Error{Code::not_found, "There is no such evidence."};
  return evidence_from(*rows);
}

}  // namespace assent::store
