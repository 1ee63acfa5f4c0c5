// `assent run -- CMD`: asks, waits, uses the grant, runs the command, tells how it ended.
//
// Its output is never sent: nobody knows which secrets a command prints. The result has the exit
// code or the signal, the proof names a file by its hash.
#pragma once

#include "edge/cli/session.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace assent::cli {

struct RunOptions {
  std::string tool;  // Empty: the command's base name.
  Json arguments = Json::object();
  std::optional<std::string> title, reason;
  std::optional<std::string> approval;  // Go on with this one instead of asking.
  std::chrono::seconds wait{300};
  std::chrono::seconds lease{300};    // Renewed each third of it; less where the approval says.
  std::chrono::seconds tell_for{60};  // How long to go on telling a server that does not answer.
  std::optional<std::string> proof;   // A file to upload once the command succeeded.
  std::vector<std::string> command;
};

// The command's own exit code if it ran; else one of Exit.
int run_command(const Session& session, const RunOptions& options);

}  // namespace assent::cli
