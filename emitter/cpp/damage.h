// What can still be told of bytes that a disk did not keep, so that no number is given twice.
#pragma once

#include "emitter/cpp/segment.h"

#include <string_view>
#include <vector>

namespace assent::emitter {

struct Rest {
  std::vector<PayloadName> certain;  // Of records that are whole.
  std::vector<PayloadName> likely;   // Of whatever looks like a number.
  bool ends_whole = false;           // A record that is whole is the last thing there.

  // Whether an event was written there to its end, which a crash while writing does not leave.
  bool has_event() const { return !certain.empty() || !likely.empty(); }
};
// Of the bytes behind the last good record, however hostile.
Rest read_rest(std::string_view rest);

}  // namespace assent::emitter
