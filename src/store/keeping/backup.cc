#include "store/keeping/backup.h"

#include "base/canonical.h"
#include "base/json.h"
#include "base/version.h"
#include "domain/principal.h"
#include "store/checkpoints.h"
#include "store/files.h"
#include "store/keeping/copying.h"
#include "store/keeping/master_key.h"

#include <filesystem>
#include <set>
#include <system_error>

namespace assent::store {

namespace {

// Before the snapshot, so that none of them promises more than it has.
Result<void> copy_notes(const BackupOptions& options) {
  const std::string from = options.from + "/checkpoints";
  const std::string to = options.to + "/checkpoints";
  TRY(make_directory(to));
  std::set<std::string> names;
  std::error_code fault;
  for (std::filesystem::directory_iterator entry(from, fault), end; !fault && entry != end;
       entry.increment(fault)) {
    const std::string name = entry->path().stem().string();
    if (is_tenant_name(name)) names.insert(name);
  }
  if (fault) return Error{Code::unavailable, "the checkpoints cannot be listed"};
  for (const std::string& name : names) {
    const auto note = TRY(newest_note(from, name));
    if (note) TRY(write_durably(to, name, *note));
  }
  return copy_files(from, to, [](std::string_view name) { return name.ends_with(".cosigned"); });
}

bool is_kept_beside_note(std::string_view name) {
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) return false;
  const std::string_view kind = name.substr(dot);
  return kind.starts_with(".handover-") || kind.starts_with(".lost-");
}

std::string marker_text(const Backup& backup, const BackupOptions& options, Timestamp now) {
  Json tenants = Json::array();
  for (const TenantReport& tenant : backup.tenants) {
    tenants.push(Json::object({{"tenant", tenant.name},
                               {"size", tenant.size},
                               {"root", tenant.root},
                               {"verifierKey", tenant.verifier_key}}));
  }
  return canonical_json(Json::object({{"format", "assent-backup/1"},
                                      {"version", std::string(kVersion)},
                                      {"createdAt", to_rfc3339(now)},
                                      {"events", backup.events},
                                      {"hasKey", options.has_key},
                                      {"tenants", std::move(tenants)}})) +
         "\n";
}

}  // namespace

Result<Backup> back_up(const BackupOptions& options, const Clock& clock) {
  std::error_code fault;
  if (!std::filesystem::exists(options.from + "/ledger.db", fault)) {
    return Error{Code::not_found, "there is no store in this directory"};
  }
  TRY(make_empty_directory(options.to));
  TRY(copy_notes(options));
  TRY(copy_database(options.from, options.to));
  TRY(copy_tree(options.from, options.to, "blobs"));
  TRY(copy_files(options.from + "/checkpoints", options.to + "/checkpoints", &is_kept_beside_note));
  TRY(copy_files(options.from, options.to, [&](std::string_view name) {
    return is_setting(name) || (options.has_key && name == kMasterFile);
  }));

  const VerifyReport report = TRY(verify_store(options.to));
  if (report.finding) {
    const std::string where =
        report.finding->sequence ? ", sequence " + std::to_string(*report.finding->sequence) : "";
    return Error{Code::corrupt, "what was copied does not verify: tenant " +
                                    report.finding->tenant + where + ": " + report.finding->what};
  }
  Backup backup{.tenants = report.tenants, .events = report.events};
  TRY(write_durably(options.to, std::string(kBackupMarker),
                    marker_text(backup, options, clock.now())));
  return backup;
}

}  // namespace assent::store
