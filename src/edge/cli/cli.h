// The command line: every operation as a command, and the commands that need no server.
#pragma once

#include "base/log.h"

#include <cstdint>
#include <functional>
#include <string>

namespace assent::cli {

// What a process says when it ends (API.md).
enum class Exit : int {
  done = 0,
  error = 1,
  usage = 2,
  refused = 3,
  expired = 4,
  pending = 5,
  conflict = 6,
  not_authorised = 7,
  verification_failed = 8,
  unavailable = 9,
  rolled_back = 10,  // The log is behind its own checkpoint, or not the one it promised.
};

struct ServeOptions {
  std::string directory;
  std::string host;
  std::string seal_file;  // With the passphrase of a sealed signing.key.
  std::uint16_t port = 0;
  LogLevel log_level = LogLevel::info;
};

// What main wires in, because the edges do not know each other.
struct Wiring {
  std::function<Exit(const ServeOptions&)> serve;
  std::function<std::string()> openapi;
};

// Runs the command that the arguments spell; returns the process's exit code.
int run(int argc, char** argv, const Wiring& wiring);

}  // namespace assent::cli
