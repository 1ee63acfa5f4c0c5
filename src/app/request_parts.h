// The large parts of a request: what was asked (the subject) and what was said about it.
#pragma once

#include "app/operation.h"
#include "domain/approval.h"

#include <string>

namespace assent::app {

// What an event may carry inline; more goes to a blob. Leaves room for the rest of the entry,
// which may have 65,535 bytes.
inline constexpr std::size_t kInlineBytesMax = 24 * 1024;

// `value` itself or, if it is large, null and in `blob` where it lies: `{sha256, sizeBytes}`.
Result<Json> spill(const Json& value, const Preparation& preparation, Json& blob);

// Sets the member `name` to as much of a list as an event may carry of it, and `<name>Omitted` to
// how many items that leaves out, if any. The answer to the caller has them all.
void set_shortened(Json& data, const std::string& name, const Json& list);

// A part of the request as the state has it: `name` inline, or from the blob that `nameBlob` names,
// or an empty object.
Result<Json> request_part(const store::Read& read, const Json& request, std::string_view name);

}  // namespace assent::app
