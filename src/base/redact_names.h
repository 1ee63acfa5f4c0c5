// Which names say that a secret follows. For base/redact.cc.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace assent::redaction {

// A name in lower case and without what separates its words, so that `api-key`, `API_KEY` and
// `apiKey` are one. Of a longer name only the end is kept: the rules look at ends, and the names
// that must be met whole are shorter.
class PlainName {
 public:
  explicit PlainName(std::string_view name);
  std::string_view text() const { return {buffer_.data() + begin_, buffer_.size() - begin_}; }
  bool is_whole() const { return is_whole_; }

 private:
  std::array<char, 64> buffer_;  // Filled from its end.
  std::size_t begin_ = 64;
  bool is_whole_ = true;
};

// Whether the last letters of a name, as it stands, leave it open that it is secret or counted.
// False of most.
bool may_be_secret(std::string_view name);

// Of the text of a plain name:
bool is_secret(const PlainName& name);
// A plural of a secret name, which may as well be a count.
bool is_counted(const PlainName& name);
// Too short and too common to mean something in the middle of a text: there it counts in the
// query of a URL only.
bool is_short(const PlainName& name);
// The value is a phrase: in a text it goes on to the end of the line.
bool is_phrase(const PlainName& name);

}  // namespace assent::redaction
