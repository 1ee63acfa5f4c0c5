// Which arguments say whom, where or how much a call touches, and which must not be shown. Pure.
#pragma once

#include "base/json.h"
#include "domain/words.h"

#include <span>
#include <string>
#include <string_view>

namespace assent {

// Declared by the policy beats guessed from the name beats not sensitive.
enum class Sensitivity { none, by_name, declared };
template <>
std::span<const std::string_view> words<Sensitivity>();

Sensitivity sensitivity_of(std::string_view argument, std::span<const std::string> declared);

// The value as it may be shown: without secrets (base/redact.h), of which the name tells too.
Json redacted(std::string_view argument, const Json& value);

}  // namespace assent
