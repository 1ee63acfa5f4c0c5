// `assent import FILE`: the rows of an audit table as events of the log (docs/importing.md).
#pragma once

#include "edge/cli/import/import_file.h"
#include "edge/cli/session.h"

#include <functional>
#include <string>

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11's own.
class App;
}

namespace assent::cli {

// What the parser writes into; lives as long as the tree of commands.
struct ImportOptions {
  std::string file;       // `-` is standard input.
  std::string format;     // Empty: what the file begins like.
  std::string client_id;  // Empty: the only one there is.
  std::string rejects;    // Where rows go that cannot be imported; empty: then nothing is sent.
  bool is_dry_run = false;
  bool is_utc_assumed = false;
};

void add_import(CLI::App& root, ImportOptions& options, const std::function<void()>& chosen);

int import_command(const Session& session, const ImportOptions& options);

}  // namespace assent::cli
