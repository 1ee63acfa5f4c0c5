#include "edge/cli/keeping_command.h"

#include "base/random.h"
#include "base/time.h"
#include "store/keeping/backup.h"
#include "store/keeping/master_key.h"
#include "store/keeping/rebuild.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <cstdlib>
#include <unistd.h>

namespace assent::cli {

namespace {

constexpr const char* kRollbackPage =
    "\n"
    "A checkpoint is a signed promise of what the log holds, and others may have seen this one.\n"
    "The log here is not the one that it promised: an older copy was put back, its end was lost,\n"
    "or the checkpoint itself is gone. Serving it would contradict what was proved before, so\n"
    "nothing was started and nothing was changed.\n"
    "\n"
    "  1. Look for the newer copy: another disk, a replica, the directory before the last change.\n"
    "     Put ledger.db back with its ledger.db-wal: the two belong together.\n"
    "  2. Else restore the newest backup into a new directory, beside this one:\n"
    "       assent restore --from BACKUP --replacing THIS_DIRECTORY --data NEW_DIRECTORY\n"
    "     It says whether the backup has all that was promised.\n"
    "  3. Only if the events are lost for good: give them up, which the log then says for ever:\n"
    "       assent restore --replacing THIS_DIRECTORY --data NEW_DIRECTORY \\\n"
    "           --accept-loss --reason 'why'\n"
    "     Whoever kept the newer checkpoint will still notice: tell them.\n"
    "\n"
    "docs/backup.md#rolled-back has the whole story.\n";

Exit done_or_explain(const Result<void>& result) {
  return result ? Exit::done : explain(result.error());
}

Exit backup(const Output& output, const KeepingCommands& given) {
  const SystemClock clock;
  const auto made =
      store::back_up({.from = given.data, .to = given.out, .has_key = given.is_with_key}, clock);
  if (!made) return explain(made.error());
  Json tenants = Json::array();
  for (const store::TenantReport& tenant : made->tenants) {
    tenants.push(
        Json::object({{"tenant", tenant.name}, {"size", tenant.size}, {"root", tenant.root}}));
  }
  print(output, Json::object({{"backup", given.out},
                              {"events", made->events},
                              {"hasKey", given.is_with_key},
                              {"tenants", std::move(tenants)}}));
  return Exit::done;
}

Exit restore(const Output& output, const KeepingCommands& given) {
  const SystemClock clock;
  SystemRandom random;
  store::RestoreOptions options = given.restoring;
  options.to = given.data;
  options.seal_file = seal_file_from_environment();
  if (given.is_accepting_loss != !given.lost_because.empty()) {
    print_error({Code::validation_error, "--accept-loss and --reason go together"});
    return Exit::usage;
  }
  if (given.is_accepting_loss) options.accepted_loss = given.lost_because;
  const auto restored = store::restore(options, clock, random);
  if (!restored) return explain(restored.error());
  Json tenants = Json::array();
  for (const store::RestoredLog& log : *restored) {
    Json row = Json::object({{"tenant", log.tenant}, {"size", log.size}});
    row.set_if("lostUpTo", log.promised_size);
    tenants.push(std::move(row));
  }
  print(output, Json::object({{"restored", given.data}, {"tenants", std::move(tenants)}}));
  return Exit::done;
}

Exit rebuild(const Output& output, const KeepingCommands& given) {
  const bool is_all = !given.is_search && !given.is_state;
  Json out = Json::object({{"rebuilt", given.data}});
  if (given.is_state || is_all) {
    const auto state = store::rebuild_state(given.data);
    if (!state) return explain(state.error());
    out.set("events", state->events);
    out.set("stateWas", state->difference ? "different: " + *state->difference : "as the log says");
  }
  if (given.is_search || is_all) {
    const auto indexed = store::rebuild_search(given.data);
    if (!indexed) return explain(indexed.error());
    out.set("indexed", *indexed);
  }
  print(output, out);
  return Exit::done;
}

Exit seal(const KeepingCommands& given) {
  SystemRandom random;
  return done_or_explain(store::seal_master(given.data, given.seal_file, random));
}

Exit unseal(const KeepingCommands& given) {
  const std::string file = given.seal_file.empty() ? seal_file_from_environment() : given.seal_file;
  return done_or_explain(store::unseal_master(given.data, file));
}

void add_backup(CLI::App& root, KeepingCommands& commands, const Chosen& chosen) {
  auto* backup_command =
      root.add_subcommand("backup", "Copy a store, served or not, and verify it.");
  backup_command->add_option("--data", commands.data, "the store's directory")->required();
  backup_command->add_option("--out", commands.out, "the backup's, absent or empty")->required();
  backup_command->add_flag("--with-key", commands.is_with_key,
                           "the signing key too: keep such a backup as secret as the key");
  backup_command->callback([&commands, chosen] {
    chosen([&commands](const Output& output) { return backup(output, commands); });
  });
}

void add_restore(CLI::App& root, KeepingCommands& commands, const Chosen& chosen) {
  store::RestoreOptions& into = commands.restoring;
  auto* command = root.add_subcommand("restore", "Make a store from a backup, and verify it.");
  command->add_option("--from", into.from, "the backup; default: what is in --replacing");
  command->add_option("--data", commands.data, "the new directory, absent or empty")->required();
  command->add_option("--replacing", into.replacing,
                      "the directory that is given up: what it promised is asked for");
  command->add_option("--checkpoint", into.checkpoint, "a file with a checkpoint that you kept");
  command->add_option("--signing-key", into.signing_key,
                      "default: the backup's, or that in --replacing");
  command->add_flag("--accept-loss", commands.is_accepting_loss,
                    "restore what is there though more was promised, and record it");
  command->add_option("--reason", commands.lost_because, "why that is right; with --accept-loss");
  command->callback([&commands, chosen] {
    chosen([&commands](const Output& output) { return restore(output, commands); });
  });
}

void add_rebuild(CLI::App& root, KeepingCommands& commands, const Chosen& chosen) {
  auto* command =
      root.add_subcommand("rebuild", "Make the state and the search index from the log again.");
  command->add_option("--data", commands.data, "the directory of a stopped store")->required();
  command->add_flag("--state", commands.is_state, "only the state");
  command->add_flag("--search", commands.is_search, "only the search index");
  command->callback([&commands, chosen] {
    chosen([&commands](const Output& output) { return rebuild(output, commands); });
  });
}

void add_seal(CLI::App& root, KeepingCommands& commands, const Chosen& chosen) {
  CLI::App* const key = root.get_subcommand("key");  // The operations about API keys made it.
  auto* seal_command = key->add_subcommand("seal", "Seal a store's signing.key with a passphrase.");
  seal_command->add_option("--data", commands.data, "the directory of a stopped store")->required();
  seal_command->add_option("--seal-with", commands.seal_file, "the file with the passphrase")
      ->required();
  seal_command->callback(
      [&commands, chosen] { chosen([&commands](const Output&) { return seal(commands); }); });
  auto* unseal_command = key->add_subcommand("unseal", "Write the signing.key in the clear again.");
  unseal_command->add_option("--data", commands.data, "the directory of a stopped store")
      ->required();
  unseal_command->add_option("--seal-with", commands.seal_file,
                             "the file with the passphrase; default: ASSENT_SEAL_FILE");
  unseal_command->callback(
      [&commands, chosen] { chosen([&commands](const Output&) { return unseal(commands); }); });
}

}  // namespace

void add_keeping(CLI::App& root, KeepingCommands& commands, const Chosen& chosen) {
  add_backup(root, commands, chosen);
  add_restore(root, commands, chosen);
  add_rebuild(root, commands, chosen);
  add_seal(root, commands, chosen);
}

std::string seal_file_from_environment() {
  if (const char* const named = std::getenv("ASSENT_SEAL_FILE")) return named;
  const char* const credentials = std::getenv("CREDENTIALS_DIRECTORY");
  if (credentials == nullptr) return {};
  std::string path = std::string(credentials) + "/assent-seal";
  return access(path.c_str(), F_OK) == 0 ? path : std::string();
}

Exit explain(const Error& error) {
  print_error(error);
  switch (error.code) {
    case Code::rolled_back:
      std::fputs(kRollbackPage, stderr);
      return Exit::rolled_back;
    case Code::corrupt:
      return Exit::verification_failed;
    case Code::unavailable:
      return Exit::unavailable;
    default:
      return Exit::error;
  }
}

}  // namespace assent::cli
