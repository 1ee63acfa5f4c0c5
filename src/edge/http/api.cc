#include "edge/http/api.h"

#include "base/canonical.h"
#include "edge/http/health.h"
#include "edge/http/log_pages.h"
#include "edge/http/openapi.h"
#include "edge/http/parts.h"
#include "edge/http/problem.h"
#include "edge/http/render.h"

#include <algorithm>
#include <utility>

namespace assent::http {

namespace {

constexpr std::chrono::seconds kWaitMax{60};

TraceId trace_of(const net::Request& request, Random& random) {
  const auto field = request.header("traceparent");
  if (field && request.count("traceparent") == 1) {
    if (const auto trace = trace_from_traceparent(*field)) return *trace;
  }
  return make_trace(random);
}

// Whether the head announces a body, as far as it knows: a chunked one may turn out empty.
bool announces_body(const net::Request& head) {
  return head.header("content-length").value_or("0").find_first_not_of('0') != std::string::npos;
}

bool is_get(const Route& route) {
  return route.operation->about.route.starts_with("GET ");
}

// Who answers a path of ours that no operation does, with GET and HEAD; nobody if it is another.
std::optional<Answerer> plain_answerer(std::string_view path) {
  if (path == "/livez") return Answerer{"livez", "GET /livez"};
  if (path == "/readyz") return Answerer{"readyz", "GET /readyz"};
  if (path == "/metrics") return Answerer{"metrics", "GET /metrics"};
  if (path == "/openapi.json") return Answerer{"openapi", "GET /openapi.json"};
  if (const auto page = log_page_from(path)) return http::answerer_of(*page);
  return std::nullopt;
}

bool is_plain(std::string_view path) {
  return plain_answerer(path).has_value();
}

// What the media type of a body may be, by kind of body.
bool is_accepted(app::BodyKind kind, std::string_view type) {
  switch (kind) {
    case app::BodyKind::json:
    case app::BodyKind::plan:
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

bool asks_plain(const net::Request& head) {
  return (head.method == "GET" || head.method == "HEAD") &&
         is_plain(split_target(head.target).first);
}

// The body's media type; empty where the head names none.
Result<std::string> media_type_of(const net::Request& head, const app::About& about) {
  const auto field = head.header("content-type");
  if (!field) {
    const bool may_lack =
        about.body == app::BodyKind::bytes || (head.body.empty() && !announces_body(head));
    if (may_lack) return std::string();
    return Error{Code::unsupported_media_type, "the body needs a Content-Type"};
  }
  const auto type = media_type_from(*field);
  if (!type || !is_accepted(about.body, *type) || head.count("content-type") != 1) {
    return Error{Code::unsupported_media_type, "this operation does not take that Content-Type"};
  }
  return *type;
}

// Takes `proof` off the parameters of a write: whether its answer is to carry a receipt.
Result<bool> take_proof(Parameters& query) {
  const auto is_proof = [](const auto& parameter) { return parameter.first == "proof"; };
  const auto found = std::ranges::find_if(query, is_proof);
  if (found == query.end()) return false;
  const std::string value = found->second;
  query.erase(found);
  if (std::ranges::none_of(query, is_proof) && (value == "true" || value == "false")) {
    return value == "true";
  }
  return Error{Code::validation_error, "proof is malformed", {{"proof", "must be true or false"}}};
}

// What makes two calls the same request: where they go, with which parameters, saying what.
Hash fingerprint_of(const Route& route, Parameters query, std::string_view body) {
  std::ranges::sort(query);  // Their order means nothing.
  std::string text(route.operation->about.route);
  const Parameters& sorted = query;
  for (const Parameters* parameters : {&route.path, &sorted}) {
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

// A body that is no object of fields, as the fingerprint sees it: JSON in its one spelling,
// anything else byte for byte.
std::string canonical_body(const net::Request& request, std::string_view media_type) {
  if (media_type != "application/json") return request.body;
  auto body = canonicalise(request.body);
  return body ? std::move(*body) : request.body;
}

}  // namespace

Api::Api(store::Store& store, app::Runner& runner)
    : store_(store),
      runner_(runner),
      routes_(app::operations()),
      observer_(std::make_shared<Observer>(store.clock().now())),
      waiters_(std::make_shared<Waiters>()) {
  store_.watch([waiters = waiters_](TenantNumber tenant, const ApprovalId& approval) {
    waiters->changed(tenant, approval);
  });
  store_.count([observer = observer_](const store::BatchReport& report) {
    observer->metrics().count_batch(report);
  });
}

Api::~Api() {
  stop_waiting();
}

void Api::measure_connections(std::function<std::size_t()> open_connections) {
  open_connections_ = std::move(open_connections);
}

void Api::measure_witnessing(std::function<witness::Report()> report) {
  witnessing_ = std::move(report);
}

void Api::stop_waiting() {
  waiters_->close();
}

Result<Caller> Api::authenticate(const net::Request& request) const {
  const auto field = request.header("authorization");
  const auto key =
      field && request.count("authorization") == 1 ? bearer_from(*field) : std::nullopt;
  auto caller = key ? store_.identities()->authenticate(*key, store_.clock().now()) : std::nullopt;
  if (!caller) return Error{Code::unauthenticated, "a valid API key is needed"};
  return std::move(*caller);
}

// Who asks comes before anything that is wrong with what is asked.
Result<Api::Opening> Api::open(const net::Request& head) const {
  const auto path = split_target(head.target).first;
  if (is_plain(path)) return Error{Code::method_not_allowed, "this path is only for reading"};
  auto route = TRY(routes_.find(head.method, path));
  auto caller = TRY(authenticate(head));
  Opening opening{.route = std::move(route), .caller = std::move(caller), .media_type = {}};
  if (!is_get(opening.route)) {
    opening.media_type = TRY(media_type_of(head, opening.route.operation->about));
  } else if (announces_body(head) || !head.body.empty()) {
    return Error{Code::validation_error, "a GET has no body"};
  }
  return opening;
}

Answerer Api::answerer_of(const net::Request& head) const {
  const auto path = split_target(head.target).first;
  if (const auto plain = plain_answerer(path)) return *plain;
  const auto route = routes_.find(head.method, path);
  if (!route) return {};
  return {route->operation->about.name, route->operation->about.route};
}

net::Response Api::refusal(const Error& error, const net::Request& head,
                           const TraceId& trace) const {
  auto response = problem(error, trace);
  if (error.code == Code::method_not_allowed) {
    const auto path = split_target(head.target).first;
    response.headers.emplace_back("Allow", is_plain(path) ? "GET, HEAD" : routes_.allowed(path));
  }
  return sealed(std::move(response), trace);
}

net::Handler::BodyLimit Api::body_limit(const net::Request& head) {
  if (asks_plain(head)) return {.bytes = 0};
  const auto opening = open(head);
  if (!opening) {
    const TraceId trace = trace_of(head, store_.random());
    const Answerer answerer = answerer_of(head);
    auto response = refusal(opening.error(), head, trace);
    observer_->answered({.operation = answerer.operation,
                         .route = answerer.route,
                         .status = response.status,
                         .code = wire_code(opening.error().code),
                         .trace = trace});
    return {.bytes = 0, .refusal = std::move(response)};
  }
  return {.bytes = opening->route.operation->about.body_bytes_max};
}

net::Response Api::protocol_error(int status) {
  const TraceId trace = make_trace(store_.random());
  observer_->answered(
      {.operation = "malformed", .status = status, .code = protocol_code(status), .trace = trace});
  return sealed(protocol_problem(status, trace), trace);
}

void Api::handle(net::Request request, net::Respond respond) {
  TraceId trace = trace_of(request, store_.random());
  const auto exchange = std::make_shared<Exchange>(std::move(request), std::move(respond),
                                                   std::move(trace), observer_);
  if (asks_plain(exchange->request())) return answer_plain(exchange);
  run(exchange);
}

Result<app::Invocation> Api::invocation_of(Exchange& exchange) const {
  const net::Request& request = exchange.request();
  Opening opening = TRY(open(request));
  const app::Operation& operation = *opening.route.operation;
  exchange.set_answerer({operation.about.name, operation.about.route});
  Parameters query = TRY(query_from(exchange.query()));
  const bool has_fields = operation.about.body == app::BodyKind::json && !is_get(opening.route);
  Json body = Json::object();
  if (has_fields && !request.body.empty()) body = TRY(parse_json(request.body));
  if (!body.is_object()) return Error{Code::validation_error, "the body must be an object"};

  app::Invocation invocation{.operation = &operation,
                             .call = nullptr,
                             .caller = std::move(opening.caller),
                             .trace = exchange.trace()};
  if (!is_get(opening.route)) invocation.wants_receipt = TRY(take_proof(query));
  if (const auto field = request.header("idempotency-key"); field && request.method == "POST") {
    invocation.idempotency_key = idempotency_key_from(*field);
    if (!invocation.idempotency_key || request.count("idempotency-key") != 1) {
      return Error{Code::validation_error,
                   "Idempotency-Key is malformed",
                   {{"Idempotency-Key", "must be 1 to 255 visible ASCII characters"}}};
    }
    invocation.fingerprint = fingerprint_of(
        opening.route, query,
        has_fields ? canonical_json(body) : canonical_body(request, opening.media_type));
  }
  const app::Source source{
      .path = opening.route.path, .query = query, .body = has_fields ? &body : nullptr};
  invocation.call =
      TRY(operation.decode(source, {.text = request.body, .content_type = opening.media_type}));
  return invocation;
}

void Api::run(const std::shared_ptr<Exchange>& exchange) {
  auto invocation = invocation_of(*exchange);
  if (!invocation) {
    const net::Request& request = exchange->request();
    exchange->set_answerer(answerer_of(request));
    return exchange->refuse(invocation.error(),
                            refusal(invocation.error(), request, exchange->trace()));
  }
  const app::About& about = invocation->operation->about;
  if (about.name == "get_approval") {
    const auto prefer = exchange->request().header("prefer");
    const auto patience = prefer ? wait_from(*prefer, kWaitMax) : std::nullopt;
    if (patience && patience->count() > 0) {
      return run_waiting(exchange, std::move(*invocation), *patience);
    }
  }
  runner_.run(std::move(*invocation), [exchange, &about](app::Completed completed) {
    exchange->complete(about, std::move(completed));
  });
}

// Registers before it reads, so that a change between the two is not missed; reads; and, if nothing
// is decided yet, leaves the answer to whoever wakes the waiter.
void Api::run_waiting(const std::shared_ptr<Exchange>& exchange, app::Invocation invocation,
                      std::chrono::seconds patience) {
  const app::About& about = invocation.operation->about;
  const auto answer = [exchange, patience, &about](app::Completed completed) {
    exchange->complete(about, std::move(completed),
                       {{"Preference-Applied", "wait=" + std::to_string(patience.count())}});
  };
  // From the beginning, because a key may be revoked while its owner waits.
  const auto read_again = [this, exchange, answer] {
    auto again = invocation_of(*exchange);
    if (!again) return exchange->refuse(again.error());
    runner_.run(std::move(*again), answer);
  };
  const auto route = routes_.find(exchange->request().method, exchange->path());
  const auto id = ApprovalId::parse(route->path.front().second);
  CHECK(id);  // It was decoded.
  const auto ticket = waiters_->wait(invocation.caller.tenant.number, *id, patience, read_again);
  if (ticket == 0) return runner_.run(std::move(invocation), answer);
  runner_.run(std::move(invocation),
              [waiters = waiters_, ticket, answer](app::Completed completed) {
                const bool is_pending = completed.answer && completed.answer->data.is_object() &&
                                        completed.answer->data.string_at("status") == "pending";
                // Whoever takes the ticket answers: this first read, or the wake that came
                // meanwhile.
                if (!is_pending && waiters->give_back(ticket)) answer(std::move(completed));
              });
}

void Api::answer_plain(const std::shared_ptr<Exchange>& exchange) {
  const std::string_view path = exchange->path();
  exchange->set_answerer(*plain_answerer(path));
  if (path == "/livez") {
    exchange->answer({.headers = {{"Content-Type", "text/plain"}}, .body = "ok\n"});
  } else if (path == "/readyz") {
    answer_readiness(*exchange);
  } else if (path == "/metrics") {
    answer_metrics(exchange);
  } else if (path == "/openapi.json") {
    exchange->answer({.headers = {{"Content-Type", "application/json"}}, .body = openapi_text()});
  } else {
    answer_log(exchange, *log_page_from(path));
  }
}

void Api::answer_readiness(const Exchange& exchange) const {
  const store::Health health = store_.health();
  auto response = readiness(health, witnessing_(), exchange.trace());
  if (health.is_ready()) return exchange.answer(std::move(response));
  exchange.answer(std::move(response), kNotReady, faults_of(health));
}

// The gauges of the state need a snapshot, so they are read on a reader thread. If none can be had,
// the page does without and says so: this is when somebody looks at it.
void Api::answer_metrics(const std::shared_ptr<Exchange>& exchange) {
  const auto answer = [exchange, observer = observer_, &store = store_,
                       connections = open_connections_(),
                       witnessing = witnessing_()](const store::Read* read) {
    Metrics& metrics = observer->metrics();
    const auto state =
        read == nullptr ? std::nullopt : metrics.state(read->connection(), read->now());
    exchange->answer({.headers = {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}},
                      .body = metrics.page({.health = store.health(),
                                            .log_events = store.events(),
                                            .connections = connections,
                                            .witnessing = witnessing,
                                            .state = state})});
  };
  const auto run = [answer](const Result<void>&, const store::Read* read) { answer(read); };
  const auto accepted = store_.read({.caller = {}, .run = run});
  if (!accepted) answer(nullptr);
}

// Signing and making the checkpoint durable takes the disk, so it runs on a reader thread.
// A published log is everybody's; of any other, nobody learns that it exists but its own readers.
void Api::answer_log(const std::shared_ptr<Exchange>& exchange, const LogPage& page) {
  const auto identities = store_.identities();
  const Tenant* const tenant = identities->tenant(page.tenant);
  if (tenant != nullptr && tenant->is_public) {
    const Caller anybody{.tenant = *tenant, .principal = {}, .key = std::nullopt};
    return answer_log_page(store_, exchange, anybody, page);
  }
  const auto caller = authenticate(exchange->request());
  if (!caller) return exchange->refuse(caller.error());
  if (caller->tenant.name != page.tenant ||
      !app::is_allowed(app::Permission::read, caller->principal)) {
    return exchange->refuse({Code::not_found, ""});
  }
  answer_log_page(store_, exchange, *caller, page);
}

}  // namespace assent::http
