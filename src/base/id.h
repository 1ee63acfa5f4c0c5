// Typed identifiers: `apr_01j9…`, 16 bytes inside, prefix and Crockford base32 outside.
//
// Source: TypeID specification 0.3 (jetify-com/typeid), over UUIDv7 (RFC 9562).
// The prefix is the C++ type and the text, so that an approval's id can neither
// be passed nor parsed where a rule's is meant. Values; thread-safe.
#pragma once

#include "base/random.h"
#include "base/time.h"

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace assent {

// A string literal as a template argument.
template <std::size_t N>
struct FixedString {
  char text[N] = {};
  consteval FixedString(const char (&literal)[N]) {
    for (std::size_t i = 0; i < N; ++i) text[i] = literal[i];
  }
  constexpr std::string_view view() const { return {text, N - 1}; }
  friend constexpr bool operator==(const FixedString&, const FixedString&) = default;
};

using UuidBytes = std::array<std::uint8_t, 16>;

// A UUIDv7 of `at` (milliseconds) and 74 random bits.
UuidBytes make_uuid7(Timestamp at, Random& random);

// The 26 characters of Crockford base32 that TypeID uses, and back. Nothing if the
// text is not exactly such (upper case, overflow of 128 bits, length).
std::string base32_of(const UuidBytes& bytes);
std::optional<UuidBytes> uuid_from_base32(std::string_view text);

// `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` in lower case; parsing accepts either case.
std::string uuid_text(const UuidBytes& bytes);
std::optional<UuidBytes> uuid_from_text(std::string_view text);

// Whether version and variant say UUIDv7.
bool is_uuid7(const UuidBytes& bytes);

template <FixedString Prefix>
class Id {
 public:
  static constexpr std::string_view prefix = Prefix.view();

  constexpr Id() = default;  // All zero: names nothing.
  constexpr explicit Id(UuidBytes bytes) : bytes_(bytes) {}
  static Id make(Timestamp at, Random& random) { return Id(make_uuid7(at, random)); }

  // The id that `text` spells, or nothing if it is another kind's or no id at all.
  static std::optional<Id> parse(std::string_view text) {
    if (text.size() != prefix.size() + 27 || !text.starts_with(prefix) ||
        text[prefix.size()] != '_') {
      return std::nullopt;
    }
    const auto bytes = uuid_from_base32(text.substr(prefix.size() + 1));
    if (!bytes) return std::nullopt;
    return Id(*bytes);
  }

  std::string text() const { return std::string(prefix) + "_" + base32_of(bytes_); }
  constexpr const UuidBytes& bytes() const { return bytes_; }

  friend constexpr auto operator<=>(const Id&, const Id&) = default;

 private:
  UuidBytes bytes_ = {};
};

using ApprovalId = Id<"apr">;
using DecisionId = Id<"dec">;
using EvidenceId = Id<"evd">;
using RuleId = Id<"rul">;
using GrantId = Id<"grt">;
using ExecutionId = Id<"exe">;
using EscalationId = Id<"esc">;
using PrincipalId = Id<"prn">;
using KeyId = Id<"key">;
using PolicyId = Id<"pol">;
using EventId = Id<"evt">;
using KillSwitchId = Id<"ksw">;
using SuggestionId = Id<"sug">;

}  // namespace assent
