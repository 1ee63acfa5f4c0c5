// The public Value as base's Json, and what of it an event must not say.
#pragma once

#include "base/json.h"

#include <assent/emitter.h>
#include <cstddef>
#include <string>
#include <string_view>

namespace assent::emitter {

// Of arrays and objects in one event, the event itself included.
inline constexpr std::size_t kDepthMax = 64;

// The error whose sentence is `<field> <message>`.
Error invalid(std::string field, std::string_view message);

// A copy of `value`, whose strings are UTF-8 and whose depth is at most kDepthMax. `path` is what
// the error calls it.
Result<Json> to_json(const Value& value, std::string_view path);
Value from_json(const Json& json);

// Whether every number can be written so that all read the same, and `value`, which is `depth`
// levels inside the event, fits into kDepthMax.
Result<Json> checked(Json value, std::string_view path, std::size_t depth);

}  // namespace assent::emitter
