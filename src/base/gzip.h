// gzip (RFC 1952), for what travels.
#pragma once

#include <string>
#include <string_view>

namespace assent {

// The same bytes give the same result. Thread-safe.
std::string gzipped(std::string_view bytes);

}  // namespace assent
