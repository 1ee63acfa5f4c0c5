// `assent export`: a bundle of evidence, from a store's directory or from a server.
#pragma once

#include "edge/cli/session.h"

#include <functional>
#include <string>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11's own.
class App;
}

namespace assent::cli {

// What was given, as it was spelt; empty: not given.
struct ExportOptions {
  std::string directory;  // Else a server is asked.
  std::string tenant = "default";
  std::string out;
  std::string from, to, since, until;
  std::string approval, type, actor, subject, target, outcome, correlation_id, trace_id;
  std::string checkpoint;  // A file.
  std::string key;         // A verifier key.
  bool is_complete = false;
  bool with_csv = false;
  std::vector<std::string> dialects;
};

// Adds the command to the root; `chosen` is called when it was given.
void add_export(CLI::App& root, ExportOptions& options, const std::function<void()>& chosen);

// `url` is the flag's, or empty.
Exit export_command(const Output& output, const std::string& url, const ExportOptions& options);

}  // namespace assent::cli
