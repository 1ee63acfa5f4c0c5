// How else a text can be read than it is written, so that nobody hides what it names. Everything
// here takes time in proportion to the text. For risk.cc and catalogue.cc.
#pragma once

#include <bitset>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace assent {

// `text` in plain letters (base/text.h) and, where it is percent-encoded, what it is then, up to
// three times over. At least one.
std::vector<std::string> readings_of(std::string_view text);

// A word as for_each_word() has it.
std::string plain_word(std::string_view text);

// Whether readings_of() has nothing but `text` itself.
bool is_plain_reading(std::string_view text);

// Which words are wanted, so that the others cost little.
struct WantedWords {
  std::size_t length_max = 0;         // In bytes.
  std::bitset<256> first_bytes = {};  // What they begin with.

  void add(std::string_view folded);
};

// Calls `found` for every word of `reading`, folded, that can be a wanted one: for each longest run
// of letters and digits and, where small and capital letters or digits meet in it, for what is
// between such places too (`prod1`, `prodEu`, `EUProd` and `PRODeu` have the word `prod`). The view
// is good for the call.
using FoundWord = std::function<void(std::string_view word)>;
void for_each_word(std::string_view reading, const WantedWords& wanted, const FoundWord& found);

// Calls `found` for every part of `folded` that may be a name: a longest run of what is neither a
// space nor one of the signs that stand around names, which are all but `.`, `_` and `-`.
void for_each_name(std::string_view folded, const FoundWord& found);

}  // namespace assent
