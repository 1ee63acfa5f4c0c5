// Reading the parts of a request that are not its body: target, query, header fields. Strict,
// because what two readers understand differently is how attacks hide. Pure.
//
// Sources: RFC 3986 (URI), RFC 9110 (fields), RFC 8941 (structured strings), RFC 7240 (Prefer),
// W3C Trace Context (traceparent).
#pragma once

#include "base/result.h"
#include "domain/event.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assent::http {

using Parameters = std::vector<std::pair<std::string, std::string>>;

// `%2F` and its kin. Nothing for a bad escape, a NUL or bytes that are not UTF-8.
std::optional<std::string> percent_decoded(std::string_view text);

// The path before `?`, and what follows it.
std::pair<std::string_view, std::string_view> split_target(std::string_view target);

// `a=1&b=2`, decoded, `+` meaning a space. Code::validation_error naming the parameter.
Result<Parameters> query_from(std::string_view query);

// The trace id of a traceparent field, or nothing if it is not well-formed.
std::optional<TraceId> trace_from_traceparent(std::string_view field);

// The key in `Authorization: Bearer <key>`.
std::optional<std::string_view> bearer_from(std::string_view field);

// An Idempotency-Key, quoted (RFC 8941) or bare: 1 to 255 visible ASCII characters.
std::optional<std::string> idempotency_key_from(std::string_view field);

// The seconds of `wait=N` in a Prefer field, at most `max`.
std::optional<std::chrono::seconds> wait_from(std::string_view field, std::chrono::seconds max);

// Whether an Accept-Encoding field says that gzip will do (RFC 9110 §12.5.3).
bool accepts_gzip(std::string_view field);

// `application/json` of `application/json; charset=utf-8`, in lower case. Nothing if another
// charset is named.
std::optional<std::string> media_type_from(std::string_view field);

}  // namespace assent::http
