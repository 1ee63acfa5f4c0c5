// RFC 8785, the JSON Canonicalization Scheme (JCS): the one text that a JSON value has, so that
// equal values have equal hashes, whoever wrote them down.
//
// Members are sorted by the UTF-16 code units of their names, numbers are written as ECMAScript
// prints them, strings escape only what they must, and there is no white space. Every content hash
// in Assent is of this text. It stands in for a document only if nothing was lost in reading it,
// which is why parse_json() is strict.
#pragma once

#include "base/json.h"

#include <string>
#include <string_view>

namespace assent {

// REQUIRES: every string is UTF-8 and every number finite (parse_json's are).
std::string canonical_json(const Json& value);
void append_canonical(std::string& out, const Json& value);
// `text` as a JSON string literal. REQUIRES: it is UTF-8.
void append_json_string(std::string& out, std::string_view text);

// From text to text: canonical_json(parse_json(text)) and its errors, without making the value.
Result<std::string> canonicalise(std::string_view text, JsonLimits limits = {});

}  // namespace assent
