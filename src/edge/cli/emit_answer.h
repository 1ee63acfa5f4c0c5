// What a server says of events that it was told, believed only as far as it is an answer to them:
// at the other end may be anything that speaks HTTP.
#pragma once

#include "base/id.h"
#include "base/json.h"
#include "base/result.h"
#include "edge/cli/session.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assent::cli {

// As large as an answer about events gets, receipts included, with room.
inline constexpr std::size_t kAnswerBytesMax = 8 * 1024 * 1024;
// A log has no more events than that.
inline constexpr std::uint64_t kLogSizeMax = std::uint64_t{1} << 53U;

// Whether the answer is an error in the words of this API; all others are of somebody in between.
bool is_own_error(const Reply& reply);

// An answer that is none of an Assent server: Code::unavailable, and `what` says what was asked.
Error not_an_answer(const Reply& reply, std::string_view what);

// The id that an event to be sent brings, if it is one.
std::optional<EventId> id_in(const Json& event);

// Where each of the events is in the log, which are one event alone or several, of the ids that
// they brought. Code::unavailable unless the answer says that these are recorded, and no others.
Result<std::vector<std::uint64_t>> places_in(const Reply& reply,
                                             std::span<const std::optional<EventId>> ids);

// The event that was asked for by its sequence or its id. Code::unavailable if it is another.
Result<Json> event_in(const Reply& reply, std::uint64_t sequence);
Result<Json> event_in(const Reply& reply, const EventId& id);

// That the server has taken the blob of that hash.
Result<void> check_upload(const Reply& reply, std::string_view hash);

}  // namespace assent::cli
