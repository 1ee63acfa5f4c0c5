// The architecture, as tables. Read from the top down: who may know whom, where each heavy library
// lives, which words we do without, how large things may get. tidy_test.cc enforces all of it.
//
//   base ◄─ domain ◄─┐
//     ▲              store ◄─ app ◄─ edge/* ◄─ mains
//     └──── ledger ◄─┘
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace assent::tidy {

// clang-format off

// A folder of src/, and the folders (or single headers) that it may include besides itself.
inline const std::map<std::string, std::set<std::string>> kLayers = {
    {"base",           {}},
    // What may happen, and in its own room how other systems would have said that it did.
    // A policy has a catalogue of plans.
    {"domain",         {"base", "domain/plan"}},
    {"domain/plan",    {"base", "domain"}},
    {"domain/dialect", {"base", "domain"}},
    {"ledger",         {"base"}},
    // What strangers link (include/assent/verify.h): bundles and pages, without a store.
    {"verify",         {"base", "ledger"}},
    // One layer in eight rooms: the writer and its store, the engines, the state that events make,
    // the index over events, what can be proven of the log, and the check of it all.
    {"store",          {"base", "domain", "ledger", "store/sqlite", "store/state", "store/search",
                        "store/verify", "store/proofs", "store/keeping"}},
    // Backup, restore, rebuild, the durable mark and the sealed key.
    {"store/keeping",  {"base", "domain", "ledger", "store", "store/sqlite", "store/state",
                        "store/search", "store/verify", "store/proofs"}},
    {"store/sqlite",   {"base", "store"}},
    {"store/postgres", {"base", "store"}},
    {"store/state",    {"base", "domain", "domain/plan", "store", "store/sqlite",
                        "store/search"}},
    {"store/search",   {"base", "domain", "store", "store/sqlite"}},
    {"store/verify",   {"base", "domain", "ledger", "verify", "store", "store/sqlite",
                        "store/state", "store/search"}},
    {"store/bundle",   {"base", "domain", "domain/dialect", "ledger", "store", "store/sqlite",
                        "store/search", "store/proofs"}},
    {"store/proofs",   {"base", "domain", "ledger", "store", "store/sqlite"}},
    {"app",            {"base", "domain", "domain/plan", "domain/dialect", "ledger", "store",
                        "store/state", "store/search", "store/verify", "store/proofs",
                        "store/keeping"}},
    {"edge/net",       {"base"}},
    {"edge/http",      {"base", "domain", "domain/dialect", "ledger", "store", "store/verify",
                        "store/proofs", "app", "edge/net/message.h", "edge/witness/report.h"}},
    {"edge/mcp",       {"base", "domain", "domain/dialect", "app", "edge/net/message.h"}},
    {"edge/execute",   {"base", "domain", "store", "store/verify", "app"}},
    {"edge/witness",   {"base", "domain", "ledger", "store", "edge/net/message.h",
                        "edge/execute/calls.h"}},
    {"edge/cli",       {"base", "domain", "domain/dialect", "ledger", "verify", "store",
                        "store/verify", "store/keeping", "store/bundle", "store/search", "app",
                        "edge/execute/webhook.h", "edge/cli/import"}},
    // Rows of other systems' tables, on their way to the server.
    {"edge/cli/import", {"base", "domain", "app", "edge/cli"}},
    // The mains, which wire it all.
    {"",               {"base", "domain", "ledger", "store", "app", "edge/net", "edge/http",
                        "edge/mcp", "edge/execute", "edge/witness", "edge/cli"}},
};

// A header, the files that may include it, and what everybody else does instead. The first row
// whose pattern fits counts.
struct Home {
  std::string_view header;
  std::vector<std::string_view> files;
  std::string_view instead;
};
inline const std::vector<Home> kHomes = {
    {"<boost/json*", {"base/json*"},                "use base/json.h"},
    {"<boost/*",     {"edge/net/*"},                "use edge/net/message.h"},
    {"<sqlite3.h>",  {"store/sqlite/*"},            "use store/connection.h"},
    {"<libpq-fe.h>", {"store/postgres/*"},          "use store/connection.h"},
    {"<rocksdb/*",   {"store/search/*"},            "use store/search/search.h"},
    {"<sodium.h>",   {"base/seal.cc"},              "use base/seal.h"},
    {"<archive*",    {"store/bundle/tar_file.cc", "verify/archive.cc"},
                                                    "use store/bundle/tar_file.h to write"},
    {"<openssl/*",   {"base/hash.cc", "base/seal.cc", "ledger/*", "edge/net/*"},
                                                    "use base/hash.h or ledger/key.h"},
    {"<utf8proc.h>", {"base/unicode.cc"},           "use base/text.h"},
    {"<yaml-cpp/*",  {"domain/policy_document.cc"}, "use domain/policy.h"},
    {"<prometheus/*", {"edge/http/metrics*"},       "use edge/http/metrics.h"},
    {"<spdlog/*",    {"base/log.cc"},               "use base/log.h"},
    {"<CLI/*",       {"edge/cli/*"},                "the command line lives in edge/cli"},
    {"<curl/*",      {"edge/cli/*", "edge/execute/calls.cc", "verify/fetch.cc"},
                                                    "use edge/execute/calls.h, or edge/cli/client"},
    {"<archive*",    {"verify/archive.cc"},      "use verify/members.h"},
    {"<gtest/*",     {"*_test.cc", "*testing*"},    "tests live in *_test.cc"},
    {"<rapidcheck*", {"*_test.cc", "*testing*"},    "tests live in *_test.cc"},
    {"<gmock/*",     {},                            "test against the real thing"},
    {"<nlohmann/*",  {},                            "use base/json.h"},
    {"<iostream>",   {},                            "use base/log.h, or <cstdio> in edge/cli"},
    {"<regex>",      {},                            "write the few lines that read the text"},
    {"<cassert>",    {},                            "use CHECK, which stays on in release"},
    {"<format>",     {},                            "g++ 12 has none: join, or use fmt in a .cc"},
    {"<expected>",   {},                            "use Result"},
    {"<ranges>",     {},                            "use the std::ranges algorithms"},
};

// A word that we do without, but for some files; and what to write instead.
struct Ban {
  std::string_view word;
  std::vector<std::string_view> files;  // Where it is at home.
  std::string_view instead;
  std::string_view unless = {};  // Text on the same line that makes it right.
  std::string_view beside = {};  // Only banned in files that have this word too.
};
inline const std::vector<Ban> kBans = {
    {"std::views",        {}, "use the std::ranges algorithms: clang 14 cannot read views"},
    {"co_await",          {"edge/net/*"}, "take a std::function: coroutines stay in edge/net"},
    {"co_return",         {"edge/net/*"}, "take a std::function: coroutines stay in edge/net"},
    {"TRY(",              {}, "g++ 12 cannot compile it in a coroutine: look at the Result",
                          {}, "co_await"},
    {"system_clock::now", {"base/time.cc"}, "take a Clock, or be told the time"},
    {"random_device",     {}, "take a Random"},
    {"sleep_for",         {"store/sqlite/*", "edge/*", "*_test.cc", "*testing*"},
                          "wait on a condition, with the clock as a variable"},
    {"getenv",            {"edge/cli/*", "assent.cc", "app/testing.cc"},
                          "read it at the top and pass it on"},
    {"throw",             {}, "return an Error"},
    {"catch (",           {"domain/policy_document.cc",  // yaml-cpp.
                           "base/json*",                 // Boost.JSON.
                           "edge/net/*",                 // Asio.
                           "edge/cli/*",                 // CLI11.
                           "store/writer.cc",            // Keeps the writer alive …
                           "store/readers.cc",           // … and the readers.
                           "*_test.cc"},
                          "catch in the wrapper that owns the library, and return an Error"},
    {"new",               {}, "use std::make_unique", "unique_ptr"},
    {"malloc",            {}, "use a container"},
    {"shared_ptr",        {"store/*",            // Snapshots swapped whole: identities, policies.
                           "app/runner.cc",      // A call in flight crosses threads.
                           "edge/net/*",         // An answer may outlive its connection.
                           "edge/http/*",
                           "*_test.cc", "*testing*"},
                          "a dependency is a reference, an owned part a unique_ptr"},
    {"using namespace",   {"*_test.cc", "*_fuzz.cc"}, "name what you use", "literals"},
    {"assert(",           {}, "use CHECK, which stays on in release"},
};

// Words of the unfinished, banned in comments too. In pieces, or this file would be a finding.
inline const std::vector<std::string_view> kUnfinished = {"FIX" "ME", "TO" "DO", "XX" "X"};

// clang-format on

inline constexpr std::size_t kColumnsMax = 100;
inline constexpr std::size_t kFileLinesMax = 500;
inline constexpr std::size_t kFunctionLinesMax = 60;
// Without tests; a header and its .cc count once.
inline constexpr std::size_t kFolderFilesMax = 24;
// Folders that are a list rather than a heap: one file for each verb, for each kind of state, for
// each word without a domain.
inline const std::map<std::string, std::size_t> kRoomyFolders = {
    {"src/app", 100}, {"src/base", 30}, {"src/store/state", 36}};

}  // namespace assent::tidy
