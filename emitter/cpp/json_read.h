// A strict reader of JSON without Boost, for whoever links assent-emitter: answers of the server,
// events in the spool, texts that a program gives. Accepts exactly what base's parse_json()
// accepts, and a test holds the two against each other.
#pragma once

#include "base/json.h"

#include <assent/emitter.h>
#include <cstddef>
#include <string_view>

namespace assent::emitter {

// The value that `text` is, whole. The error says where it is none.
Result<Json> read_json(std::string_view text, std::size_t depth_max = 64);

}  // namespace assent::emitter
