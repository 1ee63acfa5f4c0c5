// The one place that knows status codes: from errors and refusals to what HTTP says.
//
// Sources: RFC 9110 (statuses), RFC 9457 (problem+json), API.md (codes). Pure.
#pragma once

#include "base/result.h"
#include "domain/event.h"
#include "domain/refusal.h"
#include "edge/net/message.h"

#include <string>
#include <string_view>

namespace assent::http {

int status_of(Code code);
std::string_view wire_code(Code code);
int status_of_refusal(std::string_view code);

// The whole answer. The body is a problem document that also carries the `error` envelope.
net::Response problem(const Error& error, const TraceId& trace);
// `meta`, if it has members, goes along: a refusal is a write, too, and may have its receipt.
net::Response problem(const Refused& refused, const TraceId& trace,
                      const Json& meta = Json::object());

// For a server that should not get requests now: 503 with what is amiss, as a sentence and by name.
inline constexpr std::string_view kNotReady = "NOT_READY";
net::Response not_ready(std::string message, const Json& details, const TraceId& trace);

// For bytes that never became a request: 400, 408, 413, 431, or 503 where there is no room.
net::Response protocol_problem(int status, const TraceId& trace);
std::string_view protocol_code(int status);

}  // namespace assent::http
