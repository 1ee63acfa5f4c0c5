// From what came of an operation to an HTTP response. Pure.
#pragma once

#include "app/runner.h"
#include "edge/net/message.h"

namespace assent::http {

// `{"data": …, "meta": {…}}`, a problem, or the raw bytes of a blob.
net::Response render(const app::About& about, app::Completed completed);

// What every answer carries, whoever made it: its trace, and that nobody may guess its type or
// keep it (unless it says how long).
net::Response sealed(net::Response response, const TraceId& trace);

}  // namespace assent::http
