#include "app/edit_approval.h"

#include "app/request_parts.h"
#include "app/requirement.h"
#include "base/canonical.h"
#include "store/state/approvals.h"
#include "store/state/evidence.h"

namespace assent::app {

namespace {

Result<void> check_shape(const Edit& in, Kind kind) {
  if (kind == Kind::plan) {
    return Error{Code::unprocessable, "a plan is not edited: validate another one instead"};
  }
  const auto forbid = [&](std::string_view field, bool is_there) -> Result<void> {
    if (!is_there) return {};
    return error_at(Code::validation_error, std::string(field),
                    "is not a field of kind " + std::string(word(kind)));
  };
  if (kind == Kind::tool_call) {
    TRY(forbid("title", in.title.has_value()));
    TRY(forbid("description", in.description.has_value()));
    TRY(forbid("type", in.type.has_value()));
    TRY(forbid("content", in.content.has_value()));
    if (!in.arguments) return error_at(Code::validation_error, "arguments", "is required");
    return {};
  }
  TRY(forbid("arguments", in.arguments.has_value()));
  if (in.title || in.description || in.content) return {};
  return error_at(Code::validation_error, "content",
                  "is required, or a title, or a description: the new content, whole");
}

Json subject_of(const Edit& in, const Approval& approval) {
  Json subject = Json::object({{"kind", word(approval.kind)}});
  if (approval.kind == Kind::tool_call) {
    subject.set("tool", *approval.tool);
    subject.set("arguments", in.arguments->value);
    return subject;
  }
  subject.set_if("title", in.title);
  subject.set_if("description", in.description);
  subject.set_if("type", in.type);
  subject.set_if("content", in.content);
  return subject;
}

std::string_view edited_field(const Approval& approval) {
  return approval.kind == Kind::tool_call ? "arguments" : "content";
}

// What the event says of the terms that the new content is bound to.
Json requirement_of(const Approval& approval) {
  Json further = Json::array();
  for (const Quorum& quorum : approval.further_quorums) further.push(to_json(quorum));
  return Json::object({{"riskTier", word(approval.risk_tier)},
                       {"evidencePolicy", to_json(approval.evidence_policy)},
                       {"furtherQuorums", std::move(further)},
                       {"maxAttempts", approval.max_attempts},
                       {"grantTtlSeconds", approval.grant_ttl_seconds},
                       {"selfApproval", approval.allows_self_approval ? "allowed" : "forbidden"}});
}

// The approval as it will be, with the new content and what the policy in force asks for that.
Approval edited_approval(const Approval& approval, const Edit& in, const PolicySays& says) {
  Approval edited = approval;
  edited.content_hash = in.new_hash;
  ++edited.content_version;
  tighten(edited, *says.policy.policy, *says.answer.entry);
  return edited;
}

// An edit is refused as a whole where the policy would refuse to be asked for its content.
Result<void> check_policy_allows(const Approval& approval, const PolicySays& says) {
  if (says.answer.entry->decision != PolicyDecision::reject) return {};
  return error_at(Code::unprocessable, std::string(edited_field(approval)),
                  "would be refused: " + says.answer.why);
}

Json edit_data(store::Write& write, const Attempt& attempt, const Edit& in,
               const PolicySays& says) {
  Json data = decision_data(write, attempt, "edited");
  data.set("previousContentHash", *in.content_hash);
  data.set("contentVersion", attempt.approval.content_version);
  if (!in.inline_subject.is_null()) data.set("subject", in.inline_subject);
  if (!in.subject_blob.is_null()) data.set("subjectBlob", in.subject_blob);
  data.set("requirement", requirement_of(attempt.approval));
  data.set("why", says.answer.why);
  data.set("policyVersion", says.policy.version);
  if (says.answer.index) data.set("policyEntry", static_cast<std::int64_t>(*says.answer.index));
  if (says.policy.version > 0) data.set("policySha256", says.policy.sha256);
  return data;
}

}  // namespace

Result<Edited> edit(store::Write& write, const Edit& in) {
  Attempt attempt = TRY(gather(write, in, Verdict::edit));
  const PolicySays says = TRY(ask_policy(write, attempt.approval, in.subject));
  const Approval edited = edited_approval(attempt.approval, in, says);
  if (edited.evidence_policy != attempt.approval.evidence_policy) {
    attempt.approval.evidence_policy = edited.evidence_policy;
    const auto items = TRY(store::evidence_of(write, in.approval));
    attempt.evidence = check_evidence(edited.evidence_policy, items, write.now());
  }
  Edited out;
  out.approval_id = in.approval;
  out.refused = TRY(record_attempt(write, attempt));
  if (out.refused) return out;
  TRY(check_policy_allows(edited, says));
  if (edited.content_hash == attempt.approval.content_hash) {
    return error_at(Code::unprocessable, std::string(edited_field(edited)),
                    "is what it is already: approve it");
  }
  attempt.approval = edited;
  attempt.votes.clear();  // They were for other content.
  Json data = edit_data(write, attempt, in, says);
  static_cast<Decided&>(out) = TRY(count_vote(write, attempt, std::move(data)));
  out.previous_content_hash = *in.content_hash;
  out.content_hash = edited.content_hash;
  out.content_version = edited.content_version;
  return out;
}

bool blocks(const Edit&) {
  return true;  // The tool, which is hashed too, is looked up; what is large goes to a blob.
}

Result<void> prepare(Edit& in, const Preparation& preparation) {
  TRY(settle_reason(in));
  if (!in.content_hash) {
    return error_at(Code::precondition_required, "contentHash",
                    "is required: the hash of what is replaced");
  }
  // Neither kind nor tool ever changes, so that an earlier snapshot knows them as well.
  const Approval approval = TRY(store::approval(*preparation.read, in.approval));
  TRY(check_shape(in, approval.kind));
  in.subject = subject_of(in, approval);
  in.new_hash = content_hash_text(sha256(canonical_json(in.subject)));
  in.inline_subject = TRY(spill(in.subject, preparation, in.subject_blob));
  return {};
}

void describe(Fields& fields, Edit& in) {
  describe_decision(fields, in);
  fields.field("arguments", in.arguments, "the new arguments, whole (tool_call)");
  fields.field("title", in.title, "the new title (content)", {.length_max = 200});
  fields.field("description", in.description, "the new description (content)",
               {.length_max = 20'000, .allows_newlines = true});
  fields.field("type", in.type, "the kind of the new content (content)", {.length_max = 100});
  fields.field("content", in.content, "the new content, whole (content)");
}

void describe(Fields& fields, Edited& out) {
  describe(fields, static_cast<Decided&>(out));
  fields.field("previousContentHash", out.previous_content_hash, "of what was replaced");
  fields.field("contentHash", out.content_hash, "of what is approved instead");
  fields.field("contentVersion", out.content_version, "2 after the first edit");
}

}  // namespace assent::app
