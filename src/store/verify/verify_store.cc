#include "store/verify/verify_store.h"

#include "base/text.h"
#include "domain/principal.h"
#include "store/blobs.h"
#include "store/checkpoints.h"
#include "store/files.h"
#include "store/sqlite/sqlite_connection.h"
#include "store/verify/verify_log.h"
#include "store/verify/verify_state.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

namespace assent::store {
namespace {

constexpr std::string_view kEvents = R"sql(
  SELECT position, leaf, body
    FROM events
   ORDER BY position)sql";

constexpr std::string_view kHeads = R"sql(
  SELECT tenant, size, time, peaks
    FROM heads
   ORDER BY tenant)sql";

constexpr std::string_view kMigrations = R"sql(
  SELECT name, sha256
    FROM migrations
   ORDER BY name)sql";

// Not only pages: also whether every index has what its table has.
constexpr std::string_view kIntegrity = "PRAGMA integrity_check(1)";

constexpr int kSequenceBits = 40;
constexpr std::uint64_t kSequenceMask = (std::uint64_t{1} << kSequenceBits) - 1;
constexpr std::string_view kMarkSuffix = ".mark";
constexpr std::string_view kListName = "published.list";
constexpr std::uint64_t kEventsPerProgress = 4096;
// The store's first tenant gets its checkpoint together with its log.
constexpr TenantNumber kFirstTenant{1};

class Verification {
 public:
  Verification(const std::string& directory, const VerifyQuestion& question)
      : directory_(directory), progress_(question.progress), blobs_(directory + "/blobs") {
    for (const auto& [name, text] : question.kept) {
      kept_.push_back({.kind = VerifyNote::Kind::kept, .name = name, .text = text});
    }
  }

  Result<VerifyReport> run();

 private:
  Result<void> read_checkpoints();
  Result<void> read_mark(const std::string& name);
  Result<void> open();
  Result<void> check_version();
  Result<void> check_schema();
  Result<void> read_heads();
  Result<void> walk();
  Result<void> add(std::int64_t position, std::string_view leaf, std::string_view body);
  Result<void> begin_log(TenantNumber tenant);
  Result<void> end_log();
  Result<void> check_forgotten();
  Result<void> check_state();
  Result<void> check_integrity();

  // Code::corrupt that is about no event.
  Error fault(std::string what);
  // Names the place of a fault that a part has found.
  Result<void> placed(Result<void> result, const VerifyLog& log);

  const std::string& directory_;
  const VerifyProgress& progress_;
  const Blobs blobs_;
  std::map<std::string, std::vector<VerifyNote>> notes_;  // By tenant; those of logs not yet met.
  std::vector<VerifyNote> kept_;                          // Those of logs not yet met.
  std::string listed_;  // The tenants that have had a checkpoint: a line each, and one before.
  std::map<TenantNumber, VerifyLog::StoredHead> heads_;  // Those not yet met in the log.
  std::map<TenantNumber, std::string> names_;
  std::unique_ptr<Connection> source_;
  std::unique_ptr<Connection> replay_;
  std::optional<TenantNumber> tenant_;  // Whose log log_ is.
  std::unique_ptr<VerifyLog> log_;
  Finding finding_;
  VerifyReport report_;
};

Error Verification::fault(std::string what) {
  finding_ = {.tenant = {}, .sequence = std::nullopt, .what = what};
  return {Code::corrupt, std::move(what)};
}

Result<void> Verification::placed(Result<void> result, const VerifyLog& log) {
  if (!result) {
    finding_ = {.tenant = log.name(), .sequence = log.blamed(), .what = result.error().detail};
  }
  return result;
}

// The mark is newer than the note that other tools read, by a second at most.
Result<void> Verification::read_mark(const std::string& name) {
  const std::string tenant = name.substr(0, name.size() - kMarkSuffix.size());
  auto note = TRY(newest_note(directory_ + "/checkpoints", tenant));
  if (!note || !is_tenant_name(tenant)) return {};
  notes_[tenant].push_back(
      {.kind = VerifyNote::Kind::checkpoint, .name = name, .text = *std::move(note)});
  return {};
}

// Before the snapshot: a running server may publish a checkpoint that the snapshot is too old for.
Result<void> Verification::read_checkpoints() {
  const std::filesystem::path checkpoints = directory_ + "/checkpoints";
  std::error_code failure;
  std::filesystem::directory_iterator entry(checkpoints, failure);
  if (failure) return fault("the directory of the checkpoints is lost");
  for (const std::filesystem::directory_iterator end; entry != end && !failure;
       entry.increment(failure)) {
    const std::string name = entry->path().filename().string();
    if (name.ends_with(kMarkSuffix)) TRY(read_mark(name));
    const auto file = note_file(name);
    if (!file) continue;
    std::string text = TRY(read_file((checkpoints / name).string()));
    notes_[file->tenant].push_back({.kind = file->kind, .name = name, .text = std::move(text)});
  }
  if (failure) return Error{Code::unavailable, "The checkpoints cannot be read."};
  const auto list = read_file((checkpoints / kListName).string());
  if (!list && list.error().code != Code::not_found) return list.error();
  listed_ = list ? "\n" + *list : "";
  return {};
}

Result<void> Verification::open() {
  source_ = TRY(open_sqlite({.path = directory_ + "/ledger.db", .mode = SqliteMode::read_only}));
  TRY(source_->begin_snapshot());
  replay_ = TRY(open_sqlite({.path = ":memory:"}));
  TRY(migrate(*replay_, sqlite_migrations()));
  TRY(replay_->begin());
  return {};
}

Result<void> Verification::check_version() {
  const auto live = TRY(source_->query(kMigrations));
  const auto ours = TRY(replay_->query(kMigrations));
  for (;;) {
    const bool has_live = TRY(live->next());
    const bool has_ours = TRY(ours->next());
    if (!has_live && !has_ours) return {};
    if (has_live != has_ours || live->text(0) != ours->text(0) || live->text(1) != ours->text(1)) {
      return Error{Code::unavailable,
                   "The database is of another version of Assent: verify it with that one."};
    }
  }
}

Result<void> Verification::check_schema() {
  auto difference = TRY(schema_difference({.live = *source_, .replayed = *replay_}));
  if (difference) return fault(*std::move(difference));
  return {};
}

Result<void> Verification::read_heads() {
  const auto rows = TRY(source_->query(kHeads));
  while (TRY(rows->next())) {
    heads_[TenantNumber{rows->integer(0)}] = {.size = static_cast<std::uint64_t>(rows->integer(1)),
                                              .time = from_microseconds(rows->integer(2)),
                                              .peaks = std::string(rows->bytes(3))};
  }
  return {};
}

Result<void> Verification::walk() {
  const auto rows = TRY(source_->query(kEvents));
  for (;;) {
    const auto has_row = rows->next();
    if (!has_row) {
      // The last good event is known, so the first unreadable one is, too.
      if (log_) finding_ = {.tenant = log_->name(), .sequence = log_->size(), .what = {}};
      return has_row.error();
    }
    if (!*has_row) return log_ ? end_log() : Result<void>();
    TRY(add(rows->integer(0), rows->bytes(1), rows->bytes(2)));
  }
}

Result<void> Verification::add(std::int64_t position, std::string_view leaf,
                               std::string_view body) {
  const TenantNumber tenant{position >> kSequenceBits};
  if (tenant_ != tenant) {
    if (log_) TRY(end_log());
    TRY(begin_log(tenant));
  }
  TRY(placed(log_->add(static_cast<std::uint64_t>(position) & kSequenceMask, leaf, body), *log_));
  if (++report_.events % kEventsPerProgress == 0 && progress_) progress_(report_.events);
  return {};
}

Result<void> Verification::begin_log(TenantNumber tenant) {
  tenant_ = tenant;
  log_ = std::make_unique<VerifyLog>(VerifyLog::Parts{.tenant = tenant,
                                                      .source = *source_,
                                                      .replay = *replay_,
                                                      .blobs = blobs_,
                                                      .notes = notes_,
                                                      .kept = kept_});
  return {};
}

Result<void> Verification::end_log() {
  const auto head = heads_.extract(*tenant_);
  const auto stored = head ? head.mapped() : VerifyLog::StoredHead{};
  TRY(placed(log_->finish(stored), *log_));
  TenantReport report = log_->report();
  const bool had_one =
      *tenant_ == kFirstTenant || listed_.find("\n" + report.name + "\n") != std::string::npos;
  if (!report.checkpoint_size && had_one) {
    finding_.tenant = report.name;
    finding_.what = "the checkpoint file is lost: what was cut off the log's end would not show";
    return Error{Code::corrupt, finding_.what};
  }
  notes_.erase(report.name);
  std::erase_if(kept_, [&report](const VerifyNote& note) {
    return note.text.starts_with(report.origin + "\n");
  });
  names_[*tenant_] = report.name;
  report_.tenants.push_back(std::move(report));
  log_.reset();
  return {};
}

// Logs of which nothing is left but a head or a checkpoint.
Result<void> Verification::check_forgotten() {
  if (!notes_.empty()) {
    finding_ = {.tenant = notes_.begin()->first,
                .sequence = 0,
                .what = "the whole log is missing, but it has a checkpoint"};
    return Error{Code::corrupt, finding_.what};
  }
  if (!heads_.empty()) {
    return fault("the log of the tenant number " +
                 std::to_string(static_cast<std::int64_t>(heads_.begin()->first)) +
                 " is missing, but it has a head");
  }
  if (!kept_.empty()) {
    return Error{Code::validation_error, "What is to be compared with, " + kept_.front().name +
                                             ", is no checkpoint of a log of this store."};
  }
  return {};
}

Result<void> Verification::check_state() {
  const auto difference = TRY(state_difference({.live = *source_, .replayed = *replay_}));
  if (!difference) return {};
  const auto name = names_.find(TenantNumber{difference->tenant});
  if (name != names_.end()) finding_.tenant = name->second;
  finding_.what = difference->what;
  return Error{Code::corrupt, difference->what};
}

Result<void> Verification::check_integrity() {
  const auto rows = TRY(source_->query(kIntegrity));
  while (TRY(rows->next())) {
    if (rows->text(0) != "ok") {
      return fault("the database is damaged: " + escape_for_terminal(rows->text(0)));
    }
  }
  return {};
}

Result<VerifyReport> Verification::run() {
  using Step = Result<void> (Verification::*)();
  for (const Step step :
       {&Verification::read_checkpoints, &Verification::open, &Verification::check_version,
        &Verification::read_heads, &Verification::walk, &Verification::check_forgotten,
        &Verification::check_schema, &Verification::check_state, &Verification::check_integrity}) {
    const auto result = (this->*step)();
    if (result) continue;
    // An internal error is SQLite's "no such table": somebody took it away.
    const Code code = result.error().code;
    if (code != Code::corrupt && code != Code::internal) return result.error();
    if (finding_.what.empty()) finding_.what = result.error().detail;
    report_.finding = std::move(finding_);
    break;
  }
  if (progress_) progress_(report_.events);
  return std::move(report_);
}

}  // namespace

Result<VerifyReport> verify_store(const std::string& directory, const VerifyQuestion& question) {
  std::error_code failure;
  if (!std::filesystem::exists(directory + "/ledger.db", failure)) {
    return Error{Code::not_found, "There is no store in this directory."};
  }
  return Verification(directory, question).run();
}

void check_everything(const std::string& directory) {
  const auto report = verify_store(directory);
  if (report && !report->finding) return;
  if (report) {
    const Finding& finding = *report->finding;
    const std::string where = finding.sequence ? std::to_string(*finding.sequence) : "the store";
    std::fprintf(stderr, "%s, %s: %s\n", finding.tenant.c_str(), where.c_str(),
                 finding.what.c_str());
  } else {
    std::fprintf(stderr, "%s\n", report.error().detail.c_str());
  }
  CHECK(report && !report->finding);
}

}  // namespace assent::store
