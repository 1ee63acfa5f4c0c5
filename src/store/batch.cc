#include "store/batch.h"

#include "domain/words.h"
#include "store/proofs/tree.h"

#include <algorithm>
#include <string>

namespace assent::store {

namespace {

constexpr std::string_view kHead = R"sql(
  SELECT size, time, peaks
    FROM heads
   WHERE tenant = $1)sql";

constexpr std::string_view kHeads = R"sql(
  SELECT size, time, peaks, tenant
    FROM heads
   ORDER BY tenant)sql";

constexpr std::string_view kPutHead = R"sql(
  INSERT INTO heads (tenant, size, time, peaks)
       VALUES ($1, $2, $3, $4)
  ON CONFLICT (tenant) DO UPDATE
          SET size = excluded.size, time = excluded.time, peaks = excluded.peaks)sql";

constexpr std::string_view kAppend = R"sql(
  INSERT INTO events (position, leaf, body)
       VALUES ($1, $2, $3))sql";

Result<Head> head_from(const Rows& rows) {
  const auto size = static_cast<ledger::Size>(rows.integer(0));
  const auto frontier = ledger::Frontier::from(size, rows.bytes(2));
  if (!frontier) {
    return Error{Code::corrupt, "a log of " + std::to_string(rows.integer(0)) +
                                    " events cannot have the peaks kept with it"};
  }
  return Head{.frontier = *frontier, .time = from_microseconds(rows.integer(1))};
}

bool changes_identities(std::string_view type) {
  return type.starts_with("principal.") || type.starts_with("key.") || type == "ledger.created" ||
         type == "ledger.key_rotated" || type == "ledger.visibility_changed";
}

// A reason is worth counting where the set of reasons is closed and the type does not name it.
CountedEvent counted(const Event& event) {
  CountedEvent counted{.type = event.type, .reason = {}};
  if (event.type != "grant.refused") return counted;
  const auto reason = from_word<GrantRefusal>(event.data.string_at("reason").value_or(""));
  counted.reason = reason ? word(*reason) : "other";
  return counted;
}

}  // namespace

Result<Head> load_head(Connection& connection, TenantNumber tenant) {
  const auto rows = TRY(connection.query(kHead, {static_cast<std::int64_t>(tenant)}));
  if (!TRY(rows->next())) return Head{};
  return head_from(*rows);
}

Result<Heads> load_heads(Connection& connection) {
  Heads heads;
  const auto rows = TRY(connection.query(kHeads));
  while (TRY(rows->next())) {
    heads.emplace(static_cast<TenantNumber>(rows->integer(3)), TRY(head_from(*rows)));
  }
  return heads;
}

Result<Head*> Batch::head(TenantNumber tenant) {
  const auto found = parts_.heads.find(tenant);
  if (found != parts_.heads.end()) return &found->second;
  Head loaded = TRY(load_head(parts_.connection, tenant));
  return &parts_.heads.emplace(tenant, std::move(loaded)).first->second;
}

Result<Timestamp> Batch::now(TenantNumber tenant) {
  return std::max(parts_.sample, TRY(head(tenant))->time);
}

Result<std::uint64_t> Batch::size(TenantNumber tenant) {
  return TRY(head(tenant))->size();
}

Result<EventRef> Batch::append(TenantNumber tenant, const PreparedEvent& event) {
  Head& head = *TRY(this->head(tenant));
  const std::uint64_t sequence = head.size();
  const Timestamp time = std::max(parts_.sample, head.time);
  const std::string bytes = TRY(entry_bytes(event, sequence, time));
  const Hash leaf = ledger::hash_leaf(bytes);
  TRY(parts_.connection.run(kAppend,
                            {position_of(tenant, sequence), Bytes{as_bytes(leaf)}, Bytes{bytes}}));
  remember(tenant, head);
  TRY(grow_tree(parts_.connection, tenant, head.frontier, leaf));
  head.time = time;
  return EventRef{.id = event.id, .sequence = sequence, .time = time};
}

void Batch::note(TenantNumber tenant, const Event& event) {
  if (is_governed_type(event.type)) {
    changes_.governed.push_back(counted(event));
  } else {
    note_emitted();
  }
  if (const auto text = event.data.string_at("approvalId")) {
    if (const auto approval = ApprovalId::parse(*text)) {
      changes_.approvals.emplace_back(tenant, *approval);
    }
  }
  if (event.type == "policy.changed") changes_.policies.push_back(tenant);
  if (!changes_identities(event.type)) return;
  changes_.has_identities = true;
  if (!event.type.ends_with(".created")) job_took_rights_ = true;
}

bool Batch::has_changed_policy(TenantNumber tenant) const {
  return std::ranges::find(changes_.policies, tenant) != changes_.policies.end();
}

void Batch::remember(TenantNumber tenant, const Head& head) {
  const auto is_it = [tenant](const auto& kept) { return kept.first == tenant; };
  if (std::ranges::none_of(heads_before_job_, is_it)) heads_before_job_.emplace_back(tenant, head);
  if (std::ranges::find(changes_.logs, tenant) == changes_.logs.end()) {
    changes_.logs.push_back(tenant);
  }
}

Result<void> Batch::begin_job() {
  heads_before_job_.clear();
  logs_before_job_ = changes_.logs.size();
  approvals_before_job_ = changes_.approvals.size();
  policies_before_job_ = changes_.policies.size();
  had_identities_before_job_ = changes_.has_identities;
  governed_before_job_ = changes_.governed.size();
  emitted_before_job_ = changes_.emitted;
  job_took_rights_ = false;
  return parts_.connection.savepoint();
}

Result<void> Batch::keep_job() {
  return parts_.connection.release();
}

Result<void> Batch::undo_job() {
  for (auto& [tenant, head] : heads_before_job_) parts_.heads[tenant] = std::move(head);
  heads_before_job_.clear();
  changes_.logs.resize(logs_before_job_);
  changes_.approvals.erase(
      changes_.approvals.begin() + static_cast<std::ptrdiff_t>(approvals_before_job_),
      changes_.approvals.end());
  changes_.policies.resize(policies_before_job_);
  changes_.has_identities = had_identities_before_job_;
  changes_.governed.resize(governed_before_job_);
  changes_.emitted = emitted_before_job_;
  job_took_rights_ = false;
  return parts_.connection.rollback_to_savepoint();
}

Result<void> Batch::write_heads() {
  for (const TenantNumber tenant : changes_.logs) {
    const Head& head = *TRY(this->head(tenant));
    const std::string peaks = head.frontier.peaks_bytes();
    TRY(parts_.connection.run(
        kPutHead, {static_cast<std::int64_t>(tenant), static_cast<std::int64_t>(head.size()),
                   to_microseconds(head.time), Bytes{peaks}}));
  }
  return {};
}

}  // namespace assent::store
