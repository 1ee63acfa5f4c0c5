// The HTTP face: routes requests to operations and renders what came of them.
//
// Authenticates from the head, before a byte of the body is read; decodes on the io thread; hands
// the call to the runner; renders the answer on whatever thread it comes back. Thread-safe.
#pragma once

#include "app/runner.h"
#include "edge/http/exchange.h"
#include "edge/http/log_pages.h"
#include "edge/http/observer.h"
#include "edge/http/routes.h"
#include "edge/http/wait.h"
#include "edge/net/message.h"
#include "edge/witness/report.h"
#include "store/store.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace assent::http {

class Api final : public net::Handler {
 public:
  // Both must outlive this. Watches the store for changed approvals.
  Api(store::Store& store, app::Runner& runner);
  ~Api() override;  // Stops waiting. REQUIRES: no call of handle() is under way.
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  void handle(net::Request request, net::Respond respond) override;
  BodyLimit body_limit(const net::Request& head) override;
  net::Response protocol_error(int status) override;

  // Answers all who wait for an approval, and from now on everybody at once: before a server
  // drains, which would otherwise wait for their patience. Any number of times, from one thread at
  // a time.
  void stop_waiting();

  // What the metrics say of the connections; called within handle(). Set before the first request.
  void measure_connections(std::function<std::size_t()> open_connections);
  // What metrics and readiness say of witnesses. As above.
  void measure_witnessing(std::function<witness::Report()> report);

 private:
  // What the head of a request says, once it is known whose it is.
  struct Opening {
    Route route;
    Caller caller;
    std::string media_type;  // Of the body; empty where the head names none.
  };

  Result<Caller> authenticate(const net::Request& request) const;
  Result<Opening> open(const net::Request& head) const;
  Answerer answerer_of(const net::Request& head) const;
  net::Response refusal(const Error& error, const net::Request& head, const TraceId& trace) const;
  Result<app::Invocation> invocation_of(Exchange& exchange) const;
  void answer_plain(const std::shared_ptr<Exchange>& exchange);
  void answer_readiness(const Exchange& exchange) const;
  void answer_metrics(const std::shared_ptr<Exchange>& exchange);
  void answer_log(const std::shared_ptr<Exchange>& exchange, const LogPage& page);
  void run(const std::shared_ptr<Exchange>& exchange);
  void run_waiting(const std::shared_ptr<Exchange>& exchange, app::Invocation invocation,
                   std::chrono::seconds patience);

  store::Store& store_;
  app::Runner& runner_;
  Routes routes_;
  std::function<std::size_t()> open_connections_ = [] { return std::size_t{0}; };
  std::function<witness::Report()> witnessing_ = [] { return witness::Report{}; };
  // Shared with the store's writer and with requests under way, which may outlive this.
  std::shared_ptr<Observer> observer_;
  // Shared with the store's watcher and with reads under way, which may outlive this: they then
  // find it closed.
  std::shared_ptr<Waiters> waiters_;
};

}  // namespace assent::http
