// Whether anybody may read the tenant's log: its checkpoint, tiles and entries (tlog-tiles).
#pragma once

#include "app/operation.h"

namespace assent::app {

struct SetLogVisibility {
  bool is_public = false;
};
void describe(Fields& fields, SetLogVisibility& in);

struct LogVisibility {
  bool is_public = false;
};
void describe(Fields& fields, LogVisibility& out);

// Records ledger.visibility_changed, unless it is so already.
Result<LogVisibility> set_log_visibility(store::Write& write, const SetLogVisibility& in);

}  // namespace assent::app
