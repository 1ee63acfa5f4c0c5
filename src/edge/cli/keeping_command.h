// Keeping a store: backup, restore, rebuild, and the key that a passphrase seals. All of it works
// on directories, without a server.
#pragma once

#include "base/result.h"
#include "edge/cli/output.h"
#include "store/keeping/restore.h"

#include <functional>
#include <string>

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11's own.
class App;
}

namespace assent::cli {

// What the parser writes into; lives as long as the tree of commands.
struct KeepingCommands {
  std::string data;
  std::string out;
  std::string seal_file;
  std::string lost_because;
  bool is_with_key = false;
  bool is_accepting_loss = false;
  bool is_search = false;
  bool is_state = false;
  store::RestoreOptions restoring;
};

// Adds the commands below `root`; when one is parsed, `chosen` is told what to run.
using Chosen = std::function<void(std::function<Exit(const Output&)>)>;
void add_keeping(CLI::App& root, KeepingCommands& commands, const Chosen& chosen);

// The file with the passphrase of a sealed key: ASSENT_SEAL_FILE, or the credential `assent-seal`
// that systemd hands over. Empty if there is neither.
std::string seal_file_from_environment();

// How a command on a directory ends that met this error. A rollback is explained on stderr: what
// was promised, what is there, what to do.
Exit explain(const Error& error);

}  // namespace assent::cli
