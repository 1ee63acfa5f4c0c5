// The OpenAPI 3.1.1 description, generated from the operation table. Pure.
#pragma once

#include <string>

namespace assent::http {

// The document as JSON text. The same bytes every time.
const std::string& openapi_text();

}  // namespace assent::http
