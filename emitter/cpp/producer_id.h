// Who numbers a spool's events: a name that the program chose, and what tells its spools apart.
#pragma once

#include "base/random.h"

#include <string>
#include <string_view>

namespace assent::emitter {

// 1 to 91 of A-Z a-z 0-9 . _ -, so that the id has at most 100.
bool is_producer_name(std::string_view text);

// `<name>.` and forty random bits. Numbers that begin at 1 are of an id that nobody had.
std::string make_producer_id(std::string_view name, Random& random);
// Whether the id is of that name; older spools have the name alone.
bool is_producer_of(std::string_view id, std::string_view name);

}  // namespace assent::emitter
