#include "app/list_approvals.h"

#include "app/cursor.h"
#include "app/get_approval.h"
#include "store/state/approvals.h"

namespace assent::app {

namespace {

constexpr std::int64_t kPageDefault = 100;

ApprovalLine line_of(const Approval& approval, Timestamp now) {
  ApprovalLine line{.id = approval.id,
                    .kind = approval.kind,
                    .status = shown_status(approval, now),
                    .risk_tier = approval.risk_tier,
                    .content_hash = approval.content_hash,
                    .tool = approval.tool,
                    .title = std::nullopt,
                    .requested_by = approval.requested_by,
                    .requested_at = approval.requested_at,
                    .expires_at = approval.expires_at,
                    .correlation_id = approval.correlation_id};
  for (const auto name : {"subject", "request"}) {
    // What was said of content at first may have been edited since.
    const bool is_stale = approval.content_version > 1 && approval.kind == Kind::content;
    if (is_stale && name == std::string_view("request")) continue;
    const Json* from = approval.request.find(name);
    const auto title = from == nullptr ? std::nullopt : from->string_at("title");
    if (title) line.title = std::string(*title);
  }
  return line;
}

}  // namespace

Result<ApprovalList> list_approvals(const store::Read& read, const ListApprovals& in) {
  const std::int64_t limit = in.limit.value_or(kPageDefault);
  store::ApprovalFilter filter{.status = in.status,
                               .risk_tier = in.risk_tier,
                               .tool = in.tool,
                               .requester = in.requester,
                               .correlation_id = in.correlation_id,
                               .before_id = std::nullopt,
                               .limit = limit + 1};
  if (in.cursor) {
    const Json place = TRY(open_cursor(*in.cursor, read.tenant().number, filter_of(encode(in))));
    filter.before_id = ApprovalId::parse(place.string_at("before").value_or(""));
  }
  auto found = TRY(store::list_approvals(read, filter));
  ApprovalList out;
  if (static_cast<std::int64_t>(found.size()) > limit) {
    found.pop_back();
    out.next_cursor = make_cursor(read.tenant().number, filter_of(encode(in)),
                                  Json::object({{"before", found.back().id.text()}}));
  }
  for (const Approval& approval : found) out.approvals.push_back(line_of(approval, read.now()));
  return out;
}

Json to_data(const ApprovalList& out) {
  Json list = Json::array();
  for (const ApprovalLine& line : out.approvals) list.push(encode(line));
  return list;
}

void describe(Fields& fields, ListApprovals& in) {
  fields.query("status", in.status, "only these");
  fields.query("riskTier", in.risk_tier, "only these");
  fields.query("tool", in.tool, "only this tool", {.length_max = 256, .length_min = 1});
  fields.query("requester", in.requester, "only of this principal");
  fields.query("correlationId", in.correlation_id, "only of this workflow", {.length_max = 255});
  fields.query("limit", in.limit, "approvals a page", {.min = 1, .max = 1000});
  fields.query("cursor", in.cursor, "where the page before ended", {.length_max = 512});
}

void describe(Fields& fields, ApprovalLine& line) {
  fields.field("id", line.id, "the approval");
  fields.field("kind", line.kind, "tool_call, content or plan");
  fields.field("status", line.status, "where it stands");
  fields.field("riskTier", line.risk_tier, "how risky the policy says it is");
  fields.field("contentHash", line.content_hash, "what a decision is bound to");
  fields.field("tool", line.tool, "the tool's name");
  fields.field("title", line.title, "one line for the approver");
  fields.field("requestedBy", line.requested_by, "who asked");
  fields.field("requestedAt", line.requested_at, "when");
  fields.field("expiresAt", line.expires_at, "when it expires undecided");
  fields.field("correlationId", line.correlation_id, "the workflow");
}

void describe(Fields& fields, ApprovalList& out) {
  fields.field("approvals", out.approvals, "newest first");
}

}  // namespace assent::app
