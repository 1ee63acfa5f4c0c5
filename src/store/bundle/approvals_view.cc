#include "base/json.h"
#include "domain/event.h"
#include "store/bundle/bundle_views.h"
#include "store/search/facets.h"
#include "store/sqlite/sqlite_connection.h"

#include <array>
#include <cstdio>
#include <utility>

namespace assent::store {
namespace {

constexpr std::string_view kTable = R"sql(
  CREATE TABLE requests (
    approval  TEXT PRIMARY KEY,
    tool      TEXT NOT NULL,
    title     TEXT NOT NULL,
    tier      TEXT NOT NULL,
    requester TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;)sql";

constexpr std::string_view kRemember = R"sql(
  INSERT INTO requests (approval, tool, title, tier, requester)
  VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT DO UPDATE
     SET tier = excluded.tier)sql";

constexpr std::string_view kRecall = R"sql(
  SELECT tool, title, tier, requester
    FROM requests
   WHERE approval = $1)sql";

constexpr std::string_view kHeader =
    "sequence,time,type,approvalId,tool,title,riskTier,requester,decider,deciderName,deciderType,"
    "channel,decision,reason,contentHash\r\n";

constexpr std::string_view kRequested = "approval.requested";

// What an approval's request says of it; empty where it is not known.
struct Request {
  std::string tool, title, tier, requester;
};

bool is_of_approval(std::string_view type) {
  return type.starts_with("approval.") || type == "breakglass.used";
}

// The string at a path of members, or an empty one.
std::string text_at(const Json& value, std::initializer_list<std::string_view> path) {
  const Json* at = &value;
  for (const std::string_view name : path) {
    at = at->find(name);
    if (at == nullptr) return {};
  }
  return at->is_string() ? at->string() : std::string();
}

std::string first_of(std::initializer_list<std::string> texts) {
  for (const std::string& text : texts) {
    if (!text.empty()) return text;
  }
  return {};
}

Request request_in(const Json& data) {
  return {
      .tool = text_at(data, {"tool"}),
      .title = first_of({text_at(data, {"request", "title"}), text_at(data, {"subject", "title"})}),
      .tier = first_of({text_at(data, {"riskTier"}), text_at(data, {"requirement", "riskTier"})}),
      .requester = text_at(data, {"requestedBy"})};
}

// A field of RFC 4180. A spreadsheet takes text that begins with one of these characters for a
// formula, and what agents wrote must not run on the auditor's machine.
void append_field(std::string& line, std::string_view text) {
  const bool is_formula =
      !text.empty() && std::string_view("=+-@\t\r\n").find(text.front()) != std::string_view::npos;
  const bool is_quoted = text.find_first_of(",\"\r\n") != std::string_view::npos;
  if (!line.empty()) line += ',';
  if (is_quoted) line += '"';
  if (is_formula) line += '\'';
  for (const char c : text) {
    if (c == '"') line += '"';
    line += c;
  }
  if (is_quoted) line += '"';
}

class ApprovalsView final : public BundleView {
 public:
  ApprovalsView(Spool spool, std::string scratch)
      : file_(std::move(spool)), scratch_(std::move(scratch)) {}
  ~ApprovalsView() override {
    requests_.reset();
    remove_scratch(scratch_);
  }
  ApprovalsView(const ApprovalsView&) = delete;
  ApprovalsView& operator=(const ApprovalsView&) = delete;

  Result<void> open() {
    requests_ = TRY(open_sqlite({.path = scratch_}));
    TRY(requests_->script(kTable));
    TRY(requests_->begin());  // Never committed: it need not survive anything.
    return file_.append(kHeader);
  }

  Result<void> add(std::string_view event) override {
    const auto facets = facets_of(event);
    if (facets && facets->type && !is_of_approval(*facets->type)) return {};
    const auto stored = TRY(stored_event_from(event));
    return file_.append(line_of(stored, TRY(request_of(stored))));
  }
  std::string name() const override { return "views/events.csv"; }
  HashedSpool& file() override { return file_; }

 private:
  Result<Request> recall(const std::string& approval);
  Result<Request> request_of(const StoredEvent& event);
  static std::string line_of(const StoredEvent& event, const Request& request);

  HashedSpool file_;
  std::string scratch_;
  std::unique_ptr<Connection> requests_;
};

Result<Request> ApprovalsView::recall(const std::string& approval) {
  const auto rows = TRY(requests_->query(kRecall, {approval}));
  if (!TRY(rows->next())) return Request{};
  return Request{.tool = std::string(rows->text(0)),
                 .title = std::string(rows->text(1)),
                 .tier = std::string(rows->text(2)),
                 .requester = std::string(rows->text(3))};
}

// What is known of the approval by this event: an edit may have put it into another tier.
Result<Request> ApprovalsView::request_of(const StoredEvent& event) {
  const std::string approval = text_at(event.data, {"approvalId"});
  const Request said = request_in(event.data);
  const Request known = event.type == kRequested ? Request{} : TRY(recall(approval));
  Request request{.tool = first_of({said.tool, known.tool}),
                  .title = first_of({said.title, known.title}),
                  .tier = first_of({said.tier, known.tier}),
                  .requester = first_of({said.requester, known.requester})};
  const bool is_news =
      event.type == kRequested || (!known.tier.empty() && request.tier != known.tier);
  if (is_news) {
    TRY(requests_->run(kRemember,
                       {approval, request.tool, request.title, request.tier, request.requester}));
  }
  return request;
}

std::string ApprovalsView::line_of(const StoredEvent& event, const Request& request) {
  const Json& data = event.data;
  const bool is_decided = event.type != kRequested;  // Whose actor is the requester.
  std::string line = std::to_string(event.sequence);
  for (const std::string& text :
       {to_rfc3339(event.time), event.type, text_at(data, {"approvalId"}), request.tool,
        request.title, request.tier, request.requester,
        is_decided ? text_at(data, {"actor", "id"}) : "",
        is_decided ? text_at(data, {"actor", "name"}) : "",
        is_decided ? text_at(data, {"actor", "type"}) : "",
        first_of({text_at(data, {"response", "channel"}), text_at(data, {"channel"})}),
        first_of({text_at(data, {"decision", "action"}), text_at(data, {"decision"}),
                  text_at(data, {"verdict"}), event.type.substr(event.type.find('.') + 1)}),
        first_of({text_at(data, {"decision", "rationale"}), text_at(data, {"reason"}),
                  text_at(data, {"justification"}), text_at(data, {"why"})}),
        text_at(data, {"contentHash"})}) {
    append_field(line, text);
  }
  return line + "\r\n";
}

}  // namespace

void remove_scratch(const std::string& scratch) {
  for (const char* const suffix : {"", "-journal", "-wal", "-shm"}) {
    std::remove((scratch + suffix).c_str());
  }
}

Result<std::unique_ptr<BundleView>> approvals_view(const std::string& directory,
                                                   const std::string& scratch) {
  auto spool = TRY(Spool::in(directory));
  auto view = std::make_unique<ApprovalsView>(std::move(spool), scratch);
  TRY(view->open());
  return std::unique_ptr<BundleView>(std::move(view));
}

}  // namespace assent::store
