// `assent run -- CMD`: asks, waits, uses the grant, runs the command, tells how it ended.
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
  std::vector<std::string> command;
};

// The command's own exit code if it ran; else one of Exit.
int run_command(const Session& session, const RunOptions& options);

}  // namespace assent::cli
