#include "tidy_source.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace assent::tidy {

namespace {

bool is_identifier(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// Blanks `text` from `begin` to `end`, keeping line breaks.
void blank(std::string& text, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < std::min(end, text.size()); ++i) {
    if (text[i] != '\n') text[i] = ' ';
  }
}

// The end of the literal that opens at `at` with a quote: the position of its closing quote.
std::size_t closing_quote(std::string_view text, std::size_t at) {
  const char quote = text[at];
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == quote || text[i] == '\n') {
      return i;
    }
  }
  return text.size();
}

bool is_raw_string(std::string_view text, std::size_t quote) {
  return text[quote] == '"' && quote > 0 && text[quote - 1] == 'R' &&
         (quote == 1 || !is_identifier(text[quote - 2]));
}

// Blanks the inside of the raw string at `quote`; returns the position after it.
std::size_t skip_raw_string(std::string& text, std::size_t quote) {
  const std::size_t open = text.find('(', quote);
  if (open == std::string::npos) return text.size();
  const std::string closing = ")" + text.substr(quote + 1, open - quote - 1) + "\"";
  const std::size_t close = std::min(text.find(closing, open), text.size());
  blank(text, open + 1, close);
  return close + closing.size();
}

// Preprocessor lines have braces of their own, which need not balance.
std::string without_preprocessor(std::string code) {
  std::size_t begin = 0;
  bool continues = false;
  while (begin < code.size()) {
    const std::size_t end = std::min(code.find('\n', begin), code.size());
    const std::size_t first = code.find_first_not_of(" \t", begin);
    const bool is_directive = continues || (first < end && code[first] == '#');
    continues = is_directive && end > begin && code[end - 1] == '\\';
    if (is_directive) blank(code, begin, end);
    begin = end + 1;
  }
  return code;
}

// `head` without a leading `template <…>`, so that its `class` is not taken for a class.
std::string_view without_template(std::string_view head) {
  constexpr std::string_view kTemplate = "template";
  while (head.starts_with(kTemplate)) {
    const std::size_t open = head.find('<');
    if (open == std::string_view::npos) return head;
    int depth = 0;
    std::size_t i = open;
    for (; i < head.size(); ++i) {
      if (head[i] == '<') ++depth;
      if (head[i] == '>' && --depth == 0) break;
    }
    head.remove_prefix(std::min(i + 1, head.size()));
    head.remove_prefix(std::min(head.find_first_not_of(" \n"), head.size()));
  }
  return head;
}

enum class Brace { scope, function, other };

// What the brace after `head`, the text since the last statement, opens.
Brace kind_of(std::string_view head) {
  constexpr std::array<std::string_view, 6> kScopes = {"namespace", "class", "struct",
                                                       "union",     "enum",  "extern"};
  constexpr std::array<std::string_view, 5> kBefore = {"inline", "const", "static", "constexpr",
                                                       "typedef"};
  head = without_template(head);
  const auto starts_with = [&](std::string_view word) {
    return head.starts_with(word) &&
           (head.size() == word.size() || !is_identifier(head[word.size()]));
  };
  for (bool found = true; found;) {
    const auto* before = std::ranges::find_if(kBefore, starts_with);
    found = before != kBefore.end();
    if (found) {
      head.remove_prefix(before->size());
      head.remove_prefix(std::min(head.find_first_not_of(" \n"), head.size()));
    }
  }
  if (std::ranges::any_of(kScopes, starts_with)) return Brace::scope;
  return head.find(')') == std::string_view::npos ? Brace::other : Brace::function;
}

// Walks over braces. Inside a function, and inside an initialiser, it only counts them.
class FunctionFinder {
 public:
  explicit FunctionFinder(const std::string& code) : code_(code) {}

  std::vector<Function> find() {
    for (at_ = 0; at_ < code_.size(); ++at_) step(code_[at_]);
    return std::move(found_);
  }

 private:
  void step(char c) {
    if (c == '\n') ++line_;
    if (c == '(') ++parentheses_;
    if (c == ')') --parentheses_;
    if (c == '{') return open();
    if (c == '}') return close();
    if (depth_ > 0) return;
    if (c == ';' && parentheses_ == 0) return begin_statement();
    const bool is_space = std::isspace(static_cast<unsigned char>(c)) != 0;
    if (!has_head_ && !is_space) {
      has_head_ = true;
      head_ = at_;
      head_line_ = line_;
    }
  }

  void open() {
    if (depth_ > 0 || parentheses_ > 0) {
      ++depth_;
      return;
    }
    const std::string_view head =
        has_head_ ? std::string_view(code_).substr(head_, at_ - head_) : std::string_view();
    kind_ = kind_of(head);
    if (kind_ == Brace::scope) return begin_statement();
    ++depth_;
  }

  void close() {
    if (depth_ == 0) return begin_statement();  // Of a namespace or a class.
    if (--depth_ > 0 || parentheses_ > 0) return;
    if (kind_ != Brace::function) return;  // An initialiser: its statement goes on.
    found_.push_back({.line = head_line_, .lines = line_ - head_line_ + 1});
    begin_statement();
  }

  void begin_statement() { has_head_ = false; }

  const std::string& code_;
  std::vector<Function> found_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t head_ = 0;
  std::size_t head_line_ = 1;
  bool has_head_ = false;
  Brace kind_ = Brace::other;
  int depth_ = 0;  // Of braces that are not scopes.
  int parentheses_ = 0;
};

// Whether the brace that `before` ends at begins a list of items. A block stands behind a
// parenthesis, a bracket, a statement, a word like `else`, or the type that a function returns.
bool begins_list(std::string_view before, bool within_list) {
  const std::size_t last = before.find_last_not_of(" \n");
  if (last == std::string_view::npos) return false;
  before = before.substr(0, last + 1);
  if (before.back() == '{') return within_list;
  if (std::string_view(")];}:&").find(before.back()) != std::string_view::npos) return false;
  const std::string_view statement = before.substr(before.find_last_of(";{}") + 1);
  const std::size_t arrow = statement.rfind("->");
  const std::size_t parenthesis = statement.rfind(')');
  if (arrow != std::string_view::npos && parenthesis != std::string_view::npos &&
      parenthesis < arrow && statement.find_first_of("(=;", arrow) == std::string_view::npos) {
    return false;
  }
  const auto head = std::find_if_not(before.rbegin(), before.rend(), is_identifier);
  const std::string_view word(head.base(), before.end());
  constexpr std::string_view kBeforeBlocks[] = {"else",     "do",      "try",     "const",
                                                "noexcept", "mutable", "override"};
  return std::ranges::find(kBeforeBlocks, word) == std::end(kBeforeBlocks);
}

}  // namespace

std::vector<std::size_t> tries_behind_items(std::string_view code) {
  struct Bracket {
    bool is_brace;
    bool is_list;
    bool has_item = false;
  };
  constexpr std::string_view kTry = "TRY(";
  std::vector<std::size_t> lines;
  std::vector<Bracket> open;
  std::size_t line = 1;
  for (std::size_t i = 0; i < code.size(); ++i) {
    const char c = code[i];
    if (c == '\n') ++line;
    if (c == '(' || c == '[') open.push_back({.is_brace = false, .is_list = false});
    if (c == '{') {
      const bool within_list = !open.empty() && open.back().is_list;
      open.push_back({.is_brace = true, .is_list = begins_list(code.substr(0, i), within_list)});
    }
    if (open.empty()) continue;
    if (c == ')' || c == ']' || c == '}') open.pop_back();
    if (c == ',') open.back().has_item = true;
    if (!code.substr(i).starts_with(kTry) || (i > 0 && is_identifier(code[i - 1]))) continue;
    const auto block = std::find_if(open.rbegin(), open.rend(),
                                    [](const Bracket& b) { return b.is_brace && !b.is_list; });
    const bool is_behind =
        std::any_of(open.rbegin(), block, [](const Bracket& b) { return b.is_list && b.has_item; });
    if (is_behind) lines.push_back(line);
  }
  return lines;
}

std::string code_of(std::string_view text) {
  std::string code(text);
  for (std::size_t i = 0; i < code.size();) {
    const std::string_view rest = std::string_view(code).substr(i);
    if (rest.starts_with("//")) {
      const std::size_t end = std::min(code.find('\n', i), code.size());
      blank(code, i, end);
      i = end;
    } else if (rest.starts_with("/*")) {
      const std::size_t end = std::min(code.find("*/", i + 2), code.size() - 2) + 2;
      blank(code, i, end);
      i = end;
    } else if (code[i] == '"' && is_raw_string(code, i)) {
      i = skip_raw_string(code, i);
    } else if (code[i] == '"' || (code[i] == '\'' && (i == 0 || !is_identifier(code[i - 1])))) {
      // A quote after a digit separates digits: 65'535.
      const std::size_t close = closing_quote(code, i);
      blank(code, i + 1, close);
      i = close + 1;
    } else {
      ++i;
    }
  }
  return code;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::size_t columns(std::string_view line) {
  return static_cast<std::size_t>(std::ranges::count_if(
      line, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::vector<Include> includes_of(std::string_view text) {
  constexpr std::string_view kInclude = "#include ";
  std::vector<Include> includes;
  std::size_t number = 0;
  for (const std::string& line : lines_of(text)) {
    ++number;
    if (!line.starts_with(kInclude)) continue;
    std::string_view target = std::string_view(line).substr(kInclude.size());
    const std::size_t end = target.find_first_of("\">", 1);
    if (end != std::string_view::npos)
      includes.push_back({std::string(target.substr(0, end + 1)), number});
  }
  return includes;
}

std::vector<Function> functions_of(const std::string& code) {
  return FunctionFinder(without_preprocessor(code)).find();
}

bool has_word(std::string_view line, std::string_view word) {
  for (std::size_t at = line.find(word); at != std::string_view::npos;
       at = line.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool begins = at == 0 || !is_identifier(word.front()) || !is_identifier(line[at - 1]);
    const bool ends =
        end == line.size() || !is_identifier(word.back()) || !is_identifier(line[end]);
    if (begins && ends) return true;
  }
  return false;
}

bool fits(std::string_view pattern, std::string_view text) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  if (!text.starts_with(pattern.substr(0, star))) return false;
  pattern.remove_prefix(star + 1);
  text.remove_prefix(star);
  for (;; text.remove_prefix(1)) {
    if (fits(pattern, text)) return true;
    if (text.empty()) return false;
  }
}

}  // namespace assent::tidy
