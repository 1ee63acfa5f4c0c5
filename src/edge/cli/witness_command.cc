#include "edge/cli/witness_command.h"

#include "edge/cli/keeping_command.h"
#include "store/store.h"

namespace assent::cli {

Exit witness_key(const Output& output, const std::string& directory) {
  const auto cosigner = store::Store::cosigner(directory, seal_file_from_environment());
  if (!cosigner) {
    print_error(cosigner.error());
    return Exit::error;
  }
  print(output, Json::object({{"verifierKey", cosigner->verifier_key().text()}}));
  return Exit::done;
}

}  // namespace assent::cli
