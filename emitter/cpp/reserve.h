// Room on the disk that a spool keeps for itself.
//
// A spool that has filled its disk gives room back only once it has written down what is settled,
// and for that it needs a little. It keeps a file of kReserveBytes, gives it up then, and makes it
// again behind the segments that went.
#pragma once

#include <assent/emitter.h>
#include <cstddef>
#include <optional>
#include <string>

namespace assent::emitter {

inline constexpr std::size_t kReserveBytes = 64 * 1024;

// Makes it, unless it is there. An error means that it is not.
std::optional<Error> make_reserve(const std::string& directory);
// Whether there was one, which is no more.
bool give_up_reserve(const std::string& directory);

}  // namespace assent::emitter
