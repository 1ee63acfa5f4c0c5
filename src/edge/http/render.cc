#include "edge/http/render.h"

#include "base/canonical.h"
#include "base/text.h"
#include "edge/http/problem.h"

#include <algorithm>
#include <utility>

namespace assent::http {

namespace {

net::Response raw_response(app::Answer answer) {
  return {.status = 200,
          .headers = {{"Content-Type", std::move(answer.content_type)},
                      {"Content-Disposition", "attachment"}},
          .body = std::move(*answer.raw)};
}

// API.md: `meta.receipt`. Null: nothing was recorded, or no checkpoint could be made durable.
// As text, because there are as many as there are writes.
std::string receipt_text(const std::optional<store::Receipt>& receipt) {
  if (!receipt) return "null";
  std::string text = R"({"sequence":)" + std::to_string(receipt->sequence);
  text += R"(,"leafHash":")" + to_base64(as_bytes(receipt->leaf));
  text += R"(","checkpoint":)";
  append_json_string(text, receipt->checkpoint);
  text += R"(,"inclusionProof":[)";
  for (std::size_t i = 0; i < receipt->path.size(); ++i) {
    text += (i == 0 ? "\"" : ",\"") + to_base64(as_bytes(receipt->path[i])) + '"';
  }
  return text + "]}";
}

net::Response envelope(const app::About& about, const app::Completed& completed) {
  const app::Answer& answer = *completed.answer;
  const std::string id = trace_uuid(completed.trace);
  std::string body = R"({"data":)";
  body += answer.data_text ? *answer.data_text : json_text(answer.data);
  body += R"(,"meta":{"traceId":")" + id + '"';
  if (answer.next_cursor) {
    body += R"(,"nextCursor":)";
    append_json_string(body, *answer.next_cursor);
  }
  if (completed.wanted_receipt) body += R"(,"receipt":)" + receipt_text(answer.receipt);
  body += "}}";
  return {.status = about.is_creation ? 201 : 200,
          .headers = {{"Content-Type", "application/json"}},
          .body = std::move(body)};
}

}  // namespace

net::Response render(const app::About& about, app::Completed completed) {
  net::Response response;
  if (!completed.answer) {
    response = problem(completed.answer.error(), completed.trace);
  } else if (completed.answer->refused) {
    Json meta = Json::object();
    if (completed.wanted_receipt) {
      meta.set("traceId", trace_uuid(completed.trace));
      meta.set("receipt", *parse_json(receipt_text(completed.answer->receipt)));
    }
    response = problem(*completed.answer->refused, completed.trace, meta);
  } else if (completed.answer->raw) {
    response = raw_response(std::move(*completed.answer));
  } else {
    response = envelope(about, completed);
  }
  if (completed.is_replay) response.headers.emplace_back("Idempotency-Replayed", "true");
  return sealed(std::move(response), completed.trace);
}

net::Response sealed(net::Response response, const TraceId& trace) {
  const auto set_default = [&](std::string_view name, std::string value) {
    const auto has_it = [&](const net::Header& header) { return header.first == name; };
    if (std::ranges::none_of(response.headers, has_it)) {
      response.headers.emplace_back(name, std::move(value));
    }
  };
  set_default("X-Trace-Id", trace_uuid(trace));
  set_default("X-Content-Type-Options", "nosniff");
  set_default("Cache-Control", "no-store");
  return response;
}

}  // namespace assent::http
