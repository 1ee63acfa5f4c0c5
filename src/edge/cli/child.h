// A command run in the foreground: it has the terminal, its output is nobody else's.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace assent::cli {

struct Ended {
  int exit_code = 0;  // As a shell says it: 127 where it could not run, 128 + n for a signal.
  std::optional<int> signal;
  std::optional<std::string> error;  // Unless it ended with 0.
};

// Says when it wants to be called again; nothing: never.
using Beat = std::function<std::optional<std::chrono::milliseconds>()>;

// Runs the command and waits for it. While it runs, `beat` is called when it asked to be, the first
// time after `first`. Interrupts of the terminal are the command's to handle, a SIGTERM or SIGHUP
// is passed on to it: whoever waits has yet to tell how it ended. Not thread-safe.
Ended run_child(const std::vector<std::string>& command, std::chrono::milliseconds first,
                const Beat& beat);

}  // namespace assent::cli
