// The HTTP face: routes requests to operations and renders what came of them.
//
// Authenticates from the head, before a byte of the body is read; decodes on the io thread; hands
// the call to the runner; renders the answer on whatever thread it comes back. Thread-safe.
#pragma once

#include "app/runner.h"
#include "edge/http/routes.h"
#include "edge/http/wait.h"
#include "edge/net/message.h"
#include "store/store.h"

#include <memory>
#include <string>

namespace assent::http {

class Api final : public net::Handler {
 public:
  // Both must outlive this. Watches the store for changed approvals.
  Api(store::Store& store, app::Runner& runner);

  void handle(net::Request request, net::Respond respond) override;
  BodyLimit body_limit(const net::Request& head) override;
  net::Response protocol_error(int status) override;

 private:
  struct Exchange;

  Result<Caller> authenticate(const net::Request& request) const;
  Result<app::Invocation> invocation_of(const Exchange& exchange) const;
  bool handle_plain(const std::shared_ptr<Exchange>& exchange);
  void answer_checkpoint(const std::shared_ptr<Exchange>& exchange, std::string_view tenant);
  void run(const std::shared_ptr<Exchange>& exchange);
  void run_waiting(const std::shared_ptr<Exchange>& exchange, std::chrono::seconds patience);
  net::Response health(const TraceId& trace) const;

  store::Store& store_;
  app::Runner& runner_;
  Routes routes_;
  Waiters waiters_;
};

}  // namespace assent::http
