// What an event is found by, read off its canonical bytes without building the document: the index
// looks at every event once, and a parsed document would be most of its work.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace assent::store {

// Views into an event's bytes. Not thread-safe; valid as long as the bytes are.
struct Facets {
  // A string as it stands between its quotes, escapes and all. RFC 8785 spells each string in one
  // way only, so equal spellings are equal strings. Nothing: the member is absent or no string.
  using Spelling = std::optional<std::string_view>;

  struct Target {
    Spelling type;
    Spelling id;
  };

  Spelling id;
  Spelling type;
  Spelling subject;
  Spelling time;
  Spelling trace_id;
  Spelling correlation_id;
  Spelling actor_type;   // data.actor.type
  Spelling actor_id;     // data.actor.id
  Spelling approval_id;  // data.approvalId
  Spelling outcome;      // data.outcome
  Target flat_target;    // data.targetType, data.targetId
  Target inner_target;   // data.target.type, data.target.id
};

// The facets of the event whose canonical bytes these are. Nothing if that is seen not to be so;
// of other JSON it answers the truth or nothing, of text that is no JSON anything.
std::optional<Facets> facets_of(std::string_view bytes);

// `text` as canonical JSON spells it between the quotes.
std::string spelling_of(std::string_view text);

}  // namespace assent::store
