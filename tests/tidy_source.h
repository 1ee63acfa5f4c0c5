// C++ source as the tidy test looks at it: line by line, without what the compiler does not read.
//
// Not a parser: it knows comments, literals, preprocessor lines and braces, which is enough for the
// rules in tidy_test.cc and for code that clang-format has been over. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace assent::tidy {

// The text with every comment and the inside of every literal blanked out. Lines and columns stay.
// The marks of a raw string stay too (`R"sql(`, `)sql"`), because its tag is what names its
// language.
std::string code_of(std::string_view text);

std::vector<std::string> lines_of(std::string_view text);

// How wide a line is on a screen: its code points, not its bytes.
std::size_t columns(std::string_view line);

struct Include {
  std::string target;  // With its marks: `"base/id.h"`, `<string>`.
  std::size_t line = 0;
};
std::vector<Include> includes_of(std::string_view text);

struct Function {
  std::size_t line = 0;   // Where its declaration begins.
  std::size_t lines = 0;  // From there to its closing brace.
};
// The functions of a file: whatever has a body at the level of a namespace or a class.
// REQUIRES: `code` comes from code_of().
std::vector<Function> functions_of(const std::string& code);

// The lines with a TRY( behind another item of a braced list: `{.name = text, .size = TRY(…)}`.
// REQUIRES: `code` comes from code_of().
std::vector<std::size_t> tries_behind_items(std::string_view code);

// Whether `word` stands in `line` on its own: not as a part of a longer identifier.
bool has_word(std::string_view line, std::string_view word);

// Whether `pattern`, in which `*` is any run of characters, fits the whole of `text`.
bool fits(std::string_view pattern, std::string_view text);

}  // namespace assent::tidy
