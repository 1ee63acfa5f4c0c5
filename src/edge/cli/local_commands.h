// The commands that work on a data directory without a server.
#pragma once

#include "edge/cli/cli.h"
#include "edge/cli/output.h"

#include <string>

namespace assent::cli {

// `assent init`: makes the store and prints the first admin's key, this once.
Exit init(const Output& output, const std::string& directory, const std::string& host,
          const std::string& seal_file);

// `assent executor secret`: prints what signs the server's calls to a tenant's executors. Whoever
// can read the store's directory has it anyway; nobody is given it over the network.
Exit executor_secret(const Output& output, const std::string& directory, const std::string& tenant);

// `assent verify --data`: recomputes everything; names the first bad sequence. Works beside a
// server.
Exit verify(const Output& output, const std::string& directory);

}  // namespace assent::cli
