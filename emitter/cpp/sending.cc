#include "emitter/cpp/sending.h"

#include "base/json.h"
#include "emitter/cpp/json_read.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace assent::emitter {
namespace {

constexpr std::string_view kUserAgent = "assent-emitter-cpp/1";

Request make_request(const char* method, const char* path, const std::string& key,
                     const char* content_type, std::string body) {
  return {.method = method,
          .path = path,
          .headers = {{"Authorization", "Bearer " + key},
                      {"Content-Type", content_type},
                      {"User-Agent", std::string(kUserAgent)}},
          .body = std::move(body)};
}

// The event is at fault, and will be tomorrow. All else may pass: a server that is down, a key that
// is not there yet.
bool is_final(int status, Patience patience) {
  constexpr int kFinal[] = {400, 409, 413, 415, 422};
  if (std::ranges::find(kFinal, status) != std::end(kFinal)) return true;
  return patience == Patience::single && (status == 401 || status == 403);
}

// What the server says in its own words, in one line.
std::string reason_in(const Json& error) {
  std::string reason;
  if (const Json* const fields = error.find("fieldErrors"); fields && fields->is_array()) {
    for (const Json& field : fields->items()) {
      const auto path = field.string_at("path");
      const auto message = field.string_at("message");
      if (!path || !message) continue;
      if (!reason.empty()) reason += "; ";
      reason.append(*path).append(" ").append(*message);
    }
  }
  if (!reason.empty()) return reason;
  for (const std::string_view member : {"detail", "message"}) {
    if (const auto text = error.string_at(member)) return std::string(*text);
  }
  return "no reason given";
}

// Whether a 403 is of the event and not of the key: nobody with this key may say so of it, and that
// must not stop the others.
bool is_of_event(const Json& error) {
  const Json* const fields = error.find("fieldErrors");
  if (fields == nullptr || !fields->is_array()) return false;
  return std::ranges::any_of(fields->items(), [](const Json& field) {
    std::string_view path = field.string_at("path").value_or("");
    // In a batch it is `events[3].type`.
    if (const std::size_t end = path.find("]."); path.starts_with("events[") && end < path.size()) {
      path.remove_prefix(end + 2);
    }
    return path == "type" || path == "causationId";
  });
}

// What an answer that is no success says. Only the server's own word is final: what stands on the
// way to it may answer 413 or 403 for its own reasons.
std::variant<Json, Error, Later> no(const Answer& answer, Patience patience) {
  const auto body = read_json(answer.body);
  const Json* const error = body ? body->find("error") : nullptr;
  std::string_view code;
  if (error != nullptr) code = error->string_at("code").value_or("");
  const bool is_ours = !code.empty();
  std::string message = std::to_string(answer.status);
  if (is_ours) message.append(" ").append(code).append(":");
  message += " " + (error != nullptr ? reason_in(*error) : "no reason given");
  const bool is_final_here =
      is_final(answer.status, patience) || (answer.status == 403 && is_ours && is_of_event(*error));
  if (is_ours && is_final_here) {
    return Error{.fault = Fault::refused, .message = std::move(message), .status = answer.status};
  }
  return Later{.reason = std::move(message),
               .after = answer.retry_after,
               .is_too_large = answer.status == 413};
}

std::optional<Receipt> receipt_in(const Json& data, const std::string& id) {
  const auto said = data.string_at("id");
  const auto sequence = data.integer_at("sequence");
  const auto time = data.string_at("time");
  if (said != id || !sequence || *sequence < 0 || !time) return std::nullopt;
  return Receipt{
      .id = id, .sequence = static_cast<std::uint64_t>(*sequence), .time = std::string(*time)};
}

// What `data` of a good answer is; else why there is none.
std::variant<Json, Error, Later> ask(const Send& send, const Request& request, Patience patience) {
  const Answer answer = send(request);
  if (answer.status == 0) return Later{.reason = answer.body};
  if (answer.status != 200 && answer.status != 201) return no(answer, patience);
  auto body = read_json(answer.body);
  if (!body || !body->is_object()) return Json();
  for (auto& [name, member] : body->members()) {
    if (name == "data") return std::move(member);
  }
  return Json();
}

// A server that says something else than what was agreed is not believed that it has the event.
Later not_of(std::string_view what) {
  return {.reason = "the answer is not of " + std::string(what)};
}

template <class Read>
Delivery delivered(std::variant<Json, Error, Later> answer, Read read) {
  if (auto* const refused = std::get_if<Error>(&answer)) return std::move(*refused);
  if (auto* const later = std::get_if<Later>(&answer)) return std::move(*later);
  return read(std::get<Json>(answer));
}

}  // namespace

Request event_request(const std::string& key, std::string event, const std::string& traceparent) {
  Request request = make_request("POST", "/v1/events", key, "application/json", std::move(event));
  if (!traceparent.empty()) request.headers.emplace_back("traceparent", traceparent);
  return request;
}

Request batch_request(const std::string& key, std::string lines) {
  return make_request("POST", "/v1/events", key, "application/x-ndjson", std::move(lines));
}

Request blob_request(const std::string& key, std::string blob) {
  return make_request("PUT", "/v1/blobs", key, "application/octet-stream", std::move(blob));
}

Delivery send_event(const Send& send, const Request& request, const std::string& id,
                    Patience patience) {
  return delivered(ask(send, request, patience), [&](const Json& data) -> Delivery {
    auto receipt = receipt_in(data, id);
    if (!receipt) return not_of("this event");
    return std::vector{std::move(*receipt)};
  });
}

Delivery send_batch(const Send& send, const Request& request, std::span<const std::string> ids) {
  return delivered(ask(send, request, Patience::spooled), [&](const Json& data) -> Delivery {
    const Json* const events = data.find("events");
    if (events == nullptr || !events->is_array() || events->items().size() != ids.size()) {
      return not_of("these events");
    }
    std::vector<Receipt> receipts;
    receipts.reserve(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) {
      auto receipt = receipt_in(events->items()[i], ids[i]);
      if (!receipt) return not_of("these events");
      receipts.push_back(std::move(*receipt));
    }
    return receipts;
  });
}

Delivery send_blob(const Send& send, const Request& request, Patience patience) {
  return delivered(ask(send, request, patience),
                   [](const Json&) -> Delivery { return std::vector<Receipt>(); });
}

}  // namespace assent::emitter
