// One request on its way to its answer, which may come back on another thread and outlive the Api.
#pragma once

#include "app/runner.h"
#include "edge/http/observer.h"
#include "edge/net/message.h"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace assent::http {

// What is answering, in words that are ours and not the caller's.
struct Answerer {
  std::string_view operation = "no_such_path";
  std::string_view route = {};
};

// Its one answer goes through exactly one of the functions below, each of which seals it, has it
// counted and logged, and hands it over.
class Exchange {
 public:
  Exchange(net::Request request, net::Respond respond, TraceId trace,
           std::shared_ptr<Observer> observer);

  void answer(net::Response response) const;
  // With what the log is to say of it.
  void answer(net::Response response, std::string_view code, std::string_view why) const;
  void refuse(const Error& error) const;
  // The same in another form: the response says what the error does.
  void refuse(const Error& error, net::Response response) const;
  // With headers of its own, if any.
  void complete(const app::About& about, app::Completed completed,
                std::vector<net::Header> headers = {}) const;

  const net::Request& request() const { return request_; }
  const TraceId& trace() const { return trace_; }
  std::string_view path() const { return path_; }
  std::string_view query() const { return query_; }
  void set_answerer(Answerer answerer) { answerer_ = answerer; }

 private:
  void finish(net::Response response, Answered answered) const;

  const net::Request request_;
  const net::Respond respond_;
  const TraceId trace_;
  const std::shared_ptr<Observer> observer_;
  const std::chrono::steady_clock::time_point began_;
  std::string_view path_;
  std::string_view query_;
  Answerer answerer_;
};

}  // namespace assent::http
