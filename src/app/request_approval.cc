#include "app/request_approval.h"

#include "app/asked.h"
#include "app/expire.h"
#include "app/notice.h"
#include "app/request_parts.h"
#include "app/requirement.h"
#include "base/canonical.h"
#include "domain/policy.h"
#include "domain/rule.h"
#include "store/state/approvals.h"
#include "store/state/kill_switches.h"
#include "store/state/policies.h"
#include "store/state/rules.h"

#include <algorithm>
#include <array>

namespace assent {

template <>
std::span<const std::string_view> words<app::TimeoutAction>() {
  static constexpr std::array<std::string_view, 3> kWords = {"auto_approve", "auto_reject",
                                                             "escalate"};
  return kWords;
}

}  // namespace assent

namespace assent::app {

namespace {

Result<void> check_shape(const RequestApproval& in) {
  if (in.kind == Kind::plan) {
    return error_at(Code::validation_error, "kind",
                    "must be tool_call or content: plans are validated first (/v1/ir/validate)");
  }
  if (in.kind == Kind::tool_call) {
    if (!in.tool) return error_at(Code::validation_error, "tool", "is required for kind tool_call");
    return {};
  }
  if (in.tool) return error_at(Code::validation_error, "tool", "is not a field of kind content");
  if (in.arguments)
    return error_at(Code::validation_error, "arguments", "is not a field of kind content");
  if (!in.title && !in.description && !in.content) {
    return error_at(Code::validation_error, "content",
                    "is required for kind content, or a title, or a description");
  }
  return {};
}

Json subject_of(const RequestApproval& in) {
  Json subject = Json::object({{"kind", word(in.kind)}});
  if (in.kind == Kind::tool_call) {
    subject.set("tool", *in.tool);
    subject.set("arguments", in.arguments ? in.arguments->value : Json::object());
    return subject;
  }
  subject.set_if("title", in.title);
  subject.set_if("description", in.description);
  subject.set_if("type", in.type);
  subject.set_if("content", in.content);
  return subject;
}

Json request_of(const RequestApproval& in) {
  Json request = Json::object();
  request.set_if("title", in.title);
  request.set_if("description", in.description);
  request.set_if("type", in.type);
  request.set_if("reason", in.reason);
  if (in.priority) request.set("priority", word(*in.priority));
  request.set_if("alternatives", in.alternatives);
  request.set_if("risks", in.risks);
  request.set_if("attachments", in.attachments);
  request.set_if("channel", in.channel);
  if (in.timeout) request.set("timeout", encode(*in.timeout));
  // Beside a tool call, content is for people to read: what runs is the tool and its arguments.
  if (in.kind == Kind::tool_call) request.set_if("content", in.content);
  if (in.context) request.set("context", in.context->value);
  return request;
}

// Who may ask for less evidence than the policy does: those who could change the policy.
Weakening weakening_of(const Principal& caller) {
  const bool may = caller.has(Role::policy_admin) || caller.has(Role::admin);
  return may ? Weakening::allowed : Weakening::forbidden;
}

// When it expires: as asked, at most what the policy allows. Both spellings must agree.
Result<Timestamp> deadline(const store::Write& write, const RequestApproval& in,
                           const PolicyEntry& entry) {
  const Timestamp latest = write.now() + entry.expires_after;
  std::optional<Timestamp> asked = in.expires_at;
  if (in.timeout &&
      in.timeout->action.value_or(TimeoutAction::auto_reject) != TimeoutAction::auto_reject) {
    return error_at(Code::unprocessable, "timeout.action",
                    "must be auto_reject: the policy allows no other");
  }
  if (in.timeout && in.timeout->duration) {
    const Timestamp until = write.now() + std::chrono::minutes(*in.timeout->duration);
    // To the minute, because a client computes its deadline before it sends the request.
    if (asked && std::chrono::abs(*asked - until) > std::chrono::minutes(1)) {
      return error_at(Code::unprocessable, "timeout.duration", "disagrees with expiresAt");
    }
    if (!asked) asked = until;
  }
  if (!asked) return latest;
  if (*asked <= write.now())
    return error_at(Code::unprocessable, "expiresAt", "must be in the future");
  if (*asked > latest) {
    return error_at(Code::unprocessable, "expiresAt",
                    "must not be later than " + to_rfc3339(latest));
  }
  return *asked;
}

// Where the policy says "a person", one may have said yes in advance.
Result<void> ask_rules(store::Write& write, const RequestApproval& in, Asked& asked) {
  const Json no_arguments = Json::object();
  const Json& arguments = in.arguments ? in.arguments->value : no_arguments;
  const auto candidates = TRY(store::candidate_rules(write, *in.tool, arguments));
  const RuleAnswer answer =
      choose_rule(candidates, {.tool = *in.tool,
                               .arguments = arguments,
                               .entry = asked.entry,
                               .evidence = asked.approval.evidence_policy,
                               .requester = asked.approval.requested_by,
                               .owner = asked.approval.requester_owner,
                               .allows_self_approval = asked.approval.allows_self_approval,
                               .now = write.now()});
  if (answer.rule != nullptr) asked.rule = *answer.rule;
  asked.why += "; " + answer.why;
  asked.unpinned = answer.unpinned;
  return {};
}

// What the policy says, and what the template and the request make of it.
Result<void> ask_terms(const store::Write& write, const RequestApproval& in, Asked& asked) {
  asked.policy = TRY(store::current_policy(write));
  const Policy& policy = *asked.policy.policy;
  const bool is_tool_call = in.kind == Kind::tool_call;
  const Json no_arguments = Json::object();
  asked.answer = evaluate(policy, in.kind, is_tool_call ? *in.tool : in.type.value_or("content"),
                          in.arguments ? in.arguments->value : no_arguments);
  asked.entry = *asked.answer.entry;
  EvidenceBasis basis{.entry = asked.entry.evidence,
                      .is_explicit = asked.answer.index.has_value(),
                      .has_template = in.from_template.has_value(),
                      .from_template = std::nullopt};
  if (in.from_template) {
    const auto found = policy.templates.find(*in.from_template);
    if (found == policy.templates.end()) {
      return error_at(Code::unprocessable, "template", "is none of the policy's");
    }
    asked.entry = under_template(asked.answer, found->second);
    basis.from_template = found->second.terms.evidence;
  }
  asked.evidence =
      TRY(effective_evidence(basis, in.evidence_policy.value_or(EvidenceOverride{}),
                             weakening_of(write.caller().principal), "evidencePolicy"));
  return {};
}

Result<Asked> ask(store::Write& write, const RequestApproval& in) {
  Asked asked;
  TRY(ask_terms(write, in, asked));
  const bool is_tool_call = in.kind == Kind::tool_call;
  const PolicyEntry& entry = asked.entry;
  asked.approval = approval_under(write, in, asked);
  asked.approval.expires_at = TRY(deadline(write, in, entry));
  asked.decision = entry.decision;
  // "Allow" is not the last word where evidence is required: somebody has to look at it.
  if (entry.decision == PolicyDecision::allow && asked.approval.evidence_policy.required) {
    asked.decision = PolicyDecision::human;
    asked.answer.why += "; evidence is required, so a person decides";
  }
  asked.why = asked.answer.why;
  if (const auto stop = TRY(store::stopping_kill_switch(write, in.tool))) {
    // People may still refuse it; nobody, and nothing made in advance, says yes.
    asked.why += "; " + title_of(*stop) + ", so it waits";
    if (asked.decision == PolicyDecision::allow) asked.decision = PolicyDecision::human;
    return asked;
  }
  if (is_tool_call && asked.decision == PolicyDecision::human) TRY(ask_rules(write, in, asked));
  return asked;
}

// The approval that stands for the same deduplication key. One that expired, was cancelled or was
// executed stands for nothing any more: then it is a new question.
Result<std::optional<Requested>> find_earlier(store::Write& write, const RequestApproval& in) {
  if (!in.deduplication_key) return std::optional<Requested>();
  const auto earlier = TRY(store::approval_of_deduplication_key(write, *in.deduplication_key));
  if (!earlier) return std::optional<Requested>();
  TRY(expire_if_overdue(write, earlier->id));
  const Approval approval = TRY(store::approval(write, earlier->id));
  constexpr std::array kOver = {Status::expired, Status::cancelled, Status::executed};
  if (std::ranges::find(kOver, approval.status) != kOver.end()) return std::optional<Requested>();
  if (approval.content_hash != in.content_hash ||
      approval.requested_by != write.caller().principal.id) {
    return Error{Code::idempotency_conflict,
                 "this deduplicationKey stands for another request",
                 {{"deduplicationKey", "stands for another request"}}};
  }
  return std::optional(Requested{.id = approval.id,
                                 .status = approval.status,
                                 .risk_tier = approval.risk_tier,
                                 .content_hash = approval.content_hash,
                                 .expires_at = approval.expires_at,
                                 .rule_id = std::nullopt,
                                 .why = "the same deduplicationKey was asked before",
                                 .notice = std::nullopt});
}

}  // namespace

Result<Requested> request_approval(store::Write& write, const RequestApproval& in) {
  if (auto earlier = TRY(find_earlier(write, in))) return std::move(*earlier);
  Asked asked = TRY(ask(write, in));
  const Approval& approval = asked.approval;
  if (asked.decision == PolicyDecision::human && !asked.rule)
    asked.notice = TRY(notice_of(write, approval, {}));
  TRY(write.record(requested_event(in, asked)));

  Requested out{.id = approval.id,
                .risk_tier = approval.risk_tier,
                .content_hash = approval.content_hash,
                .expires_at = approval.expires_at,
                .rule_id = std::nullopt,
                .why = asked.why,
                .notice = asked.notice};
  if (!asked.rule && asked.decision == PolicyDecision::human) return out;
  const bool is_refused = asked.decision == PolicyDecision::reject;
  out.status = is_refused ? Status::rejected : Status::approved;
  if (asked.rule) out.rule_id = asked.rule->id.text();
  TRY(write.record_as(answering_actor(asked), answered_event(write, asked)));
  return out;
}

bool blocks(const RequestApproval& in) {
  // Only what may spill into a blob touches the disk. The JSON of a field is at most as long as the
  // body it came in, so small bodies never block; arguments and content are what grows.
  std::size_t bytes = 0;
  const auto add = [&](const auto& value) {
    if (value) bytes += canonical_json(*value).size();
  };
  if (in.arguments) bytes += canonical_json(in.arguments->value).size();
  if (in.context) bytes += canonical_json(in.context->value).size();
  for (const auto* value :
       {&in.content, &in.alternatives, &in.risks, &in.attachments, &in.channel}) {
    add(*value);
  }
  return bytes + in.description.value_or("").size() + in.reason.value_or("").size() >
         kInlineBytesMax / 2;
}

Result<void> prepare(RequestApproval& in, const Preparation& preparation) {
  TRY(check_shape(in));
  const Json subject = subject_of(in);
  in.content_hash = in.kind == Kind::tool_call
                        ? tool_call_hash(*in.tool, *subject.find("arguments"))
                        : content_hash_of({.title = in.title,
                                           .description = in.description,
                                           .type = in.type,
                                           .content = in.content});
  in.subject = TRY(spill(subject, preparation, in.subject_blob));
  in.request = TRY(spill(request_of(in), preparation, in.request_blob));
  return {};
}

void describe(Fields& fields, EvidenceOverride& asked) {
  fields.field("required", asked.required, "whether evidence must be attached; null: it need not");
  fields.field("ttlSeconds", asked.ttl_seconds,
               "how old the newest evidence may be; null: however old",
               {.min = 1, .max = 31'536'000});
}

void describe(Fields& fields, AskedTimeout& timeout) {
  fields.field("duration", timeout.duration, "minutes until it expires",
               {.min = 1, .max = 525'600});
  fields.field("action", timeout.action, "what the deadline does: auto_reject");
  fields.field("message", timeout.message, "what to tell people then",
               {.length_max = 1000, .allows_newlines = true});
}

void describe(Fields& fields, RequestApproval& in) {
  fields.field("kind", in.kind, "what is asked: tool_call or content");
  fields.field("tool", in.tool, "the tool's name (tool_call)",
               {.length_max = 256, .length_min = 1});
  fields.field("arguments", in.arguments, "the exact arguments (tool_call)");
  fields.field("title", in.title, "one line for the approver", {.length_max = 200});
  fields.field("description", in.description, "what it is about",
               {.length_max = 20'000, .allows_newlines = true});
  fields.field("type", in.type, "the kind of content, such as code_review", {.length_max = 100});
  fields.field("priority", in.priority, "how urgent it is");
  fields.field("reason", in.reason, "why the requester wants it",
               {.length_max = 2000, .allows_newlines = true});
  fields.field("alternatives", in.alternatives, "what else was considered");
  fields.field("risks", in.risks, "what could go wrong");
  fields.field("content", in.content,
               "what is to be approved (content), or is to be read beside it");
  fields.field("attachments", in.attachments, "context for the approver, by hash or URL");
  fields.field("channel", in.channel, "where the question is put");
  fields.field("timeout", in.timeout, "the deadline as a duration, and what it does");
  fields.field("context", in.context, "where in the workflow this stands");
  fields.field("evidencePolicy", in.evidence_policy,
               "stricter than the policy's; weaker only from those who may change the policy");
  fields.field("template", in.from_template, "the policy's template that it starts from",
               {.length_max = 63, .length_min = 1});
  fields.field("expiresAt", in.expires_at, "a deadline earlier than the policy's");
  fields.field("deduplicationKey", in.deduplication_key, "names the same request",
               {.length_max = 255, .length_min = 1});
  fields.field("correlationId", in.correlation_id, "the workflow; default: the trace id",
               {.length_max = 255, .length_min = 1});
}

void describe(Fields& fields, Requested& out) {
  fields.field("id", out.id, "the approval");
  fields.field("status", out.status, "pending, approved or rejected");
  fields.field("riskTier", out.risk_tier, "how risky the policy says it is");
  fields.field("contentHash", out.content_hash, "what a decision is bound to");
  fields.field("expiresAt", out.expires_at, "when it expires undecided");
  fields.field("ruleId", out.rule_id, "the standing rule that approved it");
  fields.field("why", out.why, "which policy entry answered, and how");
  fields.field("notice", out.notice, "that there are too few people to approve it");
}

}  // namespace assent::app
