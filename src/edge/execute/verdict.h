// What an answer, or its absence, says of an execution. Pure.
//
//   2xx                                success, unless the JSON says `success: false` or `error`
//   4xx, or nothing was sent           a definite failure: it may be tried again
//   everything else                    unknown: it may have had its effect, so it is not
#pragma once

#include "app/complete_execution.h"
#include "edge/execute/calls.h"

namespace assent::execute {

// How the execution ended. A body of the answer that is too large for the log is named by its hash,
// and the result says that it was cut.
app::CompleteExecution verdict(const ExecutionId& execution, const CallReply& reply);

}  // namespace assent::execute
