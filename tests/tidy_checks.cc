// The rules: each looks at one file and adds its findings.
#include "tidy_checks.h"

#include "tidy_rules.h"
#include "tidy_source.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace assent::tidy {

namespace {

// A file under scrutiny, in the forms that the rules want.
struct File {
  std::string path;    // From the root of the repository.
  std::string inside;  // From src/; empty for a file elsewhere.
  std::string text;
  std::string code;
  std::vector<std::string> lines, code_lines;

  bool is_source() const { return !inside.empty(); }
  bool is_one_of(const std::vector<std::string_view>& patterns) const {
    return std::ranges::any_of(patterns, [&](std::string_view p) { return fits(p, inside); });
  }
};

File file_of(const std::string& path, const std::string& text) {
  File file{.path = path,
            .inside = {},
            .text = text,
            .code = code_of(text),
            .lines = {},
            .code_lines = {}};
  if (path.starts_with("src/")) file.inside = path.substr(4);
  file.lines = lines_of(file.text);
  file.code_lines = lines_of(file.code);
  return file;
}

bool is_test(const std::string& path) {
  return path.ends_with("_test.cc") || path.ends_with("_fuzz.cc") ||
         path.find("/testing") != std::string::npos;
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

void check_layers(const File& file, Findings& findings) {
  const std::string folder = folder_of(file.inside);
  const auto layer = kLayers.find(folder);
  if (layer == kLayers.end()) {
    findings.push_back(
        {file.path, 0, "src/" + folder + " has no row in kLayers: say what it may know"});
    return;
  }
  for (const auto& [target, line] : includes_of(file.text)) {
    if (!target.starts_with('"')) continue;
    const std::string header = target.substr(1, target.size() - 2);
    const std::string other = folder_of(header);
    if (header.starts_with("assent/")) continue;  // Our installed face: src/../include.
    if (!kLayers.contains(other) || other.empty()) {
      findings.push_back(
          {file.path, line, target + " names no folder of src/: write the whole path"});
    } else if (other != folder && !layer->second.contains(other) &&
               !layer->second.contains(header)) {
      findings.push_back(
          {file.path, line, folder + " may not know " + other + " (" + target + ")"});
    }
  }
}

void check_homes(const File& file, Findings& findings) {
  for (const auto& [target, line] : includes_of(file.text)) {
    const auto home =
        std::ranges::find_if(kHomes, [&](const Home& h) { return fits(h.header, target); });
    if (home == kHomes.end() || file.is_one_of(home->files)) continue;
    findings.push_back(
        {file.path, line, target + " is not at home here: " + std::string(home->instead)});
  }
}

void check_bans(const File& file, Findings& findings) {
  for (const Ban& ban : kBans) {
    if (file.is_one_of(ban.files)) continue;
    if (!ban.beside.empty() && !has_word(file.code, ban.beside)) continue;
    for (std::size_t i = 0; i < file.code_lines.size(); ++i) {
      const std::string& line = file.code_lines[i];
      if (line.starts_with("#") || !has_word(line, ban.word)) continue;
      if (!ban.unless.empty() && line.find(ban.unless) != std::string::npos) continue;
      findings.push_back(
          {file.path, i + 1, std::string(ban.word) + ": " + std::string(ban.instead)});
    }
  }
}

void check_unfinished(const File& file, Findings& findings) {
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    for (const std::string_view word : kUnfinished) {
      if (!has_word(file.lines[i], word)) continue;
      findings.push_back({file.path, i + 1, std::string(word) + ": finish it, or write an issue"});
    }
  }
}

void check_sizes(const File& file, Findings& findings) {
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    if (columns(file.lines[i]) > kColumnsMax) {
      findings.push_back({file.path, i + 1, "is wider than 100 columns"});
    }
  }
  if (file.lines.size() > kFileLinesMax) {
    findings.push_back({file.path, 0, "has over 500 lines: it is two files"});
  }
}

void check_functions(const File& file, Findings& findings) {
  for (const Function& function : functions_of(file.code)) {
    if (function.lines <= kFunctionLinesMax) continue;
    findings.push_back(
        {file.path, function.line,
         "is a function of " + std::to_string(function.lines) + " lines: it is two"});
  }
}

// g++ and clang forget to destroy the items that a braced list has made when its function returns
// in the middle of it, which is what TRY does.
void check_lists(const File& file, Findings& findings) {
  for (const std::size_t line : tries_behind_items(file.code)) {
    findings.push_back({file.path, line,
                        "has a TRY behind another item of a braced list, which leaks that item "
                        "when it returns: name the value before the list"});
  }
}

// The names of the constants that hold SQL: `kName = R"sql(`.
std::vector<std::string> sql_constants(const File& file) {
  std::vector<std::string> names;
  for (const std::string& line : file.code_lines) {
    const std::size_t end = line.find(" = R\"sql(");
    if (end == std::string::npos) continue;
    const std::size_t begin = line.find_last_of(" *&", end - 1) + 1;
    names.push_back(line.substr(begin, end - begin));
  }
  return names;
}

// Whether `operand` is being joined with something on this line.
bool is_joined(const std::string& line, const std::string& operand) {
  const std::array joins = {operand + " +",  operand + ") +",     "+ " + operand,
                            "+= " + operand, "append(" + operand, "+ std::string(" + operand};
  return std::ranges::any_of(joins, [&](const std::string& join) { return has_word(line, join); });
}

void check_sql(const File& file, Findings& findings) {
  if (is_test(file.path)) return;  // A tamper test writes what no product code may.
  auto operands = sql_constants(file);
  operands.insert(operands.end(), {"sql\"", "R\"sql("});
  const std::vector<std::string_view> verbs = {"\"SELECT ", "\"INSERT ", "\"UPDATE ", "\"DELETE "};
  for (std::size_t i = 0; i < file.code_lines.size(); ++i) {
    const std::string& code = file.code_lines[i];
    const bool spells = code.find('+') != std::string::npos &&
                        std::ranges::any_of(verbs, [&](std::string_view verb) {
                          return file.lines[i].find(verb) != std::string::npos;
                        });
    const bool joins = std::ranges::any_of(
        operands, [&](const std::string& operand) { return is_joined(code, operand); });
    if (spells || joins) findings.push_back({file.path, i + 1, "joins SQL: bind a parameter"});
  }
}

void check_header(const File& file, Findings& findings) {
  if (!file.path.ends_with(".h")) return;
  if (!file.text.starts_with("//")) {
    findings.push_back({file.path, 1, "a header opens with a comment that says what it is"});
  }
  if (std::ranges::find(file.code_lines, "#pragma once") == file.code_lines.end()) {
    findings.push_back({file.path, 0, "a header has #pragma once"});
  }
}

void check_title(const File& file, Findings& findings) {
  bool in_fence = false;
  const auto is_title = [&](const std::string& line) {
    if (line.starts_with("```")) in_fence = !in_fence;
    return !in_fence && line.starts_with("# ");
  };
  if (std::ranges::count_if(file.lines, is_title) != 1) {
    findings.push_back({file.path, 0, "a document has exactly one `# Title`"});
  }
}

std::string sha256_hex(const std::string& bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    hex += "0123456789abcdef"[digest[i] >> 4];
    hex += "0123456789abcdef"[digest[i] & 15];
  }
  return hex;
}

}  // namespace

bool is_cpp(std::string_view path) {
  return path.ends_with(".cc") || path.ends_with(".h");
}

Findings check_file(const std::string& path, const std::string& text) {
  const File file = file_of(path, text);
  Findings findings;
  if (path.ends_with(".md")) {
    check_title(file, findings);
    return findings;
  }
  check_sizes(file, findings);
  check_unfinished(file, findings);
  if (!is_cpp(path)) return findings;
  check_header(file, findings);
  check_functions(file, findings);
  check_lists(file, findings);
  if (!file.is_source()) return findings;  // Tests and benchmarks may know everybody.
  check_layers(file, findings);
  check_homes(file, findings);
  check_bans(file, findings);
  check_sql(file, findings);
  return findings;
}

Findings check_folders(const std::vector<std::string>& paths) {
  std::map<std::string, std::set<std::string>> files;
  for (const std::string& path : paths) {
    const bool counts = path.starts_with("src/") && is_cpp(path) && !is_test(path);
    if (counts) files[folder_of(path)].insert(path.substr(0, path.rfind('.')));
  }
  Findings findings;
  for (const auto& [folder, names] : files) {
    const auto roomy = kRoomyFolders.find(folder);
    if (names.size() <= (roomy == kRoomyFolders.end() ? kFolderFilesMax : roomy->second)) continue;
    findings.push_back(
        {folder, 0, "has " + std::to_string(names.size()) + " files: it is two folders"});
  }
  return findings;
}

Findings check_migrations(const std::string& lock,
                          const std::map<std::string, std::string>& files) {
  std::map<std::string, std::string> locked;
  for (const std::string& line : lines_of(lock)) {
    if (line.size() > 66) locked[line.substr(66)] = line.substr(0, 64);
  }
  Findings findings;
  for (const auto& [path, hash] : locked) {
    if (!files.contains(path))
      findings.push_back({path, 0, "is locked, and gone: a release needs it"});
  }
  for (const auto& [path, text] : files) {
    if (!locked.contains(path)) {
      findings.push_back({path, 0, "is not locked: run tools/lock-migrations"});
    } else if (locked[path] != sha256_hex(text)) {
      findings.push_back({path, 0,
                          "has changed since it was locked: write the next migration instead "
                          "(never released? then run tools/lock-migrations)"});
    }
  }
  return findings;
}

}  // namespace assent::tidy
