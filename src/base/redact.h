// Takes secrets out of what is about to be stored or sent. The rules, precise enough to be written
// again in another language, are docs/redaction.md; tests/vectors/redaction holds every
// implementation to them. Linear in the size of the value, whatever it says, and idempotent.
// A Redactor is immutable, so threads may share it.
#pragma once

#include "base/json.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assent {

// What stands where a secret stood.
inline constexpr std::string_view kRedactionMarker = "***REDACTED***";

// What a name says of its value.
enum class NameSecrecy {
  open,
  counted,   // A plural: numbers stay, because `total_tokens` is a count.
  secret,    // Everything but true, false and null goes.
  declared,  // Everything but null goes: somebody said so.
};

class Redactor {
 public:
  Redactor() = default;
  // Besides what secrets are usually called, these names. REQUIRES: is_declarable(each).
  explicit Redactor(std::span<const std::string> declared);

  // A declared name has a letter or a digit, and at most kDeclaredNameMax bytes.
  static bool is_declarable(std::string_view name);
  static constexpr std::size_t kDeclaredNameMax = 64;

  NameSecrecy secrecy_of(std::string_view name) const;

  // Both redact in place. REQUIRES: strings are UTF-8.
  void redact(Json& value) const;
  void redact(std::string& text) const;

 private:
  void redact_members(Json::Object& members) const;
  void redact_names(Json::Object& members) const;

  std::vector<std::string> declared_;  // As PlainName writes them.
};

}  // namespace assent
