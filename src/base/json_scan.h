// A second reader of RFC 8785 JSON, for whoever checks millions of documents and wants few of
// their members: one pass over the bytes, no values built.
//
// Accepts exactly the objects for which parse_json() and then canonical_json() give the same bytes
// again. A test holds the two readers against each other.
#pragma once

#include "base/canonical.h"
#include "base/json.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assent {

// One member of the outermost object, as written: both views are into the document.
struct RawMember {
  std::string_view name;   // Between its quotation marks.
  std::string_view value;  // With its quotation marks, if it is a string.
};

// Whether `text` is one JSON object in canonical form; fills `members`, whose storage is reused.
[[nodiscard]] bool scan_canonical_object(std::string_view text, std::vector<RawMember>& members,
                                         JsonLimits limits = {});

// The member of that name, as written, in an object that was scanned within a document; nothing if
// it has none, or is no object. REQUIRES: the document was canonical; the name has no escape.
std::optional<std::string_view> raw_member(std::string_view object, std::string_view name);

// The text of a scanned value that is a string without escapes; nothing for any other.
std::optional<std::string_view> plain_string(std::string_view value);

}  // namespace assent
