// The layer rule and the rest of STYLE's hard edges: each a function from a file's path and text to
// findings, tried on a planted violation below and on the whole tree at the end.
#include "tidy_rules.h"
#include "tidy_source.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

namespace assent::tidy {

namespace {

struct Finding {
  std::string path;
  std::size_t line = 0;  // 0: the file as a whole.
  std::string message;
};
using Findings = std::vector<Finding>;

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

bool is_cpp(const std::string& path) {
  return path.ends_with(".cc") || path.ends_with(".h");
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

// ---- the rules ----

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

// Everything that can be said of one file alone.
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
  if (!file.is_source()) return findings;  // Tests and benchmarks may know everybody.
  check_layers(file, findings);
  check_homes(file, findings);
  check_bans(file, findings);
  check_sql(file, findings);
  return findings;
}

bool is_test(const std::string& path) {
  return path.ends_with("_test.cc") || path.ends_with("_fuzz.cc") ||
         path.find("/testing") != std::string::npos;
}

Findings check_folders(const std::vector<std::string>& paths) {
  std::map<std::string, std::set<std::string>> files;
  for (const std::string& path : paths) {
    const bool counts = path.starts_with("src/") && is_cpp(path) && !is_test(path);
    if (counts) files[folder_of(path)].insert(path.substr(0, path.rfind('.')));
  }
  Findings findings;
  for (const auto& [folder, names] : files) {
    if (names.size() <= kFolderFilesMax) continue;
    findings.push_back(
        {folder, 0, "has " + std::to_string(names.size()) + " files: it is two folders"});
  }
  return findings;
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

// A released migration never changes. `lock` is what sha256sum prints, `files` path -> text.
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

// ---- each rule finds what it is for ----

constexpr std::string_view kHeader = "// What it is.\n#pragma once\n";

// Whether a finding on `text` says `message`.
testing::AssertionResult finds(const std::string& message, const std::string& path,
                               const std::string& text) {
  std::string said;
  for (const Finding& finding : check_file(path, text)) {
    if (finding.message.find(message) != std::string::npos) return testing::AssertionSuccess();
    said += "\n  " + finding.message;
  }
  return testing::AssertionFailure() << "no finding says \"" << message << "\", only:" << said;
}

testing::AssertionResult is_clean(const std::string& path, const std::string& text) {
  const Findings findings = check_file(path, text);
  if (findings.empty()) return testing::AssertionSuccess();
  return testing::AssertionFailure() << findings.front().message;
}

std::string times(std::size_t count, const std::string& text) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

TEST(Tidy, TheDomainMayNotKnowTheStore) {
  EXPECT_TRUE(
      finds("domain may not know store", "src/domain/a.cc", "#include \"store/store.h\"\n"));
  EXPECT_TRUE(
      finds("domain may not know ledger", "src/domain/a.cc", "#include \"ledger/merkle.h\"\n"));
  EXPECT_TRUE(finds("base may not know domain", "src/base/a.cc", "#include \"domain/event.h\"\n"));
  EXPECT_TRUE(finds("edge/cli may not know edge/http", "src/edge/cli/a.cc",
                    "#include \"edge/http/router.h\"\n"));
  EXPECT_TRUE(is_clean("src/app/a.cc", "#include \"store/store.h\"\n"));
}

TEST(Tidy, TheHttpEdgeKnowsMessagesButNotTheServer) {
  EXPECT_TRUE(is_clean("src/edge/http/a.cc", "#include \"edge/net/message.h\"\n"));
  EXPECT_TRUE(
      finds("may not know edge/net", "src/edge/http/a.cc", "#include \"edge/net/server.h\"\n"));
}

TEST(Tidy, AnIncludeIsAWholePathAndAFolderHasARow) {
  EXPECT_TRUE(finds("write the whole path", "src/edge/net/a.cc", "#include \"loop.h\"\n"));
  EXPECT_TRUE(finds("no row in kLayers", "src/utils/a.cc", "int a;\n"));
}

TEST(Tidy, EveryLayerNamesFoldersThatHaveARow) {
  for (const auto& [folder, others] : kLayers) {
    for (const std::string& other : others) {
      const bool is_known = kLayers.contains(other.ends_with(".h") ? folder_of(other) : other);
      EXPECT_TRUE(is_known) << folder << " -> " << other;
    }
  }
}

TEST(Tidy, EveryHeavyHeaderStaysAtHome) {
  for (const Home& home : kHomes) {
    std::string header(home.header);
    if (header.ends_with('*')) header.back() = 'x';
    if (!header.ends_with('>')) header += ".h>";
    EXPECT_TRUE(
        finds("is not at home here", "src/domain/stranger.cc", "#include " + header + "\n"));
    for (const std::string_view file : home.files) {
      std::string path = "src/" + std::string(file);
      if (path.starts_with("src/*")) path = "src/base/a" + path.substr(5);
      if (path.ends_with('*')) path.replace(path.size() - 1, 1, "a.cc");
      EXPECT_TRUE(is_clean(path, "#include " + header + "\n"));
    }
  }
}

TEST(Tidy, EveryBannedWordIsFoundAndSaysWhatToDoInstead) {
  for (const Ban& ban : kBans) {
    const std::string beside = ban.beside.empty() ? "" : std::string(ban.beside) + " x;\n";
    const std::string word(ban.word);
    EXPECT_TRUE(finds(word + ": " + std::string(ban.instead), "src/domain/stranger.cc",
                      beside + "  " + word + " x;\n"));
    EXPECT_TRUE(
        is_clean("src/domain/a.cc", "// " + word + " x\nconst char* a = \"" + word + "\";\n"));
    if (ban.unless.empty()) continue;
    EXPECT_TRUE(is_clean("src/domain/a.cc", "  " + word + " " + std::string(ban.unless) + ";\n"));
  }
}

TEST(Tidy, APartOfALongerWordIsNotTheWord) {
  EXPECT_TRUE(is_clean("src/domain/a.cc", "int renewed = new_key(throws, my_assert(1));\n"));
}

TEST(Tidy, NothingIsLeftUnfinished) {
  for (const std::string_view word : kUnfinished) {
    EXPECT_TRUE(finds("finish it", "src/domain/a.cc", "// " + std::string(word) + ": later\n"));
  }
}

TEST(Tidy, LinesFilesAndFunctionsHaveASize) {
  EXPECT_TRUE(finds("100 columns", "src/domain/a.cc", "//" + times(99, "a") + "\n"));
  EXPECT_TRUE(is_clean("src/domain/a.cc", "//" + times(98, "é") + "\n"));
  EXPECT_TRUE(finds("over 500 lines", "src/domain/a.cc", times(501, "//\n")));
  EXPECT_TRUE(is_clean("src/domain/a.cc", times(500, "//\n")));
  EXPECT_TRUE(
      finds("of 61 lines", "src/domain/a.cc", "int f() {\n" + times(59, "  g();\n") + "}\n"));
  EXPECT_TRUE(is_clean("src/domain/a.cc", "int f() {\n" + times(58, "  g();\n") + "}\n"));
}

TEST(Tidy, AFunctionIsFoundWhereverItStands) {
  const std::string body = "{\n" + times(60, "  if (a) { b({1, 2}); }\n") + "}\n";
  const std::array declarations = {
      "namespace a {\nclass B final : public C {\n public:\n  int f(D d = {}) const " + body +
          "};\n}\n",
      "template <class T>\n  requires(sizeof(T) > 1)\nT f(T a) " + body,
      "B::B(int a) : a_{a}, b_(a) " + body, "#define X(a) {\nTEST(A, B) " + body,
      "const int k[] = {1, 2};\nconst char* s = R\"(}{)\";\nauto f() -> int " + body};
  for (const std::string& text : declarations) {
    EXPECT_TRUE(finds("lines: it is two", "src/domain/a_test.cc", text)) << text.substr(0, 60);
  }
  const std::string table =
      "const std::map<int, int> kTable = {\n" + times(70, "  {1, 2},\n") + "};\n";
  EXPECT_TRUE(
      is_clean("src/domain/a.cc", table + "enum class E {\n" + times(70, "  a,\n") + "};\n"));
}

TEST(Tidy, SqlIsNeverJoined) {
  const std::string constant =
      "constexpr std::string_view kAll = R\"sql(\n  SELECT 1 + 1\n)sql\";\n";
  EXPECT_TRUE(
      finds("joins SQL", "src/store/a.cc", constant + "query(std::string(kAll) + where);\n"));
  EXPECT_TRUE(finds("joins SQL", "src/store/a.cc", "auto s = \"SELECT * FROM \" + table;\n"));
  EXPECT_TRUE(is_clean("src/store/a.cc", constant + "query(kAll, {a + b});\n"));
}

TEST(Tidy, AHeaderSaysWhatItIs) {
  EXPECT_TRUE(finds("opens with a comment", "src/domain/a.h", "#pragma once\n"));
  EXPECT_TRUE(finds("#pragma once", "src/domain/a.h", "// What it is.\nint a;\n"));
  EXPECT_TRUE(is_clean("src/domain/a.h", std::string(kHeader)));
}

TEST(Tidy, ADocumentHasOneTitle) {
  EXPECT_TRUE(finds("one `# Title`", "docs/a.md", "## No title\n"));
  EXPECT_TRUE(finds("one `# Title`", "docs/a.md", "# One\n# Two\n"));
  EXPECT_TRUE(is_clean("docs/a.md", "# One\n```console\n# a comment\n```\n"));
}

TEST(Tidy, AFolderHasASize) {
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < kFolderFilesMax; ++i) {
    paths.push_back("src/app/a" + std::to_string(i) + ".cc");
    paths.push_back("src/app/a" + std::to_string(i) + ".h");
    paths.push_back("src/app/a" + std::to_string(i) + "_test.cc");
  }
  EXPECT_TRUE(check_folders(paths).empty());
  paths.push_back("src/app/b.cc");
  EXPECT_EQ(check_folders(paths).size(), 1u);
}

TEST(Tidy, ALockedMigrationNeverChanges) {
  const std::string path = "src/store/sqlite/migrations/0001_ledger.sql";
  const std::string hash =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";  // Of "abc".
  const std::string lock = hash + "  " + path + "\n";
  EXPECT_TRUE(check_migrations(lock, {{path, "abc"}}).empty());
  EXPECT_EQ(check_migrations(lock, {{path, "abd"}}).size(), 1u);
  EXPECT_EQ(check_migrations(lock, {}).size(), 1u);
  EXPECT_EQ(check_migrations("", {{path, "abc"}}).size(), 1u);
}

// ---- the tree as it is ----

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The files that are ours, as paths from the root.
std::vector<std::string> our_files() {
  const std::filesystem::path root = ASSENT_SOURCE_DIR;
  std::vector<std::string> paths;
  const auto take = [&](const std::filesystem::path& path) {
    const std::string name = path.lexically_relative(root).string();
    const bool is_ours =
        is_cpp(name) || name.ends_with(".md") || name.ends_with(".py") || name.ends_with(".sql");
    if (is_ours && name.find("node_modules") == std::string::npos) paths.push_back(name);
  };
  for (const auto& entry : std::filesystem::directory_iterator(root)) {
    if (entry.is_regular_file()) take(entry.path());
  }
  for (const char* folder : {"src", "include", "emitter", "test", "bench", "tools", "docs"}) {
    if (!std::filesystem::exists(root / folder)) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      if (entry.is_regular_file()) take(entry.path());
    }
  }
  std::ranges::sort(paths);
  return paths;
}

void report(const Findings& findings) {
  for (const auto& [path, line, message] : findings) {
    ADD_FAILURE_AT(path.c_str(), static_cast<int>(line)) << message;
  }
}

TEST(Tree, KeepsEveryRule) {
  const auto paths = our_files();
  ASSERT_GT(paths.size(), 50u);
  for (const std::string& path : paths) {
    report(check_file(path, read_file(std::filesystem::path(ASSENT_SOURCE_DIR) / path)));
  }
  report(check_folders(paths));
}

TEST(Tree, KeepsItsMigrations) {
  const std::filesystem::path root = ASSENT_SOURCE_DIR;
  std::map<std::string, std::string> files;
  for (const std::string& path : our_files()) {
    if (fits("src/store/*/migrations/*.sql", path)) files[path] = read_file(root / path);
  }
  EXPECT_FALSE(files.empty());
  report(check_migrations(read_file(root / "test/migrations.sha256"), files));
}

}  // namespace

}  // namespace assent::tidy
