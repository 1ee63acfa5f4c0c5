// Evidence is attached before the decision and may gate it; a withdrawn item counts as none.
#pragma once

#include <optional>
#include <string>

#include "app/operation.h"
#include "domain/evidence.h"

namespace assent::app {

struct AttachEvidence {
  ApprovalId approval;
  EvidenceType type = EvidenceType::text;
  std::optional<std::string> name, text, url;
  std::optional<Hash> sha256, blob;
  std::optional<Timestamp> captured_at;

  // Made by prepare(): of a file, its size and when the store first had it.
  std::optional<std::int64_t> size_bytes;
  std::optional<Timestamp> stored_at;
};
void describe(Fields& fields, AttachEvidence& in);
Result<void> prepare(AttachEvidence& in, const Preparation& preparation);
bool blocks(const AttachEvidence& in);

struct Attached {
  EvidenceId id;
  std::optional<std::string> sha256;
  Timestamp captured_at;
};
void describe(Fields& fields, Attached& out);

Result<Attached> attach_evidence(store::Write& write, const AttachEvidence& in);

struct WithdrawEvidence {
  EvidenceId evidence;
  std::optional<std::string> reason;
};
void describe(Fields& fields, WithdrawEvidence& in);

struct Withdrawn {
  EvidenceId id;
  ApprovalId approval_id;
  Timestamp withdrawn_at;
};
void describe(Fields& fields, Withdrawn& out);

Result<Withdrawn> withdraw_evidence(store::Write& write, const WithdrawEvidence& in);

}  // namespace assent::app
