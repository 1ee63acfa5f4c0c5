#include "app/simulate_policy.h"

#include "app/request_parts.h"
#include "base/canonical.h"
#include "domain/evidence_override.h"
#include "domain/plan/answer.h"
#include "store/state/approvals.h"
#include "store/state/policies.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

namespace assent::app {

namespace {

constexpr std::size_t kDocumentBytesMax = 256 * 1024;
constexpr std::int64_t kPage = 1000;
constexpr std::int64_t kChangesListed = 100;
constexpr std::int64_t kChangesListedMax = 1000;
constexpr std::int64_t kRequestsMax = 1'000'000;
constexpr std::chrono::hours kSinceDefault(30 * 24);

// What a policy says to one request, with what the request's template adds.
struct Terms {
  PolicyAnswer answer;
  const PolicyTemplate* from = nullptr;  // Null: none was named.
};

EvidencePolicy evidence_of(const Terms& terms) {
  EvidenceBasis basis{.entry = terms.answer.entry->evidence,
                      .is_explicit = terms.answer.index.has_value(),
                      .has_template = terms.from != nullptr};
  if (terms.from != nullptr) basis.from_template = terms.from->terms.evidence;
  // Nothing is overridden, so nothing can be wrong with it.
  const auto effective = effective_evidence(basis, {}, Weakening::allowed, "");
  return effective ? effective->policy : terms.answer.entry->evidence;
}

// A row, with what of its JSON is looked at.
struct Past {
  const store::PastRequest& row;
  const Json& request;
  PolicyDecision decision;

  std::optional<std::string_view> template_name() const { return request.string_at("template"); }
};

// What the policy answered then. Requests from before it was recorded show it by what became of
// them: what nobody decided and no rule approved, the policy did.
PolicyDecision decision_of(const store::PastRequest& row, const Json& request) {
  if (const auto said = request.string_at("decision")) {
    if (const auto decision = from_word<PolicyDecision>(*said)) return *decision;
  }
  if (row.has_decider || row.has_rule) return PolicyDecision::human;
  switch (row.status) {
    case Status::rejected:
      return PolicyDecision::reject;
    case Status::approved:
    case Status::executed:
    case Status::abandoned:
    case Status::unknown:
      return PolicyDecision::allow;
    case Status::pending:
    case Status::expired:
    case Status::cancelled:
      return PolicyDecision::human;
  }
  return PolicyDecision::human;
}

// What the draft answers to a past request, before it is put into words.
struct Draft {
  PolicyDecision decision = PolicyDecision::human;
  const PolicyEntry* entry = nullptr;
  EvidencePolicy evidence;
  std::string_view quorum;  // As canonical JSON.
};

class Replay {
 public:
  Replay(const store::Read& read, const Policy& draft, std::size_t listed_max)
      : read_(read), draft_(draft), listed_max_(listed_max) {}

  Result<void> take(const store::PastRequest& row);
  void skip(const std::string& reason, std::int64_t count = 1) {
    skipped_[reason] += count;
    out_.requests += count;
  }
  Simulation finish() &&;

 private:
  Result<std::optional<Json>> subject_of(const Json& request) const;
  Result<void> judge(const Past& past, const Terms& terms);
  Result<const Policy*> policy_of(std::int64_t version);
  Result<std::optional<EvidencePolicy>> evidence_of_draft(const Past& past, const Terms& terms);
  std::string_view quorum_of(const PolicyEntry& entry);
  bool is_unchanged(const Past& past, const Draft& draft) const;
  SimulatedAnswer before_of(const Past& past) const;
  SimulatedAnswer after_of(const Terms& terms, const Draft& draft) const;

  const store::Read& read_;
  const Policy& draft_;
  const std::size_t listed_max_;
  Simulation out_;
  std::map<std::string, std::int64_t> skipped_;
  // Kept, because thousands of requests were answered by one version, and will be by one entry.
  std::map<std::int64_t, store::CurrentPolicy> policies_;
  std::unordered_map<const PolicyEntry*, std::string> quorums_;
};

Result<void> Replay::take(const store::PastRequest& row) {
  if (row.content_version > 1) {
    skip("edited since it was asked");
    return {};
  }
  const auto request = parse_json(row.request);
  if (!request) return Error{Code::corrupt, "approvals.request is no JSON"};
  const Past past{.row = row, .request = *request, .decision = decision_of(row, *request)};
  const Json* inline_subject = request->find("subject");
  std::optional<Json> large;
  if (inline_subject == nullptr) {
    large = TRY(subject_of(*request));
    if (!large) {
      skip("its content is lost");
      return {};
    }
  }
  const Json& subject = large ? *large : *inline_subject;
  Terms terms;
  if (const auto name = past.template_name()) {
    const auto found = draft_.templates.find(*name);
    if (found == draft_.templates.end()) {
      skip("the draft has no template \"" + std::string(*name) + "\"");
      return {};
    }
    terms.from = &found->second;
  }
  const Json nothing = Json::object();
  const Json* const arguments = subject.find("arguments");
  const auto name = row.kind == Kind::tool_call ? row.tool : subject.string_at("type");
  terms.answer = row.kind == Kind::plan ? evaluate_plan(draft_, subject)
                                        : evaluate(draft_, row.kind, name.value_or(""),
                                                   arguments == nullptr ? nothing : *arguments);
  return judge(past, terms);
}

Result<void> Replay::judge(const Past& past, const Terms& terms) {
  const auto evidence = TRY(evidence_of_draft(past, terms));
  if (!evidence) {
    skip("the policy that answered it cannot be read");
    return {};
  }
  std::optional<PolicyEntry> templated;
  std::string templated_quorum;
  if (terms.from != nullptr) {
    templated = under_template(terms.answer, *terms.from);
    templated_quorum = canonical_json(to_json(templated->quorum));
  }
  const PolicyEntry& entry = *terms.answer.entry;
  // As when it is asked: where evidence is required, somebody has to look at it.
  const bool is_looked_at = entry.decision == PolicyDecision::allow && evidence->required;
  const Draft draft{.decision = is_looked_at ? PolicyDecision::human : entry.decision,
                    .entry = &entry,
                    .evidence = *evidence,
                    .quorum = templated ? std::string_view(templated_quorum) : quorum_of(entry)};
  ++out_.requests;
  if (is_unchanged(past, draft)) {
    ++out_.unchanged;
    return {};
  }
  ++out_.changed;
  if (out_.changes.size() >= listed_max_) return {};
  std::optional<std::string> tool;
  if (past.row.tool) tool = std::string(*past.row.tool);
  out_.changes.push_back({.approval = past.row.id,
                          .tool = std::move(tool),
                          .requested_at = past.row.requested_at,
                          .before = before_of(past),
                          .after = after_of(terms, draft)});
  return {};
}

Result<std::optional<Json>> Replay::subject_of(const Json& request) const {
  auto part = request_part(read_, request, "subject");
  if (part) return std::optional(*std::move(part));
  const Code code = part.error().code;
  if (code == Code::not_found || code == Code::corrupt) return std::optional<Json>();
  return std::move(part).error();
}

// Null: it is there no longer, or no policy any more.
Result<const Policy*> Replay::policy_of(std::int64_t version) {
  auto known = policies_.find(version);
  if (known == policies_.end()) {
    auto read = store::policy_of_version(read_, version);
    const bool is_lost =
        !read && (read.error().code == Code::not_found || read.error().code == Code::corrupt);
    if (!read && !is_lost) return std::move(read).error();
    known = policies_.emplace(version, is_lost ? store::CurrentPolicy() : *std::move(read)).first;
  }
  return known->second.policy.get();
}

// What a request asked beyond its policy, it would ask beyond the draft too. Nothing: it cannot be
// told what that was.
Result<std::optional<EvidencePolicy>> Replay::evidence_of_draft(const Past& past,
                                                                const Terms& terms) {
  const EvidencePolicy wanted = evidence_of(terms);
  const EvidencePolicy& had = past.row.evidence_policy;
  // Nobody asks beyond the policy for a plan.
  if (wanted == had || past.row.kind == Kind::plan) return std::optional(wanted);

  const Policy* const then = TRY(policy_of(past.request.integer_at("policyVersion").value_or(0)));
  if (then == nullptr) return std::optional<EvidencePolicy>();
  const auto index = past.request.integer_at("policyEntry");
  if (index && (*index < 0 || std::cmp_greater_equal(*index, then->entries.size()))) {
    return std::optional<EvidencePolicy>();
  }
  Terms old;
  old.answer.entry = index ? &then->entries[static_cast<std::size_t>(*index)] : &then->defaults;
  if (index) old.answer.index = static_cast<std::size_t>(*index);
  if (const auto name = past.template_name()) {
    const auto found = then->templates.find(*name);
    if (found != then->templates.end()) old.from = &found->second;
  }
  return std::optional(evidence_of(old) == had ? wanted : stricter_of(wanted, had));
}

std::string_view Replay::quorum_of(const PolicyEntry& entry) {
  const auto known = quorums_.find(&entry);
  if (known != quorums_.end()) return known->second;
  return quorums_.emplace(&entry, canonical_json(to_json(entry.quorum))).first->second;
}

bool Replay::is_unchanged(const Past& past, const Draft& draft) const {
  if (draft.decision != past.decision || draft.entry->risk_tier != past.row.risk_tier) return false;
  if (draft.decision != PolicyDecision::human) return true;
  return draft.quorum == past.row.quorum && draft.evidence == past.row.evidence_policy &&
         draft_.allows_self_approval == past.row.allows_self_approval;
}

// Who must approve on which evidence, where people decide.
void add_people(SimulatedAnswer& answer, std::string_view quorum, const EvidencePolicy& evidence,
                bool allows_self_approval) {
  if (answer.decision != PolicyDecision::human) return;
  if (auto approvers = parse_json(quorum)) answer.approvers = *std::move(approvers);
  answer.evidence = JsonObject{to_json(evidence)};
  answer.self_approval = allows_self_approval ? "allowed" : "forbidden";
}

SimulatedAnswer Replay::before_of(const Past& past) const {
  SimulatedAnswer answer{.decision = past.decision,
                         .risk_tier = past.row.risk_tier,
                         .policy_entry = past.request.integer_at("policyEntry"),
                         .why = std::string(past.request.string_at("why").value_or("")),
                         .approvers = {},
                         .evidence = {},
                         .self_approval = {}};
  add_people(answer, past.row.quorum, past.row.evidence_policy, past.row.allows_self_approval);
  return answer;
}

SimulatedAnswer Replay::after_of(const Terms& terms, const Draft& draft) const {
  SimulatedAnswer answer{.decision = draft.decision,
                         .risk_tier = draft.entry->risk_tier,
                         .policy_entry = {},
                         .why = terms.answer.why,
                         .approvers = {},
                         .evidence = {},
                         .self_approval = {}};
  if (terms.answer.index) answer.policy_entry = static_cast<std::int64_t>(*terms.answer.index);
  if (draft.decision != draft.entry->decision) {
    answer.why += "; evidence is required, so a person decides";
  }
  add_people(answer, draft.quorum, draft.evidence, draft_.allows_self_approval);
  return answer;
}

Simulation Replay::finish() && {
  for (const auto& [reason, count] : skipped_) out_.skipped.value.set(reason, count);
  return std::move(out_);
}

// `30d` back from now, or a time.
Result<Timestamp> moment(const store::Read& read, const std::string& text, std::string_view name) {
  if (const auto back = duration_from_text(text)) return read.now() - *back;
  if (const auto at = from_rfc3339(text)) return *at;
  return error_at(Code::validation_error, std::string(name),
                  "must be a duration like 30d or a time like 2026-01-19T00:00:00Z");
}

Result<store::RequestPeriod> period_of(const store::Read& read, const SimulatePolicy& in) {
  store::RequestPeriod period;
  period.since = in.since ? TRY(moment(read, *in.since, "since")) : read.now() - kSinceDefault;
  if (in.until) period.until = TRY(moment(read, *in.until, "until"));
  if (period.until && *period.until <= period.since) {
    return error_at(Code::validation_error, "until", "must be after since");
  }
  return period;
}

}  // namespace

Result<void> take_body(SimulatePolicy& in, const RawBody& body) {
  if (body.text.size() > kDocumentBytesMax) {
    return Error{Code::too_large, "a policy has at most 256 KiB"};
  }
  in.document = std::string(body.text);
  return {};
}

Result<Simulation> simulate_policy(const store::Read& read, const SimulatePolicy& in) {
  const Policy draft = TRY(policy_from_yaml(in.document));
  store::RequestPeriod period = TRY(period_of(read, in));
  Replay replay(read, draft, static_cast<std::size_t>(in.limit.value_or(kChangesListed)));

  std::int64_t left = in.requests_max.value_or(kRequestsMax);
  while (left > 0) {
    period.limit = std::min(kPage, left);
    left -= period.limit;
    period.after_id = TRY(store::visit_requests(
        read, period, [&replay](const store::PastRequest& row) { return replay.take(row); }));
    if (!period.after_id) break;
  }
  if (period.after_id) {
    const std::int64_t rest = TRY(store::count_requests(read, period));
    if (rest > 0) replay.skip("beyond requestsMax", rest);
  }
  Simulation simulation = std::move(replay).finish();
  simulation.warnings = warnings(draft);
  simulation.policy_version = TRY(store::current_policy(read)).version;
  return simulation;
}

void describe(Fields& fields, SimulatePolicy& in) {
  fields.query("since", in.since, "a duration back from now (30d), or a time; inclusive",
               {.length_max = 40});
  fields.query("until", in.until, "the same, exclusive; default: to the end", {.length_max = 40});
  fields.query("limit", in.limit, "how many changes are listed; default 100",
               {.min = 1, .max = kChangesListedMax});
  fields.query("requestsMax", in.requests_max,
               "how many requests are replayed, the oldest first; the rest is counted as skipped",
               {.min = 1, .max = kRequestsMax});
}

void describe(Fields& fields, SimulatedAnswer& answer) {
  fields.field("decision", answer.decision, "allow, human or reject");
  fields.field("riskTier", answer.risk_tier, "how risky");
  fields.field("policyEntry", answer.policy_entry, "its index from 0; absent: the defaults");
  fields.field("why", answer.why, "which entry answers");
  fields.field("approvers", answer.approvers, "who must approve, where people decide");
  fields.field("evidence", answer.evidence, "which evidence is needed, where people decide");
  fields.field("selfApproval", answer.self_approval, "allowed or forbidden, where people decide");
}

void describe(Fields& fields, SimulatedChange& change) {
  fields.field("approvalId", change.approval, "the request");
  fields.field("tool", change.tool, "of a tool call");
  fields.field("requestedAt", change.requested_at, "when it was asked");
  fields.field("before", change.before, "what the policy answered then");
  fields.field("after", change.after, "what the draft answers");
}

void describe(Fields& fields, Simulation& out) {
  fields.field("requests", out.requests, "asked in the period");
  fields.field("changed", out.changed, "of them, those that the draft answers otherwise");
  fields.field("unchanged", out.unchanged, "of them, those that it answers alike");
  fields.field("skipped", out.skipped, "of them, those that could not be judged, by reason");
  fields.field("changes", out.changes, "the changed ones, the oldest first");
  fields.field("warnings", out.warnings, "entries of the draft that are never reached");
  fields.field("policyVersion", out.policy_version, "the version in force");
}

}  // namespace assent::app
