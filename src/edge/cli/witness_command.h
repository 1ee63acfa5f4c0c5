// The commands of a witness that work on a data directory without a server.
#pragma once

#include "edge/cli/cli.h"
#include "edge/cli/output.h"

#include <string>

namespace assent::cli {

// `assent witness key`: the verifier key of this store's cosignatures, for the policies of those
// whose logs it witnesses. Works beside a server.
Exit witness_key(const Output& output, const std::string& directory);

}  // namespace assent::cli
