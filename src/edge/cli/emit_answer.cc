#include "edge/cli/emit_answer.h"

#include "base/text.h"
#include "base/time.h"

#include <algorithm>

namespace assent::cli {
namespace {

constexpr std::size_t kSequenceDigits = 20;
// Many times what this API says of a fault.
constexpr std::size_t kErrorBytesMax = 64 * 1024;

// What to do about it, where that can be told from the number.
std::string_view advice_of(long status) {
  if (status >= 300 && status < 400) {
    return "redirects are not followed: give the address of the server itself";
  }
  return "is it the address of one, and is nothing in between?";
}

bool is_place(const Json& told, const std::optional<EventId>& wanted) {
  const auto id = EventId::parse(told.string_at("id").value_or(""));
  const auto sequence = told.integer_at("sequence").value_or(0);
  // The first event of a log is its own.
  return id && (!wanted || *id == *wanted) && sequence > 0 &&
         static_cast<std::uint64_t>(sequence) < kLogSizeMax &&
         from_rfc3339(told.string_at("time").value_or(""));
}

// As an event has it: with leading zeros.
std::optional<std::uint64_t> sequence_in(const Json& event) {
  const auto text = event.string_at("sequence").value_or("");
  const std::size_t zeros = std::min(text.find_first_not_of('0'), text.size());
  if (text.size() != kSequenceDigits) return std::nullopt;
  return zeros == text.size() ? std::optional<std::uint64_t>(0) : from_decimal(text.substr(zeros));
}

bool is_event(const Json& event) {
  return EventId::parse(event.string_at("id").value_or("")) && sequence_in(event) &&
         event.string_at("type") && from_rfc3339(event.string_at("time").value_or(""));
}

}  // namespace

bool is_own_error(const Reply& reply) {
  if (reply.http.body.size() > kErrorBytesMax) return false;
  const Json* const error = reply.body.find("error");
  return error != nullptr && error->string_at("code") && error->string_at("message");
}

Error not_an_answer(const Reply& reply, std::string_view what) {
  return {Code::unavailable,
          std::string(what) + ": the server answers " + std::to_string(reply.http.status) +
              ", but not as an Assent server does; " + std::string(advice_of(reply.http.status))};
}

std::optional<EventId> id_in(const Json& event) {
  const auto text = event.string_at("id");
  if (!text) return std::nullopt;
  if (const auto id = EventId::parse(*text)) return id;
  const auto uuid = uuid_from_text(*text);
  return uuid ? std::optional(EventId(*uuid)) : std::nullopt;
}

Result<std::vector<std::uint64_t>> places_in(const Reply& reply,
                                             std::span<const std::optional<EventId>> ids) {
  const Json& data = reply.data();
  const Json* const events = data.find("events");
  const Json one = events == nullptr ? Json(Json::Array{data}) : Json();
  const Json& told = events == nullptr ? one : *events;
  const auto wrong = [&] {
    return not_an_answer(reply, "whether " + std::to_string(ids.size()) + " events are recorded");
  };
  if (reply.http.status != 201 || !told.is_array() || told.items().size() != ids.size()) {
    return wrong();
  }
  std::vector<std::uint64_t> places;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!is_place(told.items()[i], ids[i])) return wrong();
    places.push_back(static_cast<std::uint64_t>(*told.items()[i].integer_at("sequence")));
  }
  return places;
}

Result<Json> event_in(const Reply& reply, std::uint64_t sequence) {
  const Json& event = reply.data();
  if (reply.http.status == 200 && is_event(event) && sequence_in(event) == sequence) return event;
  return not_an_answer(reply, "event " + std::to_string(sequence));
}

Result<Json> event_in(const Reply& reply, const EventId& id) {
  const Json& event = reply.data();
  if (reply.http.status == 200 && is_event(event) && event.string_at("id") == id.text()) {
    return event;
  }
  return not_an_answer(reply, "the event " + id.text());
}

Result<void> check_upload(const Reply& reply, std::string_view hash) {
  if (reply.http.is_success() && reply.data().string_at("sha256") == hash) return {};
  return not_an_answer(reply, "the blob " + std::string(hash));
}

}  // namespace assent::cli
