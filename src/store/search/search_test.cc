#include "store/search/search.h"

#include "base/hash.h"
#include "base/testing_wait.h"
#include "store/search/testing_search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <thread>

namespace assent::store {
namespace {

constexpr TenantNumber kAcme{1};
constexpr TenantNumber kOther{2};
const Timestamp kStart = *from_rfc3339("2026-01-19T22:00:00Z");

// Whether the event is one that the query means, by the book.
bool is_meant(const MadeUpEvent& event, const EventQuery& query) {
  const Json& document = event.document;
  const Json& data = *document.find("data");
  const auto has = [](const Json* in, std::string_view name, const auto& wanted) {
    return !wanted || (in != nullptr && in->string_at(name) == *wanted);
  };
  const auto is_of = [&](const std::vector<std::string>& types) {
    return types.empty() || std::ranges::find(types, *document.string_at("type")) != types.end();
  };
  const auto names = [](const Json* in, std::string_view type_name, std::string_view id_name,
                        const std::string& separator, const std::string& wanted) {
    const auto id = in == nullptr ? std::nullopt : in->string_at(id_name);
    if (!id) return false;
    const auto type = in->string_at(type_name);
    return wanted == *id || (type && wanted == std::string(*type) + separator + std::string(*id));
  };
  return event.sequence >= query.from_sequence && event.sequence < query.end_sequence &&
         (!query.since || event.time >= *query.since) &&
         (!query.until || event.time < *query.until) && is_of(query.types) &&
         has(&document, "subject", query.subject) && has(&document, "traceid", query.trace_id) &&
         has(&document, "correlationid", query.correlation_id) &&
         has(&data, "approvalId", query.approval_id) && has(&data, "outcome", query.outcome) &&
         (!query.actor || names(data.find("actor"), "type", "id", ":", *query.actor)) &&
         (!query.target || names(&data, "targetType", "targetId", "/", *query.target) ||
          names(data.find("target"), "type", "id", "/", *query.target));
}

std::vector<std::uint64_t> naive_scan(const std::vector<MadeUpEvent>& log,
                                      const EventQuery& query) {
  std::vector<std::uint64_t> found;
  for (const auto& event : log) {
    if (is_meant(event, query)) found.push_back(event.sequence);
  }
  return found;
}

EventQuery made_up_query(Dice& dice, const std::vector<MadeUpEvent>& log) {
  static const std::vector<std::string> kinds = {"human", "agent", "content", "a/b"};
  EventQuery query{.end_sequence = log.size()};
  const auto name = [&](const std::string& before = "") { return before + made_up_name(dice); };
  if (dice.one_in(3)) query.types = {dice.pick(event_types())};
  if (dice.one_in(6)) {  // Several, of which some may be the same and some of no event.
    for (std::uint64_t n = 1 + dice.below(5); n > 0; --n) {
      query.types.push_back(dice.one_in(4) ? made_up_name(dice) : dice.pick(event_types()));
    }
  }
  if (dice.one_in(4)) query.actor = dice.one_in(2) ? name() : name(dice.pick(kinds) + ":");
  if (dice.one_in(6)) query.subject = dice.one_in(2) ? name() : name("approval/");
  if (dice.one_in(5)) query.target = dice.one_in(2) ? name() : name(dice.pick(kinds) + "/");
  if (dice.one_in(6)) query.approval_id = name();
  if (dice.one_in(6)) query.correlation_id = "trace-" + std::to_string(dice.below(42));
  if (dice.one_in(6)) query.trace_id = "trace-" + std::to_string(dice.below(42));
  if (dice.one_in(6)) query.outcome = name();
  if (dice.one_in(4)) query.from_sequence = dice.below(log.size() + 10);
  if (dice.one_in(4)) query.end_sequence = dice.below(log.size() + 1);
  if (dice.one_in(4)) query.since = dice.pick(log).time + Microseconds(dice.below(2));
  if (dice.one_in(4)) query.until = dice.pick(log).time + Microseconds(dice.below(2));
  query.limit = dice.one_in(4) ? log.size() : 1 + dice.below(9);
  return query;
}

class H60_SearchTest : public testing::Test {
 protected:
  std::unique_ptr<Search> open(std::size_t events_per_batch = 4096) {
    auto search = Search::open({.directory = directory_ / "search",
                                .connect = [this] { return log_.connect(); },
                                .events_per_batch = events_per_batch});
    CHECK(search.has_value());
    return std::move(search).value();
  }

  // Appends made-up events to the tenant's log; several of them share a time.
  void append(TenantNumber tenant, std::vector<MadeUpEvent>& log, std::size_t count) {
    std::vector<std::string> bytes;
    for (; count > 0; --count) {
      const auto time = kStart + std::chrono::milliseconds(log.size() / 3);
      log.push_back(made_up_event(dice_, log.size(), time));
      bytes.push_back(log.back().bytes);
    }
    log_.append(tenant, bytes);
  }

  // All pages of the query, one after the other.
  std::vector<std::uint64_t> pages(const Search& search, const std::vector<MadeUpEvent>& log,
                                   EventQuery query, TenantNumber tenant = kAcme) {
    std::vector<std::uint64_t> found;
    for (;;) {
      const auto page = search.find(log_.connection(), tenant, query, kPatience);
      CHECK(page.has_value());
      EXPECT_LE(page->events.size(), query.limit);
      for (const auto& event : page->events) {
        EXPECT_EQ(event.bytes, log[event.sequence].bytes);
        found.push_back(event.sequence);
      }
      if (!page->next_sequence) return found;
      EXPECT_EQ(page->events.size(), query.limit) << "a page is full unless it is the last";
      query.from_sequence = *page->next_sequence;
    }
  }

  void expect_finds_all(const Search& search, const std::vector<MadeUpEvent>& log) {
    for (const auto& type : event_types()) {
      const EventQuery query{.types = {type}, .end_sequence = log.size(), .limit = 1000};
      EXPECT_EQ(pages(search, log, query), naive_scan(log, query));
    }
    for (std::size_t i = 0; i < log.size(); i += 97) {
      const auto id = *EventId::parse(*log[i].document.string_at("id"));
      const auto sequence = search.sequence_of(log_.connection(), kAcme, id, log.size());
      ASSERT_TRUE(sequence);
      EXPECT_EQ(*sequence, i);
    }
  }

  Dice dice_{7};
  TemporaryDirectory directory_;
  TestLog log_{directory_ / "ledger.db"};
};

TEST_F(H60_SearchTest, FindsWhatANaiveScanFinds) {
  std::vector<MadeUpEvent> log;
  append(kAcme, log, 3000);
  const auto search = open(/*events_per_batch=*/100);
  std::size_t found = 0;
  for (int i = 0; i < 3000; ++i) {
    const EventQuery query = made_up_query(dice_, log);
    const auto expected = naive_scan(log, query);
    ASSERT_EQ(pages(*search, log, query), expected) << "query " << i;
    found += expected.size();
  }
  EXPECT_GT(found, 10'000u);  // The filters are not all for nothing.
}

TEST_F(H60_SearchTest, FindsTheSameWhateverTheBatches) {
  std::vector<MadeUpEvent> log;
  const auto search = open();
  for (int round = 0; round < 60; ++round) {
    append(kAcme, log, 1 + dice_.below(20));
    search->committed(kAcme, log.size());
    for (int i = 0; i < 5; ++i) {
      const EventQuery query = made_up_query(dice_, log);
      ASSERT_EQ(pages(*search, log, query), naive_scan(log, query));
    }
  }
}

TEST_F(H60_SearchTest, OneReadsOnesOwnWriteAtOnce) {
  std::vector<MadeUpEvent> log;
  const auto search = open();
  for (int i = 0; i < 200; ++i) {
    append(kAcme, log, 1);
    if (!dice_.one_in(4)) search->committed(kAcme, log.size());  // Or another node committed it.
    const auto id = *EventId::parse(*log.back().document.string_at("id"));
    const auto sequence = search->sequence_of(log_.connection(), kAcme, id, log.size());
    ASSERT_TRUE(sequence);
    EXPECT_EQ(*sequence, log.size() - 1);
  }
  EXPECT_EQ(search->lag(), 0u);
}

TEST_F(H60_SearchTest, PagesStayStableWhileTheLogGrows) {
  std::vector<MadeUpEvent> log;
  append(kAcme, log, 500);
  const auto search = open();
  EventQuery query{.types = {event_types()[0]}, .end_sequence = log.size(), .limit = 7};
  const auto expected = naive_scan(log, query);
  std::vector<std::uint64_t> found;
  for (;;) {
    append(kAcme, log, 50);
    search->committed(kAcme, log.size());
    const auto page = search->find(log_.connection(), kAcme, query, kPatience);
    ASSERT_TRUE(page);
    for (const auto& event : page->events) found.push_back(event.sequence);
    if (!page->next_sequence) break;
    query.from_sequence = *page->next_sequence;
  }
  EXPECT_EQ(found, expected);
}

TEST_F(H60_SearchTest, ReadersAndTheIndexerDoNotDisturbEachOther) {
  std::vector<MadeUpEvent> log;
  append(kAcme, log, 2000);
  const EventQuery query{.types = {event_types()[1]}, .end_sequence = log.size(), .limit = 2000};
  const auto expected = naive_scan(log, query);
  const auto search = open(64);
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      const auto connection = log_.connect().value();
      for (int round = 0; round < 50; ++round) {
        const auto page = search->find(*connection, kAcme, query, kPatience);
        ASSERT_TRUE(page);
        EXPECT_EQ(page->events.size(), expected.size());
      }
    });
  }
  std::vector<MadeUpEvent> more = log;
  for (int i = 0; i < 50; ++i) {
    append(kAcme, more, 20);
    search->committed(kAcme, more.size());
  }
  for (auto& reader : readers) reader.join();
}

TEST_F(H60_SearchTest, TenantsDoNotSeeEachOther) {
  std::vector<MadeUpEvent> acme;
  std::vector<MadeUpEvent> other;
  for (int i = 0; i < 20; ++i) {
    append(kAcme, acme, dice_.below(60));
    append(kOther, other, dice_.below(60));
  }
  const auto search = open(128);
  for (int i = 0; i < 300; ++i) {
    const EventQuery query = made_up_query(dice_, acme);
    ASSERT_EQ(pages(*search, acme, query, kAcme), naive_scan(acme, query));
    const EventQuery theirs = made_up_query(dice_, other);
    ASSERT_EQ(pages(*search, other, theirs, kOther), naive_scan(other, theirs));
  }
  const auto id = *EventId::parse(*other[0].document.string_at("id"));
  const auto foreign = search->sequence_of(log_.connection(), kAcme, id, acme.size());
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().code, Code::not_found);

  // A page that starts where another tenant's positions are is empty.
  const auto beyond =
      search->find(log_.connection(), kAcme,
                   {.from_sequence = std::uint64_t{1} << 40, .end_sequence = acme.size()});
  ASSERT_TRUE(beyond);
  EXPECT_TRUE(beyond->events.empty());
}

TEST_F(H60_SearchTest, PatienceEnds) {
  std::vector<MadeUpEvent> log;
  append(kAcme, log, 10);
  const auto search = open();
  EventQuery query{.types = {event_types()[0]}, .end_sequence = log.size() + 1};
  const auto page = search->find(log_.connection(), kAcme, query, std::chrono::milliseconds(30));
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, Code::unavailable);

  append(kAcme, log, 1);
  search->committed(kAcme, log.size());
  EXPECT_TRUE(search->find(log_.connection(), kAcme, query, kPatience));
}

TEST_F(H60_SearchTest, GoesOnWhereItStopped) {
  std::vector<MadeUpEvent> log;
  append(kAcme, log, 1000);
  expect_finds_all(*open(), log);
  append(kAcme, log, 1000);
  const auto search = open();
  expect_finds_all(*search, log);
}

TEST_F(H60_SearchTest, ACrashCostsOnlyTheWorkSinceTheLastFlush) {
  std::vector<MadeUpEvent> log;
  append(kAcme, log, 500);
  expect_finds_all(*open(), log);
  append(kAcme, log, 500);
  {
    const auto search = open(64);
    expect_finds_all(*search, log);
    // What the disk has now is what a crash would leave.
    std::filesystem::copy(directory_ / "search", directory_ / "crashed",
                          std::filesystem::copy_options::recursive);
  }
  std::filesystem::remove_all(directory_ / "search");
  std::filesystem::rename(directory_ / "crashed", directory_ / "search");
  append(kAcme, log, 100);
  expect_finds_all(*open(64), log);
}

// Each does something dreadful to the directory of a closed index.
using Harm = void (*)(const std::filesystem::path&);

class H60_DamagedSearchTest : public H60_SearchTest, public testing::WithParamInterface<Harm> {};

TEST_P(H60_DamagedSearchTest, IsRebuiltFromTheLog) {
  std::vector<MadeUpEvent> log;
  append(kAcme, log, 1500);
  expect_finds_all(*open(), log);
  GetParam()(directory_ / "search");
  const auto search = open();
  expect_finds_all(*search, log);
}

void each_file(const std::filesystem::path& directory, std::string_view part,
               const std::function<void(const std::filesystem::path&)>& harm) {
  std::vector<std::filesystem::path> files;
  for (const auto& file : std::filesystem::directory_iterator(directory)) {
    if (file.path().filename().string().find(part) != std::string::npos) files.push_back(file);
  }
  EXPECT_FALSE(files.empty()) << part;
  std::for_each(files.begin(), files.end(), harm);
}

void flip(const std::filesystem::path& file, std::uintmax_t at) {
  std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
  stream.seekg(static_cast<std::streamoff>(at));
  const int byte = stream.get();
  stream.seekp(static_cast<std::streamoff>(at));
  stream.put(static_cast<char>(byte ^ 0x40));
}

void flip_in_tables(const std::filesystem::path& directory, double where) {
  each_file(directory, ".sst", [&](const auto& file) {
    flip(file, static_cast<std::uintmax_t>(static_cast<double>(file_size(file)) * where));
  });
}

INSTANTIATE_TEST_SUITE_P(
    EveryHarm, H60_DamagedSearchTest,
    testing::Values<Harm>(
        [](const auto& directory) { remove_all(directory); },
        [](const auto& directory) { flip_in_tables(directory, 0.01); },
        [](const auto& directory) { flip_in_tables(directory, 0.3); },
        [](const auto& directory) { flip_in_tables(directory, 0.9); },
        [](const auto& directory) { flip_in_tables(directory, 0.9999); },
        [](const auto& directory) {
          each_file(directory, ".sst", [](const auto& file) { remove(file); });
        },
        [](const auto& directory) {
          each_file(directory, ".sst",
                    [](const auto& file) { resize_file(file, file_size(file) / 2); });
        },
        [](const auto& directory) {
          each_file(directory, "MANIFEST", [](const auto& file) { flip(file, 20); });
        },
        [](const auto& directory) {
          each_file(directory, "MANIFEST", [](const auto& file) { remove(file); });
        },
        [](const auto& directory) {
          each_file(directory, "CURRENT", [](const auto& file) { resize_file(file, 0); });
        },
        [](const auto& directory) { remove(directory / "CURRENT"); },
        [](const auto& directory) {
          remove_all(directory);
          std::ofstream(directory) << "a file where the directory should be";
        }));

TEST_F(H60_SearchTest, DamageMetWhileServingIsRepairedBehindTheQuestion) {
  std::vector<MadeUpEvent> log;
  append(kAcme, log, 3000);
  expect_finds_all(*open(), log);
  const auto search = open();
  flip_in_tables(directory_ / "search", 0.3);
  expect_finds_all(*search, log);
}

TEST_F(H60_SearchTest, AnIndexOfAnotherLogIsNotBelieved) {
  std::vector<MadeUpEvent> log;
  append(kAcme, log, 300);
  expect_finds_all(*open(), log);

  // The database is restored from a backup, as it were, and went on differently.
  TestLog restored(directory_ / "restored.db");
  std::vector<MadeUpEvent> another(log.begin(), log.begin() + 100);
  std::vector<std::string> bytes;
  while (another.size() < 400) {
    another.push_back(made_up_event(dice_, another.size(), kStart + std::chrono::hours(1)));
  }
  for (const auto& event : another) bytes.push_back(event.bytes);
  restored.append(kAcme, bytes);
  const auto search = Search::open(
      {.directory = directory_ / "search", .connect = [&] { return restored.connect(); }});
  ASSERT_TRUE(search);
  const EventQuery query{.types = {event_types()[2]}, .end_sequence = 400, .limit = 400};
  const auto page = (*search)->find(restored.connection(), kAcme, query, kPatience);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->events.size(), naive_scan(another, query).size());
}

TEST_F(H60_SearchTest, WithoutALogThereIsNoSearch) {
  const auto search = Search::open(
      {.directory = directory_ / "search", .connect = []() -> Result<std::unique_ptr<Connection>> {
         return Error{Code::unavailable, "gone"};
       }});
  ASSERT_FALSE(search);
  EXPECT_EQ(search.error().code, Code::unavailable);
}

TEST_F(H60_SearchTest, TheLogMayFailForAWhile) {
  std::vector<MadeUpEvent> log;
  append(kAcme, log, 100);
  std::atomic<bool> is_gone = true;
  class Failing final : public Connection {
   public:
    Failing(std::unique_ptr<Connection> real, const std::atomic<bool>& is_gone)
        : real_(std::move(real)), is_gone_(is_gone) {}
    Result<std::int64_t> run(std::string_view, std::initializer_list<Parameter>) override {
      return Error{};
    }
    Result<std::unique_ptr<Rows>> query(std::string_view sql,
                                        std::initializer_list<Parameter> parameters) override {
      if (sql.find("body") != sql.npos && is_gone_) return Error{Code::unavailable, "for now"};
      return real_->query(sql, parameters);
    }
    Result<void> script(std::string_view) override { return Error{}; }
    Result<void> begin() override { return Error{}; }
    Result<void> begin_snapshot() override { return Error{}; }
    Result<void> commit() override { return Error{}; }
    void rollback() override {}
    Result<void> savepoint() override { return Error{}; }
    Result<void> release() override { return Error{}; }
    Result<void> rollback_to_savepoint() override { return Error{}; }

   private:
    std::unique_ptr<Connection> real_;
    const std::atomic<bool>& is_gone_;
  };
  const auto search = Search::open(
      {.directory = directory_ / "search", .connect = [&]() -> Result<std::unique_ptr<Connection>> {
         return std::unique_ptr<Connection>(new Failing(log_.connect().value(), is_gone));
       }});
  ASSERT_TRUE(search);
  const auto becomes = [&search](bool failing) {
    return eventually([&] { return (*search)->is_failing() == failing; });
  };
  EXPECT_TRUE(becomes(true)) << "and it says so, for readyz";
  is_gone = false;
  expect_finds_all(**search, log);
  EXPECT_TRUE(becomes(false));
}

}  // namespace
}  // namespace assent::store
