// From what came of an operation to an HTTP response. Pure.
#pragma once

#include "app/runner.h"
#include "edge/net/message.h"

namespace assent::http {

// `{"data": …, "meta": {…}}`, a problem, or the raw bytes of a blob.
net::Response render(const app::About& about, app::Completed completed);

}  // namespace assent::http
