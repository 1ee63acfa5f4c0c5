// From words on the command line to a request: every field of an operation is a flag or, where it
// is part of the path, an argument. Pure.
#pragma once

#include "app/operation.h"
#include "base/result.h"
#include "edge/cli/client.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace assent::cli {

// What was given, by field name; an array field may have several values.
using Given = std::map<std::string, std::vector<std::string>>;

// `contentHash` as `--content-hash`.
std::string flag_of(std::string_view field);

// The JSON that `text` means for a field of this schema: strings as they are, everything else as
// JSON. Code::validation_error with the field's flag.
Result<Json> value_of(const app::FieldDoc& field, const std::vector<std::string>& texts);

// The request of an operation. `extra` members are added to the body where they are not given.
Result<HttpRequest> request_of(const app::Operation& operation, const Given& given,
                               const Json& extra = Json::object());

}  // namespace assent::cli
