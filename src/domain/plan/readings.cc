#include "domain/plan/readings.h"

#include "base/letters.h"
#include "base/text.h"

namespace assent {
namespace {

constexpr int kDecodingsMax = 3;

using Kind = Letter::Kind;

// Where a word is parted in two: the names of programmers' customs, none of which is sure.
struct Parting {
  bool at_digits = false;
  bool before_capitals = false;      // prod|Eu
  bool before_last_capital = false;  // EU|Prod
  bool after_capitals = false;       // PROD|eu

  bool is_between(Kind before, Kind here, Kind after) const {
    if (at_digits && (before == Kind::digit) != (here == Kind::digit)) return true;
    if (before_capitals && here == Kind::capital && before != Kind::capital) return true;
    const bool is_in_capitals = before == Kind::capital && here == Kind::capital;
    if (before_last_capital && is_in_capitals && after == Kind::small) return true;
    return after_capitals && before == Kind::capital && here == Kind::small;
  }
};

constexpr Parting kPartings[] = {
    {.at_digits = true},
    {.before_capitals = true, .before_last_capital = true},
    {.at_digits = true, .before_capitals = true, .before_last_capital = true},
    {.before_capitals = true, .after_capitals = true},
    {.at_digits = true, .before_capitals = true, .after_capitals = true}};

void part(std::string_view word, const Parting& parting, const FoundWord& found) {
  std::size_t begin = 0;
  Kind before = Kind::sign;
  for (std::size_t at = 0; at < word.size();) {
    const Letter here = first_letter(word.substr(at));
    const std::size_t next = at + here.length;
    const Kind after = next < word.size() ? first_letter(word.substr(next)).kind : Kind::sign;
    if (at > begin && parting.is_between(before, here.kind, after)) {
      found(fold(word.substr(begin, at - begin)));
      begin = at;
    }
    before = here.kind;
    at = next;
  }
  if (begin > 0) found(fold(word.substr(begin)));
}

// Whether anything meets in it: `prod` and `Prod` are of one piece.
bool is_of_pieces(std::string_view word) {
  Kind before = Kind::sign;
  bool is_first = true;
  for (std::size_t at = 0; at < word.size();) {
    const Letter here = first_letter(word.substr(at));
    const bool is_capitalized = before == Kind::capital && here.kind == Kind::small && is_first;
    if (at > 0 && here.kind != before && !is_capitalized) return true;
    is_first = at == 0;
    before = here.kind;
    at += here.length;
  }
  return false;
}

bool is_of_names(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || first_letter({&c, 1}).kind != Kind::sign || c == '.' || c == '_' ||
         c == '-';
}

}  // namespace

std::vector<std::string> readings_of(std::string_view text) {
  std::vector<std::string> readings{plain_letters(text)};
  for (int i = 0; i < kDecodingsMax && readings.back().find('%') != std::string::npos; ++i) {
    std::string decoded = plain_letters(percent_decoded(readings.back()));
    if (decoded == readings.back()) break;
    readings.push_back(std::move(decoded));
  }
  return readings;
}

std::string plain_word(std::string_view text) {
  return fold(plain_letters(text));
}

void for_each_word(std::string_view reading, const FoundWord& found) {
  for (auto word = take_word(reading); !word.empty(); word = take_word(reading)) {
    found(fold(word));
    if (!is_of_pieces(word)) continue;
    for (const Parting& parting : kPartings) part(word, parting, found);
  }
}

void for_each_name(std::string_view folded, const FoundWord& found) {
  for (std::size_t begin = 0; begin < folded.size();) {
    std::size_t end = begin;
    while (end < folded.size() && is_of_names(folded[end])) ++end;
    std::string_view name = folded.substr(begin, end - begin);
    while (name.ends_with('.')) name.remove_suffix(1);  // A sentence's.
    if (!name.empty()) found(name);
    begin = end + 1;
  }
}

}  // namespace assent
