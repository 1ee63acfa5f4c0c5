// The layer rule and the rest of STYLE's hard edges, tried on planted violations and then on the
// tree.
#include "tidy_checks.h"
#include "tidy_rules.h"
#include "tidy_source.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace assent::tidy {

namespace {

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
      const bool is_known =
          kLayers.contains(other.ends_with(".h") ? other.substr(0, other.rfind('/')) : other);
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

TEST(Tidy, NothingReturnsOutOfAListThatHasBegun) {
  const std::array leaks = {"A a{.b = c(), .d = TRY(e())};", "f({.b = c(),\n  .d = TRY(e())});",
                            "return A{b, {TRY(c())}};", "list.push_back({b, g(1, TRY(c()))});",
                            "return [&]() -> R { A a = {b, TRY(c())}; }();"};
  for (const std::string leak : leaks) {
    EXPECT_TRUE(finds("leaks that item", "src/domain/a.cc", "R f() {\n" + leak + "\n}\n")) << leak;
  }
  const std::array sound = {"A a{.b = TRY(c()), .d = e()};",
                            "f(a, TRY(c()));",
                            "if (A{b, c}) { TRY(d()); }",
                            "f({.a = b, .run = [&] { return g(TRY(c())); }});",
                            "f({.a = b, .run = [&](D d) -> Result<E> { return g(TRY(c())); }});",
                            "for (const auto& x : {a, b}) {\n  TRY(c(x));\n}"};
  for (const std::string good : sound) {
    EXPECT_TRUE(is_clean("src/domain/a.cc", "R f() {\n" + good + "\n}\n")) << good;
  }
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
    paths.push_back("src/domain/a" + std::to_string(i) + ".cc");
    paths.push_back("src/domain/a" + std::to_string(i) + ".h");
    paths.push_back("src/domain/a" + std::to_string(i) + "_test.cc");
  }
  EXPECT_TRUE(check_folders(paths).empty());
  paths.push_back("src/domain/b.cc");
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
  for (const char* folder :
       {"src", "include", "emitter", "test", "tests", "bench", "tools", "docs"}) {
    if (!std::filesystem::is_directory(root / folder)) continue;
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
  report(check_migrations(
      read_file(std::filesystem::path(ASSENT_SOURCE_DIR) / "tests/migrations.sha256"), files));
}

}  // namespace

}  // namespace assent::tidy
