// What every command that talks to the server has: a client, a way to print, and the environment.
#pragma once

#include "app/operation.h"
#include "base/random.h"
#include "edge/cli/cli.h"
#include "edge/cli/client.h"
#include "edge/cli/flags.h"
#include "edge/cli/output.h"

#include <optional>
#include <string>

namespace assent::cli {

// `--url`, or ASSENT_URL, or the local default; the key from ASSENT_KEY alone, never from
// arguments.
struct Target {
  std::string url;
  Secret key;
};
Target target_from_environment(const std::string& url_flag);

// TRACEPARENT, where whatever started this process said which trace it is part of.
std::optional<std::string> traceparent_from_environment();

struct Session {
  Client& client;
  Output output;
};

// An answer, taken apart.
struct Reply {
  HttpReply http;
  Json body;  // The whole JSON, or null where it is none.
  const Json& data() const;
};

// Sends and reads the answer. Code::unavailable if there was none.
Result<Reply> call(Client& client, HttpRequest request);

// Prints a failed answer and says how to end.
Exit fail(const Session& session, const Reply& reply);
Exit fail(const Error& error);

}  // namespace assent::cli
