// Where a list goes on: opaque to clients, bound to the tenant and the filter that it came from.
//
// A cursor carries no authority (the credential does), so it is not signed: a forged one only
// names a place in the caller's own tenant. Pure.
#pragma once

#include "base/json.h"
#include "base/result.h"
#include "domain/principal.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace assent::app {

// What a list's cursor is bound to: the fields of its input, but neither the page size nor the
// cursor itself.
Json filter_of(Json input);

// `filter` is everything that must stay the same from page to page; `place` is where to go on.
std::string make_cursor(TenantNumber tenant, const Json& filter, const Json& place);

// The place. Code::validation_error at `cursor` if it is malformed or of another tenant or filter.
Result<Json> open_cursor(std::string_view cursor, TenantNumber tenant, const Json& filter);

}  // namespace assent::app
