#include "edge/cli/local_commands.h"

#include "base/random.h"
#include "base/text.h"
#include "base/time.h"
#include "edge/cli/keeping_command.h"
#include "edge/execute/webhook.h"
#include "store/store.h"
#include "store/verify/verify_store.h"

#include <cstdio>
#include <unistd.h>

namespace assent::cli {

namespace {

void show_progress(std::uint64_t events) {
  std::fprintf(stderr, "\r%llu events checked", static_cast<unsigned long long>(events));
}

Json json_of(const store::VerifyReport& report) {
  Json tenants = Json::array();
  for (const store::TenantReport& tenant : report.tenants) {
    Json row = Json::object({{"tenant", tenant.name},
                             {"size", tenant.size},
                             {"root", tenant.root},
                             {"verifierKey", tenant.verifier_key}});
    if (tenant.checkpoint_size) row.set("checkpointSize", *tenant.checkpoint_size);
    tenants.push(std::move(row));
  }
  Json out = Json::object({{"ok", !report.finding.has_value()},
                           {"events", report.events},
                           {"tenants", std::move(tenants)}});
  if (!report.finding) return out;
  Json finding = Json::object({{"tenant", report.finding->tenant}, {"what", report.finding->what}});
  if (report.finding->sequence) finding.set("sequence", *report.finding->sequence);
  out.set("finding", std::move(finding));
  return out;
}

void print_report(const store::VerifyReport& report) {
  for (const store::TenantReport& tenant : report.tenants) {
    std::printf("tenant %s: %llu events, root %s\n", escape_for_terminal(tenant.name).c_str(),
                static_cast<unsigned long long>(tenant.size), tenant.root.c_str());
  }
  if (!report.finding) {
    std::printf("verified: %llu events, every one as it was written\n",
                static_cast<unsigned long long>(report.events));
    return;
  }
  std::string where = "tenant " + escape_for_terminal(report.finding->tenant);
  if (report.finding->sequence) where += ", sequence " + std::to_string(*report.finding->sequence);
  std::printf("NOT verified: %s: %s\n", where.c_str(),
              escape_for_terminal(report.finding->what).c_str());
}

}  // namespace

Exit init(const Output& output, const std::string& directory, const std::string& host,
          const std::string& seal_file) {
  const SystemClock clock;
  SystemRandom random;
  const auto made = store::Store::create(directory, host, clock, random, seal_file);
  if (!made) {
    print_error(made.error());
    return Exit::error;
  }
  print(output, Json::object({{"tenant", made->tenant},
                              {"adminKey", made->admin_key},
                              {"verifierKey", made->verifier_key}}));
  if (output.format == Format::table) {
    std::fputs("Keep the admin key now: it is shown this once.\n", stderr);
  }
  return Exit::done;
}

Exit executor_secret(const Output& output, const std::string& directory,
                     const std::string& tenant) {
  const auto secret =
      store::Store::executor_secret(directory, tenant, seal_file_from_environment());
  if (!secret) {
    print_error(secret.error());
    return Exit::error;
  }
  print(output, Json::object({{"tenant", tenant}, {"secret", execute::secret_text(*secret)}}));
  return Exit::done;
}

Exit verify(const Output& output, const std::string& directory) {
  const bool is_watched = isatty(STDERR_FILENO) == 1;
  const auto report = store::verify_store(
      directory, is_watched ? store::VerifyProgress(&show_progress) : store::VerifyProgress());
  if (is_watched) std::fputs("\r\033[K", stderr);
  if (!report) {
    print_error(report.error());
    return report.error().code == Code::unavailable ? Exit::unavailable : Exit::error;
  }
  if (output.format == Format::json) {
    print(output, json_of(*report));
  } else {
    print_report(*report);
  }
  return report->finding ? Exit::verification_failed : Exit::done;
}

}  // namespace assent::cli
