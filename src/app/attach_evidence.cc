#include "app/attach_evidence.h"

#include "store/blobs.h"
#include "store/state/approvals.h"
#include "store/state/evidence.h"

#include <algorithm>

namespace assent::app {

namespace {

// How far a client's clock may be ahead of ours before we call its capturedAt a claim about the
// future.
constexpr std::chrono::seconds kClockSkewMax{60};
constexpr std::size_t kTextBytesMax = 16 * 1024;

// Which field carries the substance of each type. Others may be given beside it.
Result<void> check_shape(const AttachEvidence& in) {
  const auto need = [&](bool is_given, std::string_view field) -> Result<void> {
    if (is_given) return {};
    return error_at(Code::validation_error, std::string(field),
                    "is required for type " + std::string(word(in.type)));
  };
  switch (in.type) {
    case EvidenceType::file:
      return need(in.blob.has_value(), "blob");
    case EvidenceType::url:
      return need(in.url.has_value(), "url");
    case EvidenceType::text:
      return need(in.text.has_value(), "text");
    case EvidenceType::hash:
      return need(in.sha256.has_value(), "sha256");
    case EvidenceType::entity:
      return need(in.text || in.name || in.url, "name");
  }
  return {};
}

std::optional<std::string> hash_of(const AttachEvidence& in) {
  if (in.blob) return content_hash_text(*in.blob);
  if (in.type == EvidenceType::text) return content_hash_text(sha256(*in.text));
  if (in.sha256) return content_hash_text(*in.sha256);
  return std::nullopt;
}

// What the age counts from. Attaching the same bytes again makes them no fresher (H23).
Result<Timestamp> captured_at(const store::Write& write, const AttachEvidence& in,
                              std::span<const Evidence> attached) {
  if (in.captured_at) {
    if (*in.captured_at > write.now() + kClockSkewMax) {
      return error_at(Code::unprocessable, "capturedAt", "is in the future");
    }
    return std::min(*in.captured_at, write.now());
  }
  Timestamp at = std::min(in.stored_at.value_or(write.now()), write.now());
  const auto hash = hash_of(in);
  for (const Evidence& item : attached) {
    if (hash && item.sha256 == hash) at = std::min(at, item.captured_at);
  }
  return at;
}

}  // namespace

Result<void> refuse_unless_pending(const store::Write& write, const Approval& approval) {
  if (approval.status == Status::pending && !is_overdue(approval, write.now())) return {};
  const Status shown = approval.status == Status::pending ? Status::expired : approval.status;
  return Error{Code::invalid_state,
               "the approval is " + std::string(word(shown)) + ", so its evidence stands"};
}

bool blocks(const AttachEvidence& in) {
  return in.blob.has_value();
}

Result<void> prepare(AttachEvidence& in, const Preparation& preparation) {
  TRY(check_shape(in));
  if (!in.blob) return {};
  const TenantNumber tenant = preparation.caller.tenant.number;
  in.size_bytes = preparation.blobs.size(tenant, *in.blob);
  if (!in.size_bytes) return error_at(Code::unprocessable, "blob", "has not been uploaded");
  in.stored_at = preparation.blobs.stored_at(tenant, *in.blob);
  return {};
}

Result<Attached> attach_evidence(store::Write& write, const AttachEvidence& in) {
  const Approval approval = TRY(store::approval(write, in.approval));
  TRY(refuse_unless_pending(write, approval));
  const auto attached = TRY(store::evidence_of(write, in.approval));
  if (attached.size() >= 100) {
    return Error{Code::unprocessable, "an approval has at most 100 pieces of evidence"};
  }
  const auto id = write.make_id<EvidenceId>();
  const Timestamp at = TRY(captured_at(write, in, attached));
  Json data = Json::object({{"approvalId", approval.id.text()},
                            {"evidenceId", id.text()},
                            {"type", word(in.type)},
                            {"capturedAt", to_rfc3339(at)}});
  data.set_if("name", in.name);
  data.set_if("text", in.text);
  data.set_if("url", in.url);
  data.set_if("sha256", hash_of(in));
  data.set_if("sizeBytes", in.size_bytes);
  TRY(write.record({.type = "evidence.attached",
                    .subject = "evidence/" + id.text(),
                    .data = std::move(data),
                    .correlation_id = approval.correlation_id}));
  return Attached{.id = id, .sha256 = hash_of(in), .captured_at = at};
}

void describe(Fields& fields, AttachEvidence& in) {
  fields.path("id", in.approval, "the approval");
  fields.field("type", in.type, "file, url, text, hash or entity");
  fields.field("name", in.name, "what it is called", {.length_max = 255});
  fields.field("text", in.text, "the text, or the entity's name",
               {.length_max = kTextBytesMax, .length_min = 1, .allows_newlines = true});
  fields.field("url", in.url, "where it is",
               {.length_max = 2000, .length_min = 1, .format = "uri"});
  fields.field("sha256", in.sha256, "the hash of what is elsewhere");
  fields.field("blob", in.blob, "the uploaded file");
  fields.field("capturedAt", in.captured_at, "what its age counts from");
}

void describe(Fields& fields, Attached& out) {
  fields.field("id", out.id, "the evidence");
  fields.field("sha256", out.sha256, "the hash of its content");
  fields.field("capturedAt", out.captured_at, "what its age counts from");
}

}  // namespace assent::app
