// The composition root: read downwards it is the architecture; destruction is the shutdown.
#include "app/expire.h"
#include "app/prune_state.h"
#include "app/runner.h"
#include "base/log.h"
#include "base/random.h"
#include "base/time.h"
#include "base/version.h"
#include "edge/cli/cli.h"
#include "edge/cli/keeping_command.h"
#include "edge/execute/server_executor.h"
#include "edge/http/api.h"
#include "edge/http/openapi.h"
#include "edge/net/server.h"
#include "edge/witness/witnessing.h"
#include "store/store.h"

#include <csignal>
#include <cstdio>
#include <pthread.h>
#include <thread>

namespace {

using assent::LogLevel;
using assent::cli::Exit;
using assent::cli::explain;

// Signals are taken by one thread that waits for them, so that no handler runs anywhere.
sigset_t stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

Exit serve(const assent::cli::ServeOptions& options) {
  const sigset_t signals = stop_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // Before any thread is made: they inherit it.
  std::signal(SIGPIPE, SIG_IGN);

  assent::set_log_level(options.log_level);
  const assent::SystemClock clock;
  assent::SystemRandom random;
  auto store = assent::store::Store::open(
      {.directory = options.directory, .seal_file = options.seal_file}, clock, random);
  if (!store) return explain(store.error());
  assent::app::Runner runner(**store);
  assent::http::Api api(**store, runner);
  const assent::app::TenantTimer expiry(**store, assent::app::expiry_task());
  const assent::app::TenantTimer pruning(**store, assent::app::prune_task());
  const assent::execute::ServerExecutor executor(**store);
  auto witnessing = assent::witness::Witnessing::start(**store, options.directory, api);
  if (!witnessing) return explain(witnessing.error());
  auto server = assent::net::Server::listen({.host = options.host, .port = options.port},
                                            (*witnessing)->handler());
  if (!server) return explain(server.error());

  api.measure_witnessing([&witnessing] { return (*witnessing)->report(); });
  api.measure_connections([&server] { return (*server)->connections(); });

  std::printf("assent is ready on http://%s:%u\n", options.host.c_str(), (*server)->port());
  std::fflush(stdout);
  log_line(
      LogLevel::info, "server.started",
      {{"version", std::string(assent::kVersion)}, {"port", std::to_string((*server)->port())}});
  std::thread stopper([&] {
    int signal = 0;
    sigwait(&signals, &signal);
    log_line(LogLevel::info, "server.stopping", {{"signal", std::to_string(signal)}});
    api.stop_waiting();  // Or the drain would last as long as their patience.
    (*server)->stop();
  });
  (*server)->run();
  stopper.join();
  log_line(LogLevel::info, "server.drained");
  return Exit::done;
}

}  // namespace

int main(int argc, char** argv) {
  return assent::cli::run(
      argc, argv, {.serve = &serve, .openapi = [] { return assent::http::openapi_text(); }});
}
