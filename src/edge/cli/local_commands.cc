#include "edge/cli/local_commands.h"

#include "base/random.h"
#include "base/time.h"
#include "edge/cli/keeping_command.h"
#include "edge/execute/webhook.h"
#include "store/store.h"

#include <cstdio>

namespace assent::cli {

Exit init(const Output& output, const std::string& directory, const std::string& host,
          const std::string& seal_file) {
  const SystemClock clock;
  SystemRandom random;
  const auto made = store::Store::create(directory, host, clock, random, seal_file);
  if (!made) {
    print_error(made.error());
    return Exit::error;
  }
  print(output, Json::object({{"tenant", made->tenant},
                              {"adminKey", made->admin_key},
                              {"verifierKey", made->verifier_key}}));
  if (output.format == Format::table) {
    std::fputs("Keep the admin key now: it is shown this once.\n", stderr);
  }
  return Exit::done;
}

Exit executor_secret(const Output& output, const std::string& directory,
                     const std::string& tenant) {
  const auto secret =
      store::Store::executor_secret(directory, tenant, seal_file_from_environment());
  if (!secret) {
    print_error(secret.error());
    return Exit::error;
  }
  print(output, Json::object({{"tenant", tenant}, {"secret", execute::secret_text(*secret)}}));
  return Exit::done;
}

}  // namespace assent::cli
