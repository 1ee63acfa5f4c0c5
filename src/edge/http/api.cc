#include "edge/http/api.h"

#include "edge/http/openapi.h"
#include "edge/http/parts.h"
#include "edge/http/problem.h"
#include "edge/http/render.h"

#include <algorithm>
#include <utility>

namespace assent::http {

namespace {

constexpr std::chrono::seconds kWaitMax{60};
constexpr std::string_view kCheckpointPrefix = "/log/";
constexpr std::string_view kCheckpointSuffix = "/checkpoint";

TraceId trace_of(const net::Request& request, Random& random) {
  const auto field = request.header("traceparent");
  if (field) {
    if (const auto trace = trace_from_traceparent(*field)) return *trace;
  }
  return make_trace(random);
}

// What the media type of a body may be, by kind of body.
bool is_accepted(app::BodyKind kind, std::string_view type) {
  switch (kind) {
    case app::BodyKind::json:
      return type == "application/json";
    case app::BodyKind::events:
      return type == "application/json" || type == "application/x-ndjson";
    case app::BodyKind::document:
      return type == "application/yaml" || type == "application/x-yaml" || type == "text/yaml" ||
             type == "application/json";
    case app::BodyKind::bytes:
      return true;
  }
  return false;
}

// The body's media type; empty where there is no body.
Result<std::string> body_type_of(const net::Request& request, const app::About& about) {
  const auto field = request.header("content-type");
  if (!field) {
    const bool may_lack = request.body.empty() || about.body == app::BodyKind::bytes;
    if (may_lack) return std::string();
    return Error{Code::unsupported_media_type, "the body needs a Content-Type"};
  }
  const auto type = media_type_from(*field);
  if (!type || !is_accepted(about.body, *type)) {
    return Error{Code::unsupported_media_type, "this operation does not take that Content-Type"};
  }
  return *type;
}

// What makes two calls the same request: where they go, with which parameters, saying what.
Hash fingerprint_of(const Route& route, const Parameters& query, std::string_view body) {
  std::string text(route.operation->about.route);
  for (const Parameters* parameters : {&route.path, &query}) {
    for (const auto& [name, value] : *parameters) {
      text += '\n';
      append_json_string(text, name);
      append_json_string(text, value);
    }
  }
  text += "\n\n";
  text += body;
  return sha256(text);
}

}  // namespace

// One request on its way to its answer. Shared, because the answer comes back on another thread.
struct Api::Exchange {
  net::Request request;
  net::Respond respond;
  TraceId trace;
  std::string_view path;
  std::string_view query;

  void refuse(const Error& error) const { respond(problem(error, trace)); }
};

Api::Api(store::Store& store, app::Runner& runner)
    : store_(store), runner_(runner), routes_(app::operations()) {
  store_.watch([this](TenantNumber tenant, const ApprovalId& approval) {
    waiters_.changed(tenant, approval);
  });
}

Result<Caller> Api::authenticate(const net::Request& request) const {
  const auto field = request.header("authorization");
  const auto key =
      field && request.count("authorization") == 1 ? bearer_from(*field) : std::nullopt;
  auto caller = key ? store_.identities()->authenticate(*key, store_.clock().now()) : std::nullopt;
  if (!caller) return Error{Code::unauthenticated, "a valid API key is needed"};
  return std::move(*caller);
}

net::Handler::BodyLimit Api::body_limit(const net::Request& head) {
  const auto path = split_target(head.target).first;
  const auto route = routes_.find(head.method, path);
  if (!route) return {.bytes = 0};  // handle() says why; there is nothing to read.
  const TraceId trace = trace_of(head, store_.random());
  const auto caller = authenticate(head);
  if (!caller) return {.bytes = 0, .refusal = problem(caller.error(), trace)};
  return {.bytes = route->operation->about.body_bytes_max};
}

net::Response Api::protocol_error(int status) {
  const auto code = status == 413   ? Code::too_large
                    : status == 503 ? Code::overloaded
                                    : Code::validation_error;
  auto response = problem(Error{code, "the request is not well-formed HTTP or is too large"},
                          make_trace(store_.random()));
  response.status = status;
  return response;
}

void Api::handle(net::Request request, net::Respond respond) {
  const auto exchange = std::make_shared<Exchange>();
  exchange->request = std::move(request);
  exchange->respond = std::move(respond);
  exchange->trace = trace_of(exchange->request, store_.random());
  std::tie(exchange->path, exchange->query) = split_target(exchange->request.target);
  if (handle_plain(exchange)) return;
  run(exchange);
}

Result<app::Invocation> Api::invocation_of(const Exchange& exchange) const {
  const net::Request& request = exchange.request;
  Route route = TRY(routes_.find(request.method, exchange.path));
  const app::Operation& operation = *route.operation;
  app::Invocation invocation{.operation = &operation,
                             .call = nullptr,
                             .caller = TRY(authenticate(request)),
                             .trace = exchange.trace};
  const Parameters query = TRY(query_from(exchange.query));
  if (request.method == "GET" && !request.body.empty()) {
    return Error{Code::validation_error, "a GET has no body"};
  }
  const std::string type = TRY(body_type_of(request, operation.about));

  const bool has_fields = operation.about.body == app::BodyKind::json && request.method != "GET";
  Json body = Json::object();
  if (has_fields && !request.body.empty()) body = TRY(parse_json(request.body));
  if (!body.is_object()) return Error{Code::validation_error, "the body must be an object"};
  if (const auto field = request.header("idempotency-key"); field && request.method == "POST") {
    invocation.idempotency_key = idempotency_key_from(*field);
    if (!invocation.idempotency_key || request.count("idempotency-key") != 1) {
      return Error{Code::validation_error,
                   "Idempotency-Key is malformed",
                   {{"Idempotency-Key", "must be 1 to 255 visible ASCII characters"}}};
    }
    invocation.fingerprint =
        fingerprint_of(route, query, has_fields ? canonical_json(body) : request.body);
  }
  const app::Source source{
      .path = route.path, .query = query, .body = has_fields ? &body : nullptr};
  invocation.call = TRY(operation.decode(source, {.text = request.body, .content_type = type}));
  return invocation;
}

void Api::run(const std::shared_ptr<Exchange>& exchange) {
  auto invocation = invocation_of(*exchange);
  if (!invocation) {
    auto response = problem(invocation.error(), exchange->trace);
    if (response.status == 405) {
      response.headers.emplace_back("Allow", routes_.allowed(exchange->path));
    }
    return exchange->respond(std::move(response));
  }
  if (invocation->operation->about.name == "get_approval") {
    const auto prefer = exchange->request.header("prefer");
    const auto patience = prefer ? wait_from(*prefer, kWaitMax) : std::nullopt;
    if (patience && patience->count() > 0) return run_waiting(exchange, *patience);
  }
  const app::About& about = invocation->operation->about;
  runner_.run(std::move(*invocation), [exchange, &about](app::Completed completed) {
    exchange->respond(render(about, std::move(completed)));
  });
}

// Registers before it reads, so that a change between the two is not missed; reads; and, if nothing
// is decided yet, leaves the answer to whoever wakes the waiter.
void Api::run_waiting(const std::shared_ptr<Exchange>& exchange, std::chrono::seconds patience) {
  const auto read = [this, exchange, patience](std::function<void(app::Completed)> done) {
    auto invocation = invocation_of(*exchange);
    if (!invocation) return exchange->refuse(invocation.error());
    runner_.run(std::move(*invocation), std::move(done));
  };
  const auto answer = [exchange, patience](app::Completed completed) {
    auto response = render(app::find_operation("get_approval")->about, std::move(completed));
    response.headers.emplace_back("Preference-Applied", "wait=" + std::to_string(patience.count()));
    exchange->respond(std::move(response));
  };
  const auto route = routes_.find(exchange->request.method, exchange->path);
  const auto caller = authenticate(exchange->request);
  const auto id = route ? ApprovalId::parse(route->path.front().second) : std::nullopt;
  if (!caller || !id) return read(answer);  // Which refuses it.
  const auto ticket =
      waiters_.wait(caller->tenant.number, *id, patience, [read, answer] { read(answer); });
  if (ticket == 0) return read(answer);
  read([this, ticket, answer](app::Completed completed) {
    const bool is_pending = completed.answer && completed.answer->data.is_object() &&
                            completed.answer->data.string_at("status") == "pending";
    // Whoever takes the ticket answers: this first read, or the wake that came meanwhile.
    if (!is_pending && waiters_.give_back(ticket)) answer(std::move(completed));
  });
}

net::Response Api::health(const TraceId& trace) const {
  const auto health = store_.health();
  if (!health.is_writable) {
    return problem(Error{Code::unavailable, "the store is read-only since it found damage"}, trace);
  }
  const Json body = Json::object({{"status", "ready"},
                                  {"searchLag", health.search_lag},
                                  {"writeQueue", static_cast<std::int64_t>(health.write_queue)}});
  return {
      .status = 200, .headers = {{"Content-Type", "application/json"}}, .body = json_text(body)};
}

bool Api::handle_plain(const std::shared_ptr<Exchange>& exchange) {
  const std::string_view path = exchange->path;
  if (exchange->request.method != "GET" && exchange->request.method != "HEAD") return false;
  if (path == "/livez") {
    exchange->respond({.headers = {{"Content-Type", "text/plain"}}, .body = "ok\n"});
  } else if (path == "/readyz") {
    exchange->respond(health(exchange->trace));
  } else if (path == "/openapi.json") {
    exchange->respond({.headers = {{"Content-Type", "application/json"}}, .body = openapi_text()});
  } else if (path.starts_with(kCheckpointPrefix) && path.ends_with(kCheckpointSuffix) &&
             path.size() > kCheckpointPrefix.size() + kCheckpointSuffix.size()) {
    answer_checkpoint(
        exchange, path.substr(kCheckpointPrefix.size(),
                              path.size() - kCheckpointPrefix.size() - kCheckpointSuffix.size()));
  } else {
    return false;
  }
  return true;
}

// Signing and making the checkpoint durable takes the disk, so it runs on a reader thread.
void Api::answer_checkpoint(const std::shared_ptr<Exchange>& exchange, std::string_view tenant) {
  const auto caller = authenticate(exchange->request);
  if (!caller) return exchange->refuse(caller.error());
  if (caller->tenant.name != tenant || !app::is_allowed(app::Permission::read, caller->principal)) {
    return exchange->refuse({Code::not_found, ""});
  }
  const auto run = [this, exchange](Result<void> result, const store::Read* read) {
    if (!result) return exchange->refuse(result.error());
    const auto note = store_.checkpoint(read->tenant());
    if (!note) return exchange->refuse(note.error());
    exchange->respond(
        {.status = 200,
         .headers = {{"Content-Type", "text/plain; charset=utf-8"}, {"Cache-Control", "max-age=1"}},
         .body = *note});
  };
  const auto accepted = store_.read({.caller = *caller, .run = run});
  if (!accepted) exchange->refuse(accepted.error());
}

}  // namespace assent::http
