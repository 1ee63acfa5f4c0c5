#include "app/manage_policy.h"

#include "store/blobs.h"
#include "store/policies.h"

namespace assent::app {

namespace {

constexpr std::size_t kDocumentBytesMax = 256 * 1024;

// The policy to ask: the draft, or the one in force.
Result<store::CurrentPolicy> policy_to_check(const store::Read& read, const CheckPolicy& in) {
  if (!in.document) return store::current_policy(read);
  auto draft = TRY(policy_from_yaml(*in.document));
  return store::CurrentPolicy{
      .version = 0, .sha256 = "", .policy = std::make_shared<const Policy>(std::move(draft))};
}

}  // namespace

Result<PolicyView> get_policy(const store::Read& read, const GetPolicy& in) {
  const auto current = TRY(store::current_policy(read));
  const std::int64_t version = in.version.value_or(current.version);
  if (version == 0) return PolicyView{};
  auto text = TRY(store::policy_text(read, version));
  const std::string hash = content_hash_text(sha256(text));
  return PolicyView{.version = version, .sha256 = hash, .document = std::move(text)};
}

Result<void> take_body(PutPolicy& in, const RawBody& body) {
  if (body.text.size() > kDocumentBytesMax) {
    return Error{Code::too_large, "a policy has at most 256 KiB"};
  }
  in.document = std::string(body.text);
  return {};
}

bool blocks(const PutPolicy&) { return true; }

Result<void> prepare(PutPolicy& in, const Preparation& preparation) {
  TRY(policy_from_yaml(in.document));  // Parsed again when it is first used; refused here if wrong.
  in.sha256 = TRY(preparation.blobs.put(preparation.caller.tenant.number, in.document));
  return {};
}

Result<PutPolicyDone> put_policy(store::Write& write, const PutPolicy& in) {
  const auto current = TRY(store::current_policy(write));
  const std::string hash = content_hash_text(in.sha256);
  // The same document again is no change, and no change is no event.
  if (current.version > 0 && current.sha256 == hash) {
    return PutPolicyDone{.version = current.version, .sha256 = hash};
  }
  const auto id = write.make_id<PolicyId>();
  const std::int64_t version = current.version + 1;
  Json data = Json::object({{"policyId", id.text()}, {"version", version}, {"sha256", hash}});
  if (current.version > 0) data.set("previousSha256", current.sha256);
  TRY(write.record({.type = "policy.changed", .subject = "policy/" + id.text(), .data = std::move(data)}));
  return PutPolicyDone{.version = version, .sha256 = hash};
}

Result<PolicyVerdict> check_policy(const store::Read& read, const CheckPolicy& in) {
  const auto current = TRY(policy_to_check(read, in));
  const Kind kind = in.kind.value_or(Kind::tool_call);
  if (kind == Kind::tool_call && !in.tool) {
    return Error{Code::validation_error, "tool is required", {{"tool", "is required"}}};
  }
  const std::string name = kind == Kind::tool_call ? *in.tool : in.type.value_or("content");
  const Json arguments = in.arguments ? in.arguments->value : Json::object();
  const PolicyAnswer answer = evaluate(*current.policy, kind, name, arguments);
  const PolicyEntry& entry = *answer.entry;
  PolicyVerdict verdict{.decision = entry.decision,
                        .risk_tier = entry.risk_tier,
                        .why = answer.why,
                        .entry = std::nullopt,
                        .policy_version = current.version,
                        .approvers = to_json(entry.quorum),
                        .evidence = {to_json(entry.evidence)},
                        .expires_after_seconds = entry.expires_after.count(),
                        .considered = explain(*current.policy, kind, name, arguments)};
  if (answer.index) verdict.entry = static_cast<std::int64_t>(*answer.index);
  return verdict;
}

void describe(Fields& fields, GetPolicy& in) {
  fields.query("version", in.version, "default: the one in force", {.min = 0});
}

void describe(Fields& fields, PolicyView& view) {
  fields.field("version", view.version, "0: nobody has put one, so people decide everything");
  fields.field("sha256", view.sha256, "of the document");
  fields.field("document", view.document, "the text as it was put");
}

void describe(Fields&, PutPolicy&) {
  // The body is the document itself: take_body() reads it.
}

void describe(Fields& fields, PutPolicyDone& out) {
  fields.field("version", out.version, "1, 2, …");
  fields.field("sha256", out.sha256, "of the document, as in the log");
}

void describe(Fields& fields, CheckPolicy& in) {
  fields.field("kind", in.kind, "tool_call (default) or content");
  fields.field("tool", in.tool, "the tool's name", {.length_max = 256, .length_min = 1});
  fields.field("type", in.type, "the kind of content", {.length_max = 100});
  fields.field("arguments", in.arguments, "the arguments");
  fields.field("document", in.document, "a draft to ask instead of the policy in force",
               {.length_max = kDocumentBytesMax, .allows_newlines = true});
}

void describe(Fields& fields, PolicyVerdict& out) {
  fields.field("decision", out.decision, "allow, human or reject");
  fields.field("riskTier", out.risk_tier, "how risky");
  fields.field("why", out.why, "which entry answered");
  fields.field("entry", out.entry, "its index from 0; absent: the defaults");
  fields.field("policyVersion", out.policy_version, "the version asked; 0 for a draft");
  fields.field("approvers", out.approvers, "who must approve");
  fields.field("evidence", out.evidence, "which evidence is needed");
  fields.field("expiresAfterSeconds", out.expires_after_seconds, "how long people have");
  fields.field("considered", out.considered, "every entry looked at, and why it did not match");
}

}  // namespace assent::app
