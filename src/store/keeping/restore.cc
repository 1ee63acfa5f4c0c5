#include "store/keeping/restore.h"

#include "base/json.h"
#include "base/text.h"
#include "ledger/note.h"
#include "store/blobs.h"
#include "store/checkpoints.h"
#include "store/files.h"
#include "store/keeping/backup.h"
#include "store/keeping/copying.h"
#include "store/keeping/master_key.h"
#include "store/proofs/tree.h"
#include "store/sqlite/sqlite_connection.h"
#include "store/verify/verify_store.h"

#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <system_error>
#include <utility>

namespace assent::store {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kTraceBytes = 16;
constexpr std::string_view kCosigned = ".cosigned";  // What witnesses have seen.

// A promise that the restored log does not keep.
struct Broken {
  std::uint64_t size = 0;
  std::string note;
  ledger::TreeHead head;
};

class Restoration {
 public:
  Restoration(const RestoreOptions& options, const Clock& clock, Random& random)
      : options_(options), clock_(clock), random_(random) {}

  Result<std::vector<RestoredLog>> run();

 private:
  const std::string& source() const {
    return options_.from.empty() ? options_.replacing : options_.from;
  }
  Result<void> check_source() const;
  Result<void> load_key();
  Result<void> copy();
  Result<void> open();
  Result<void> check_keys();
  Result<void> read_promises();
  Result<void> check_promise(const std::string& note);
  Result<void> refuse_or_keep();
  Result<void> record();
  Result<void> record_loss(Batch& batch, const TraceId& trace, const Tenant& tenant,
                           const Broken& loss);
  Result<void> publish();
  Result<void> verify() const;
  Result<void> finish();

  const RestoreOptions& options_;
  const Clock& clock_;
  Random& random_;
  std::string key_text_;
  std::unique_ptr<Signers> signers_;
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Blobs> blobs_;
  std::shared_ptr<const Identities> identities_;
  std::unique_ptr<Checkpoints> checkpoints_;
  std::map<TenantNumber, Broken> losses_;    // The largest of each log.
  std::map<std::string, Broken> lost_logs_;  // Of which there is nothing, by origin.
  std::vector<RestoredLog> restored_;
};

Result<void> Restoration::check_source() const {
  if (source().empty()) {
    return Error{Code::validation_error, "restore needs --from, or --replacing, or both"};
  }
  std::error_code fault;
  if (fs::equivalent(source(), options_.to, fault)) {
    return Error{Code::invalid_state, "a store is not restored over itself"};
  }
  if (options_.from.empty()) return {};
  const auto marker = read_file(options_.from + "/" + std::string(kBackupMarker));
  const auto json = marker ? parse_json(*marker) : Result<Json>(marker.error());
  if (json && json->is_object() && json->string_at("format") == "assent-backup/1") return {};
  return Error{Code::invalid_state, "this is no backup, or one that was interrupted: it has no " +
                                        std::string(kBackupMarker)};
}

Result<void> Restoration::load_key() {
  const std::string file = std::string(kMasterFile);
  for (const std::string& path :
       {options_.signing_key, options_.from.empty() ? "" : options_.from + "/" + file,
        options_.replacing.empty() ? "" : options_.replacing + "/" + file}) {
    if (path.empty()) continue;
    auto text = read_file(path);
    if (!text && text.error().code == Code::not_found && path != options_.signing_key) continue;
    key_text_ = TRY(std::move(text));
    signers_ = std::make_unique<Signers>(TRY(master_from(key_text_, options_.seal_file)));
    return {};
  }
  return Error{Code::invalid_state,
               "the backup has no signing.key: name the file with --signing-key"};
}

Result<void> Restoration::copy() {
  TRY(write_durably(options_.to, std::string(kRestoringFile), ""));
  TRY(copy_database(source(), options_.to));
  TRY(copy_tree(source(), options_.to, "blobs"));
  TRY(make_directory(options_.to + "/checkpoints"));
  std::error_code fault;
  if (fs::exists(source() + "/checkpoints", fault)) {
    TRY(copy_files(
        source() + "/checkpoints", options_.to + "/checkpoints", [this](std::string_view name) {
          const bool is_of_backup = !options_.from.empty();
          return name.find(".lost-") != name.npos || (is_of_backup && name.ends_with(kCosigned));
        }));
  }
  return copy_files(source(), options_.to, &is_setting);
}

Result<void> Restoration::open() {
  connection_ =
      TRY(open_sqlite({.path = options_.to + "/ledger.db", .mode = SqliteMode::read_write}));
  TRY(migrate(*connection_, sqlite_migrations()));
  blobs_ = TRY(Blobs::open(options_.to + "/blobs"));
  identities_ = TRY(Identities::load(*connection_));
  checkpoints_ = std::make_unique<Checkpoints>(
      options_.to + "/checkpoints", *signers_,
      [this](const Tenant& tenant, ledger::Frontier& frontier, std::uint64_t size) {
        return extend(*connection_, tenant, frontier, size);
      });
  checkpoints_->know(identities_);
  for (const Tenant& tenant : identities_->tenants()) {
    const Head head = TRY(load_head(*connection_, tenant.number));
    TRY(complete_tree(*connection_, tenant.number, head.size()));
  }
  return {};
}

// A store with somebody else's key would sign what nobody believes.
Result<void> Restoration::check_keys() {
  constexpr std::string_view kKeys = "SELECT number, generation, verifier_key FROM tenants";
  const auto rows = TRY(connection_->query(kKeys));
  while (TRY(rows->next())) {
    const Tenant* const tenant = identities_->tenant(static_cast<TenantNumber>(rows->integer(0)));
    const auto generation = static_cast<ledger::Generation>(rows->integer(1));
    CHECK(tenant != nullptr);
    const ledger::Signer& signer = *TRY(signers_->of(tenant->origin, generation));
    if (signer.verifier_key().text() == rows->text(2)) continue;
    return Error{Code::unprocessable,
                 "this signing.key is another store's: it does not sign for " + tenant->origin};
  }
  return {};
}

Result<void> Restoration::read_promises() {
  if (!options_.checkpoint.empty()) TRY(check_promise(TRY(read_file(options_.checkpoint))));
  if (options_.replacing.empty()) return {};
  const std::string directory = options_.replacing + "/checkpoints";
  std::error_code fault;
  for (fs::directory_iterator entry(directory, fault), end; !fault && entry != end;
       entry.increment(fault)) {
    const std::string name = entry->path().stem().string();
    if (!is_tenant_name(name)) continue;
    if (entry->path().extension() == kCosigned) {
      TRY(check_promise(TRY(read_file(entry->path().string()))));
    }
    const auto note = TRY(newest_note(directory, name));
    if (note) TRY(check_promise(*note));
  }
  if (fault) return Error{Code::unavailable, "the checkpoints of the old directory are lost"};
  return {};
}

Result<void> Restoration::check_promise(const std::string& note) {
  const auto claimed = TRY(ledger::claimed_checkpoint(note));
  const Tenant* found = nullptr;
  for (const Tenant& tenant : identities_->tenants()) {
    if (tenant.origin == claimed.origin) found = &tenant;
  }
  if (found == nullptr) {
    const ledger::Signer& signer = *TRY(signers_->of(claimed.origin, ledger::kFirstGeneration));
    if (!ledger::open_checkpoint(note, signer.verifier_key())) {
      return Error{Code::unprocessable, "the checkpoint is of no log of this store"};
    }
    lost_logs_[claimed.origin] = {.size = 0, .note = note, .head = claimed.head};
    return {};
  }
  const SavedCheckpoint saved = TRY(checkpoints_->opened(*found, note));
  const std::uint64_t size = TRY(load_head(*connection_, found->number)).size();
  const std::uint64_t promised = ledger::number(saved.head.size);
  if (promised <= size) {
    ledger::Frontier frontier;
    TRY(extend(*connection_, *found, frontier, promised));
    const bool is_kept = frontier.head() == saved.head;
    const auto& keys = identities_->log_keys(found->number);
    if (is_kept && saved.generation == generation_at(keys, promised)) return {};
  }
  Broken& loss = losses_[found->number];
  if (promised >= ledger::number(loss.head.size)) {
    loss = {.size = size, .note = note, .head = saved.head};
  }
  return {};
}

Result<void> Restoration::refuse_or_keep() {
  std::map<std::string, const Broken*> broken;
  for (const auto& [number, loss] : losses_) broken[identities_->tenant(number)->name] = &loss;
  for (const auto& [origin, loss] : lost_logs_) {
    broken[origin.substr(origin.rfind('/') + 1)] = &loss;
  }
  if (!broken.empty() && !options_.accepted_loss) {
    const auto& [tenant, loss] = *broken.begin();
    return Error{Code::rolled_back,
                 "the log of tenant " + tenant + " would not be what was promised",
                 {{"promised", std::to_string(ledger::number(loss->head.size)) +
                                   " events with the root " + to_base64(as_bytes(loss->head.root))},
                  {"found", std::to_string(loss->size) + " events"}}};
  }
  for (const auto& [tenant, loss] : broken) {
    const std::string name = tenant + ".lost-" + std::to_string(ledger::number(loss->head.size));
    TRY(write_durably(options_.to + "/checkpoints", name, loss->note));
  }
  return {};
}

Result<void> Restoration::record_loss(Batch& batch, const TraceId& trace, const Tenant& tenant,
                                      const Broken& loss) {
  const Caller engine{.tenant = tenant, .principal = {}, .key = std::nullopt};
  const Timestamp now = TRY(batch.now(tenant.number));
  const auto size = TRY(batch.size(tenant.number));
  Write write({.connection = *connection_,
               .blobs = *blobs_,
               .search = nullptr,
               .caller = engine,
               .now = now,
               .size = size},
              batch, trace, random_);
  const Json data = Json::object({{"size", loss.size},
                                  {"promisedSize", ledger::number(loss.head.size)},
                                  {"promisedRoot", to_base64(as_bytes(loss.head.root))},
                                  {"promiseHash", content_hash_text(sha256(loss.note))},
                                  {"reason", *options_.accepted_loss}});
  TRY(write.record_as(
      engine_actor(),
      {.type = "ledger.restored", .subject = "ledger/" + tenant.name, .data = data}));
  return {};
}

Result<void> Restoration::record() {
  if (losses_.empty()) return {};
  std::array<std::uint8_t, kTraceBytes> bytes;
  random_.fill(bytes);
  const TraceId trace = to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  Heads heads = TRY(load_heads(*connection_));
  Batch batch(
      {.connection = *connection_, .heads = heads, .signers = *signers_, .sample = clock_.now()});
  TRY(connection_->begin());
  TRY(batch.begin_job());
  for (const auto& [number, loss] : losses_) {
    TRY(record_loss(batch, trace, *identities_->tenant(number), loss));
  }
  TRY(batch.keep_job());
  TRY(batch.write_heads());
  return connection_->commit();
}

Result<void> Restoration::publish() {
  for (const Tenant& tenant : identities_->tenants()) {
    const Head head = TRY(load_head(*connection_, tenant.number));
    TRY(checkpoints_->publish(tenant, head));
    RestoredLog log{.tenant = tenant.name, .size = head.size(), .promised_size = std::nullopt};
    const auto loss = losses_.find(tenant.number);
    if (loss != losses_.end()) log.promised_size = ledger::number(loss->second.head.size);
    restored_.push_back(std::move(log));
  }
  for (const auto& [origin, loss] : lost_logs_) {
    restored_.push_back({.tenant = origin.substr(origin.rfind('/') + 1),
                         .size = 0,
                         .promised_size = ledger::number(loss.head.size)});
  }
  return {};
}

Result<void> Restoration::verify() const {
  const VerifyReport report = TRY(verify_store(options_.to));
  if (!report.finding) return {};
  const std::string where =
      report.finding->sequence ? ", sequence " + std::to_string(*report.finding->sequence) : "";
  return Error{Code::corrupt, "what was restored does not verify: tenant " +
                                  report.finding->tenant + where + ": " + report.finding->what};
}

// The key last: without it there is no store here.
Result<void> Restoration::finish() {
  TRY(write_durably(options_.to, std::string(kMasterFile), key_text_));
  std::error_code fault;
  fs::remove(options_.to + "/" + std::string(kRestoringFile), fault);
  return sync_directory(options_.to);
}

Result<std::vector<RestoredLog>> Restoration::run() {
  TRY(check_source());
  TRY(make_empty_directory(options_.to));
  const DirectoryLock lock = TRY(DirectoryLock::take(options_.to));
  using Step = Result<void> (Restoration::*)();
  Result<void> result;
  for (const Step step :
       {&Restoration::load_key, &Restoration::copy, &Restoration::open, &Restoration::check_keys,
        &Restoration::read_promises, &Restoration::refuse_or_keep, &Restoration::record,
        &Restoration::publish}) {
    result = (this->*step)();
    if (!result) break;
  }
  checkpoints_.reset();
  blobs_.reset();
  connection_.reset();
  if (result) result = verify();
  if (result) result = finish();
  if (result) return std::move(restored_);
  // The directory was empty, so all that is in it is of this attempt.
  std::error_code fault;
  for (fs::directory_iterator entry(options_.to, fault), end; !fault && entry != end;
       entry.increment(fault)) {
    fs::remove_all(entry->path(), fault);
  }
  return std::move(result).error();
}

}  // namespace

Result<std::vector<RestoredLog>> restore(const RestoreOptions& options, const Clock& clock,
                                         Random& random) {
  return Restoration(options, clock, random).run();
}

}  // namespace assent::store
