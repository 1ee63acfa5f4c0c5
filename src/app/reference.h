// The reference page, generated from the operation table. Pure.
#pragma once

#include <string>

namespace assent::app {

// `docs/reference/operations.md`, whole; a test holds the file to it.
std::string reference_text();

}  // namespace assent::app
