#include "domain/plan/readings.h"

#include "base/letters.h"
#include "base/text.h"

#include <algorithm>

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

// Tells words that can be wanted.
struct Teller {
  const FoundWord& found;
  const WantedWords& wanted;

  bool is_wanted(std::string_view folded) const {
    return folded.size() <= wanted.length_max &&
           wanted.first_bytes.test(static_cast<unsigned char>(folded[0]));
  }
  void tell(std::string_view word) const {
    if (!is_plain_reading(word)) {
      // It can be folded into a shorter one, or into nothing.
      const std::string folded = fold(word);
      if (!folded.empty() && is_wanted(folded)) found(folded);
      return;
    }
    const char first =
        first_letter(word).kind == Kind::capital ? static_cast<char>(word[0] - 'A' + 'a') : word[0];
    if (word.size() > wanted.length_max || !is_wanted({&first, 1})) return;
    found(fold(word));
  }
};

void part(std::string_view word, const Parting& parting, const Teller& teller) {
  std::size_t begin = 0;
  Kind before = Kind::sign;
  for (std::size_t at = 0; at < word.size();) {
    const Letter here = first_letter(word.substr(at));
    const std::size_t next = at + here.length;
    const Kind after = next < word.size() ? first_letter(word.substr(next)).kind : Kind::sign;
    if (at > begin && parting.is_between(before, here.kind, after)) {
      teller.tell(word.substr(begin, at - begin));
      begin = at;
    }
    before = here.kind;
    at = next;
  }
  if (begin > 0) teller.tell(word.substr(begin));
}

// A longest run of letters and digits, and whether anything meets in it: `prod` and `Prod` are of
// one piece.
struct Word {
  std::string_view text;
  bool is_of_pieces = false;
  bool has_digits = false;
  bool has_capitals = false;

  // Whether there is anything that another parting does not find.
  bool can_be_parted(const Parting& parting) const {
    return is_of_pieces && (has_digits || !parting.at_digits) &&
           (has_capitals || !parting.before_capitals);
  }
};

// Takes the next one off `rest`; one without text if there is none.
Word take_parted_word(std::string_view& rest) {
  Word word;
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t letters = 0;
  Kind before = Kind::sign;
  while (end < rest.size()) {
    const Letter here = first_letter(rest.substr(end));
    if (here.kind == Kind::sign) {
      if (letters > 0) break;
      begin = end + here.length;
    } else {
      const bool is_capitalized =
          letters == 1 && before == Kind::capital && here.kind == Kind::small;
      if (letters > 0 && here.kind != before && !is_capitalized) word.is_of_pieces = true;
      word.has_digits |= here.kind == Kind::digit;
      word.has_capitals |= here.kind == Kind::capital;
      before = here.kind;
      ++letters;
    }
    end += here.length;
  }
  word.text = rest.substr(begin, end - begin);
  rest.remove_prefix(end);
  return word;
}

bool is_of_names(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || first_letter({&c, 1}).kind != Kind::sign || c == '.' || c == '_' ||
         c == '-';
}

}  // namespace

bool is_plain_reading(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    return c == '%' || (static_cast<unsigned char>(c) & 0x80U) != 0;
  });
}

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

void WantedWords::add(std::string_view folded) {
  if (folded.empty()) return;
  length_max = std::max(length_max, folded.size());
  first_bytes.set(static_cast<unsigned char>(folded[0]));
}

void for_each_word(std::string_view reading, const WantedWords& wanted, const FoundWord& found) {
  const Teller teller{.found = found, .wanted = wanted};
  for (Word word = take_parted_word(reading); !word.text.empty();
       word = take_parted_word(reading)) {
    teller.tell(word.text);
    for (const Parting& parting : kPartings) {
      if (word.can_be_parted(parting)) part(word.text, parting, teller);
    }
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
