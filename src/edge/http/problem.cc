#include "edge/http/problem.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace assent::http {

namespace {

struct Problem {
  int status;
  std::string_view code;
  std::string message;
  const Json* details = nullptr;
  const std::vector<FieldError>* fields = nullptr;
  const Json* meta = nullptr;
};

std::string_view title_of(int status) {
  static constexpr std::array kTitles = {std::pair{400, "Bad Request"},
                                         std::pair{401, "Unauthorized"},
                                         std::pair{403, "Forbidden"},
                                         std::pair{404, "Not Found"},
                                         std::pair{405, "Method Not Allowed"},
                                         std::pair{408, "Request Timeout"},
                                         std::pair{409, "Conflict"},
                                         std::pair{410, "Gone"},
                                         std::pair{413, "Content Too Large"},
                                         std::pair{415, "Unsupported Media Type"},
                                         std::pair{422, "Unprocessable Content"},
                                         std::pair{428, "Precondition Required"},
                                         std::pair{429, "Too Many Requests"},
                                         std::pair{431, "Request Header Fields Too Large"},
                                         std::pair{503, "Service Unavailable"}};
  const auto* found = std::ranges::find(kTitles, status, &std::pair<int, const char*>::first);
  return found == kTitles.end() ? "Internal Server Error" : found->second;
}

// `EVIDENCE_STALE` as the last part of a problem type's URI reference.
std::string type_of(std::string_view code) {
  std::string type = "/problems/";
  for (const char c : code) type += c == '_' ? '-' : static_cast<char>(c | 0x20);
  return type;
}

net::Response render(const Problem& problem, const TraceId& trace) {
  const std::string id = trace_uuid(trace);
  Json error =
      Json::object({{"code", problem.code}, {"message", problem.message}, {"traceId", id}});
  if (problem.details != nullptr && !problem.details->members().empty()) {
    error.set("details", *problem.details);
  }
  if (problem.fields != nullptr && !problem.fields->empty()) {
    Json list = Json::array();
    for (const FieldError& field : *problem.fields) {
      list.push(Json::object({{"path", field.path}, {"message", field.message}}));
    }
    error.set("fieldErrors", std::move(list));
  }
  Json body = Json::object({{"type", type_of(problem.code)},
                            {"title", title_of(problem.status)},
                            {"status", problem.status},
                            {"detail", problem.message},
                            {"code", problem.code},
                            {"traceId", id},
                            {"error", std::move(error)}});
  if (problem.meta != nullptr && !problem.meta->members().empty()) body.set("meta", *problem.meta);
  net::Response response{
      .status = problem.status,
      .headers = {{"Content-Type", "application/problem+json"}, {"X-Trace-Id", id}},
      .body = json_text(body)};
  if (problem.status == 503) response.headers.emplace_back("Retry-After", "1");
  if (problem.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

// Absent and foreign must not differ in a byte, so neither may say more than this.
constexpr std::string_view kNotFound = "there is no such thing here";

// What the caller may not be told: what is in another tenant, and the faults of ours. Nothing where
// the error speaks for itself.
std::optional<std::string_view> constant_message(Code code) {
  if (code == Code::not_found) return kNotFound;
  if (code == Code::internal) return "something went wrong on our side";
  if (code == Code::corrupt || code == Code::rolled_back) {
    return "the store found damage and accepts no writes";
  }
  return std::nullopt;
}

}  // namespace

int status_of(Code code) {
  switch (code) {
    case Code::validation_error:
      return 400;
    case Code::unprocessable:
      return 422;
    case Code::unauthenticated:
      return 401;
    case Code::insufficient_permissions:
    case Code::reserved_event_type:
      return 403;
    case Code::not_found:
      return 404;
    case Code::method_not_allowed:
      return 405;
    case Code::invalid_state:
    case Code::idempotency_conflict:
      return 409;
    case Code::expired:
      return 410;
    case Code::precondition_required:
      return 428;
    case Code::too_large:
      return 413;
    case Code::unsupported_media_type:
      return 415;
    case Code::rate_limited:
      return 429;
    case Code::unavailable:
    case Code::overloaded:
    case Code::uncertain:
    case Code::corrupt:
    case Code::rolled_back:
    case Code::not_ready:
      return 503;
    case Code::internal:
      return 500;
  }
  return 500;
}

std::string_view wire_code(Code code) {
  switch (code) {
    case Code::validation_error:
    case Code::unprocessable:
      return "VALIDATION_ERROR";
    case Code::unauthenticated:
      return "UNAUTHENTICATED";
    case Code::insufficient_permissions:
      return "INSUFFICIENT_PERMISSIONS";
    case Code::reserved_event_type:
      return "RESERVED_EVENT_TYPE";
    case Code::not_found:
      return "NOT_FOUND";
    case Code::method_not_allowed:
      return "METHOD_NOT_ALLOWED";
    case Code::invalid_state:
      return "INVALID_STATE";
    case Code::idempotency_conflict:
      return "IDEMPOTENCY_CONFLICT";
    case Code::expired:
      return "EXPIRED";
    case Code::precondition_required:
      return "PRECONDITION_REQUIRED";
    case Code::too_large:
      return "PAYLOAD_TOO_LARGE";
    case Code::unsupported_media_type:
      return "UNSUPPORTED_MEDIA_TYPE";
    case Code::rate_limited:
      return "RATE_LIMITED";
    case Code::unavailable:
    case Code::corrupt:
    case Code::rolled_back:
      return "AUDIT_UNAVAILABLE";
    case Code::overloaded:
    case Code::not_ready:
      return "OVERLOADED";
    case Code::uncertain:
      return "UNCERTAIN";
    case Code::internal:
      return "INTERNAL_ERROR";
  }
  return "INTERNAL_ERROR";
}

int status_of_refusal(std::string_view code) {
  if (code == "NOT_FOUND") return 404;
  if (code == "EXPIRED") return 410;
  for (const std::string_view who : {"INSUFFICIENT_PERMISSIONS", "SELF_APPROVAL_FORBIDDEN",
                                     "HUMAN_ACTOR_REQUIRED", "STEP_UP_REQUIRED"}) {
    if (code == who) return 403;
  }
  return 409;
}

net::Response problem(const Error& error, const TraceId& trace) {
  Problem said{.status = status_of(error.code), .code = wire_code(error.code), .message = {}};
  if (const auto constant = constant_message(error.code)) {
    said.message = *constant;
  } else {
    said.message = error.detail;
    said.fields = &error.fields;
  }
  return render(said, trace);
}

net::Response problem(const Refused& refused, const TraceId& trace, const Json& meta) {
  if (refused.code == wire_code(Code::not_found)) return problem(Error{Code::not_found, {}}, trace);
  return render({.status = status_of_refusal(refused.code),
                 .code = refused.code,
                 .message = refused.message,
                 .details = &refused.details,
                 .meta = &meta},
                trace);
}

net::Response not_ready(std::string message, const Json& details, const TraceId& trace) {
  return render(
      {.status = 503, .code = kNotReady, .message = std::move(message), .details = &details},
      trace);
}

std::string_view protocol_code(int status) {
  if (status == 413 || status == 431) return wire_code(Code::too_large);
  return wire_code(status == 503 ? Code::overloaded : Code::validation_error);
}

net::Response protocol_problem(int status, const TraceId& trace) {
  Problem said{.status = status,
               .code = protocol_code(status),
               .message = "the request is not well-formed HTTP"};
  if (status == 408) said.message = "the request did not arrive in time";
  if (status == 413) said.message = "the body is too large";
  if (status == 431) said.message = "the request's head is too large";
  if (status == 503) said.message = "there are too many connections";
  return render(said, trace);
}

}  // namespace assent::http
