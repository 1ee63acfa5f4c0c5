// Evidence is attached before the decision and may gate it.
#pragma once

#include "app/operation.h"
#include "domain/approval.h"
#include "domain/evidence.h"

#include <optional>
#include <string>

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

// Evidence may change only while the approval is pending: afterwards it stands.
// Code::invalid_state.
Result<void> refuse_unless_pending(const store::Write& write, const Approval& approval);

}  // namespace assent::app
