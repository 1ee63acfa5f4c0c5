#include "edge/http/exchange.h"

#include "edge/http/parts.h"
#include "edge/http/problem.h"
#include "edge/http/render.h"

#include <tuple>
#include <utility>

namespace assent::http {

namespace {

// What the log says of an error: its sentence only where it is our fault, for the others may name
// what the caller sent.
std::string_view told(const Error& error) {
  return status_of(error.code) >= 500 ? std::string_view(error.detail) : std::string_view();
}

}  // namespace

Exchange::Exchange(net::Request request, net::Respond respond, TraceId trace,
                   std::shared_ptr<Observer> observer)
    : request_(std::move(request)),
      respond_(std::move(respond)),
      trace_(std::move(trace)),
      observer_(std::move(observer)),
      began_(std::chrono::steady_clock::now()) {
  std::tie(path_, query_) = split_target(request_.target);
}

void Exchange::answer(net::Response response) const {
  answer(std::move(response), {}, {});
}

void Exchange::answer(net::Response response, std::string_view code, std::string_view why) const {
  finish(sealed(std::move(response), trace_), {.code = code, .why = why, .trace = trace_});
}

void Exchange::refuse(const Error& error) const {
  refuse(error, sealed(problem(error, trace_), trace_));
}

void Exchange::refuse(const Error& error, net::Response response) const {
  finish(std::move(response), {.code = wire_code(error.code), .why = told(error), .trace = trace_});
}

void Exchange::complete(const app::About& about, app::Completed completed,
                        std::vector<net::Header> headers) const {
  const TraceId trace = completed.trace;  // A replay's is the first answer's.
  std::string code;
  std::string fault;
  if (!completed.answer) {
    code = wire_code(completed.answer.error().code);
    fault = told(completed.answer.error());
  } else if (completed.answer->refused) {
    code = completed.answer->refused->code;
  }
  net::Response response = render(about, std::move(completed));
  for (auto& header : headers) response.headers.push_back(std::move(header));
  finish(std::move(response), {.code = code, .why = fault, .trace = trace});
}

// Counted before it is handed over, so that whoever has the answer finds it counted.
void Exchange::finish(net::Response response, Answered answered) const {
  answered.operation = answerer_.operation;
  answered.route = answerer_.route;
  answered.status = response.status;
  answered.duration = std::chrono::steady_clock::now() - began_;
  observer_->answered(answered);
  respond_(std::move(response));
}

}  // namespace assent::http
