#include "base/text.h"
#include "domain/event.h"

#include <array>

namespace assent {

TraceId make_trace(Random& random) {
  std::array<std::uint8_t, 16> bytes{};
  random.fill(bytes);
  bytes[0] |= 1;  // All zero is not a trace id (W3C Trace Context 3.2.2.3).
  return to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace assent
