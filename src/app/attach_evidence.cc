#include "app/attach_evidence.h"

#include "store/blobs.h"
#include "store/state/approvals.h"
#include "store/state/evidence.h"

#include <algorithm>
#include <array>

namespace assent::app {

namespace {

// How far a client's clock may be ahead of ours before we call its capturedAt a claim about the
// future.
constexpr std::chrono::seconds kClockSkewMax{60};
constexpr std::size_t kTextBytesMax = 16 * 1024;

// Which field carries the substance of each type; the others must be absent.
Result<void> check_shape(const AttachEvidence& in) {
  struct Carrier {
    EvidenceType type;
    std::string_view name;
    bool is_given;
  };
  const std::array carriers = {Carrier{EvidenceType::file, "blob", in.blob.has_value()},
                               Carrier{EvidenceType::url, "url", in.url.has_value()},
                               Carrier{EvidenceType::text, "text", in.text.has_value()},
                               Carrier{EvidenceType::hash, "sha256", in.sha256.has_value()}};
  const bool is_entity = in.type == EvidenceType::entity;
  for (const Carrier& carrier : carriers) {
    // An entity is named by its text; a URL may say what it hashed to when it was looked at.
    const bool is_extra = (is_entity && carrier.type == EvidenceType::text) ||
                          (in.type == EvidenceType::url && carrier.type == EvidenceType::hash);
    const bool is_needed = carrier.type == in.type || (is_entity && carrier.name == "text");
    if (is_needed && !carrier.is_given) {
      return error_at(Code::validation_error, std::string(carrier.name),
                      "is required for type " + std::string(word(in.type)));
    }
    if (!is_needed && !is_extra && carrier.is_given) {
      return error_at(Code::validation_error, std::string(carrier.name),
                      "is not a field of type " + std::string(word(in.type)));
    }
  }
  return {};
}

std::optional<std::string> hash_of(const AttachEvidence& in) {
  if (in.blob) return content_hash_text(*in.blob);
  if (in.sha256) return content_hash_text(*in.sha256);
  if (in.text) return content_hash_text(sha256(*in.text));
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
  return in.type == EvidenceType::file;
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
