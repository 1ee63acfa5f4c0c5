// `assent verify`: a store, a bundle or a log's pages, checked by whoever trusts none of them.
#pragma once

#include "edge/cli/cli.h"
#include "edge/cli/output.h"

#include <string>
#include <vector>

namespace assent::cli {

// Exactly one of `directory`, `bundle` and `url` is not empty.
struct VerifyOptions {
  std::string directory;
  std::string bundle;
  std::string url;                        // The server's.
  std::string tenant;                     // Whose log, at the URL.
  std::string key;                        // The verifier key that was kept; empty: none was.
  std::vector<std::string> against = {};  // Files with checkpoints that were kept.
  std::string state = {};                 // The file that remembers the last verified head.
  bool is_progress_wanted = false;        // Also where stderr is no terminal.
};

// Prints what was verified and what it proves, or the first thing that is wrong.
Exit verify(const Output& output, const VerifyOptions& options);

}  // namespace assent::cli
