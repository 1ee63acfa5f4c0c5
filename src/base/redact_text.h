// Finds the secrets inside a text. For base/redact.cc.
#pragma once

#include "base/redact_shapes.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace assent {
class Redactor;
}

namespace assent::redaction {

// Where a secret is: [begin, end).
struct Span {
  std::size_t begin = 0, end = 0;
};

// One walk over one text, from left to right. docs/redaction.md has the rules in this order.
class TextScan {
 public:
  TextScan(std::string_view text, const Redactor& redactor)
      : whole_(text), text_(text), redactor_(redactor) {}

  // The text with the marker in place of every secret; nothing if it has none.
  std::optional<std::string> run();

 private:
  std::size_t next_start(std::size_t at) const;
  void replace(Span secret);
  // REQUIRES: next_start(at) == at.
  std::optional<Span> secret_at(std::size_t at);
  std::optional<Span> url_password(std::size_t colon);
  void note_flag(std::size_t at);
  std::optional<Span> after_flag(std::size_t at);
  std::optional<Span> after_separator(std::size_t separator);
  std::optional<Span> after_bearer(std::size_t at);

  // How a value was announced.
  enum class By { name, phrase, bearer };
  std::optional<Span> value(std::size_t at, By by, char quote_around);
  std::optional<Span> quoted(std::size_t quote) const;
  std::size_t next(std::size_t at) const;
  std::size_t value_end(std::size_t at) const;
  std::size_t line_end(std::size_t at, char quote_around) const;
  bool is_no_value(Span word);
  // REQUIRES: `name` is as it stands in the text.
  bool is_secret_name(std::string_view name) const;

  std::string_view whole_;
  Text text_;
  const Redactor& redactor_;
  Shapes shapes_;
  std::string out_;
  std::size_t done_ = 0;                 // Up to here, `out_` has it.
  std::optional<Span> password_;         // Of the URL whose user is being looked at.
  std::optional<std::size_t> flag_end_;  // Where the name of a flag ends, whose value is secret.
  std::size_t no_at_sign_until_ = 0;
};

}  // namespace assent::redaction
