#include "store/writer.h"

#include "store/search/testing_search.h"
#include "store/sqlite/sqlite_connection.h"
#include "store/testing_writer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>
#include <tuple>

namespace assent::store {
namespace {

using namespace std::chrono_literals;

const Tenant kTenant{TenantNumber{1}, "acme", "test.example/t/acme"};
const Tenant kOther{TenantNumber{2}, "other", "test.example/t/other"};

// A writer on a disk that can break.
class WriterTest : public testing::Test {
 protected:
  WriterTest() {
    auto real = open_sqlite({.path = ":memory:"});
    CHECK(real && migrate(**real, sqlite_migrations()));
    disk = std::make_unique<FaultyConnection>(std::move(*real));
    start({});
  }

  void start(Writer::Options options) {
    options.committed = [this](const Committed& now) {
      const std::lock_guard lock(mutex);
      for (const auto tenant : now.changes.logs)
        committed_sizes[tenant] = now.heads.at(tenant).size();
    };
    writer.reset();
    auto started =
        Writer::start({*disk, clock, random, *blobs, signers, policies}, std::move(options));
    CHECK(started);
    writer = std::move(*started);
  }

  Result<void> emit(std::int64_t number, const Tenant& tenant = kTenant) {
    const PreparedEvent event = numbered_event(tenant, number, random);
    return write_and_wait(*writer, engine_of(tenant), [&event](Write& write) -> Result<void> {
      TRY(write.record_prepared(event));
      return {};
    });
  }

  std::vector<std::int64_t> durable(const Tenant& tenant = kTenant) {
    writer.reset();
    return numbers_of(disk->real(), tenant.number);
  }

  TemporaryDirectory directory;
  ManualClock clock{from_microseconds(1'700'000'000'000'000)};
  SystemRandom random;
  std::unique_ptr<Blobs> blobs = *Blobs::open(directory / "blobs");
  const Signers signers{Secret(std::string(32, 's'))};
  const PoliciesInForce policies{*blobs};
  std::unique_ptr<FaultyConnection> disk;
  std::mutex mutex;
  std::map<TenantNumber, std::uint64_t> committed_sizes;  // Guarded by mutex.
  std::unique_ptr<Writer> writer;
};

constexpr int kForever = 1'000'000;

class WriterFaults : public WriterTest,
                     public testing::WithParamInterface<std::tuple<Fault, int>> {};

TEST_P(WriterFaults, WhatWasAcknowledgedIsDurable) {
  const auto [fault, times] = GetParam();
  std::set<std::int64_t> attempted, acknowledged, refused;
  for (std::int64_t number = 0; number < 30; ++number) {
    if (number == 8) disk->break_next(fault, times);
    if (number == 20) disk->heal();
    const bool is_illegal = number % 7 == 6;
    const PreparedEvent event = numbered_event(kTenant, number, random);
    const auto result =
        write_and_wait(*writer, engine_of(kTenant), [&](Write& write) -> Result<void> {
          TRY(write.record_prepared(event));
          if (is_illegal) return Error{Code::invalid_state, "every seventh is illegal"};
          return {};
        });
    if (!is_illegal) attempted.insert(number);
    if (result) {
      acknowledged.insert(number);
    } else if (result.error().code != Code::uncertain) {
      refused.insert(number);
    }
  }
  EXPECT_FALSE(writer->is_latched());
  const auto numbers = durable();  // In the order of the log; checks its tree, too.
  const std::set<std::int64_t> kept(numbers.begin(), numbers.end());
  EXPECT_TRUE(std::ranges::is_sorted(numbers));
  EXPECT_EQ(kept.size(), numbers.size());
  EXPECT_TRUE(std::ranges::includes(kept, acknowledged));
  EXPECT_TRUE(std::ranges::includes(attempted, kept));
  EXPECT_TRUE(acknowledged.contains(29));
  if (fault == Fault::after_commit) {
    EXPECT_GT(kept.size(), acknowledged.size());
  } else {
    EXPECT_EQ(kept, acknowledged);
  }
  std::vector<std::int64_t> broken_promises;
  std::ranges::set_intersection(kept, refused, std::back_inserter(broken_promises));
  EXPECT_TRUE(broken_promises.empty()) << "an Error that is not uncertain had an effect";
  EXPECT_EQ(fault != Fault::none, acknowledged.size() < attempted.size());
}

INSTANTIATE_TEST_SUITE_P(EveryFault, WriterFaults,
                         testing::Combine(testing::Values(Fault::none, Fault::at_begin,
                                                          Fault::at_append, Fault::before_commit,
                                                          Fault::after_commit),
                                          testing::Values(1, 5, kForever)));

TEST_F(WriterTest, AnUncertainCommitThatWasDurableIsSeenAtOnce) {
  ASSERT_TRUE(emit(0));
  disk->break_next(Fault::after_commit, 1);
  const auto result = emit(1);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::uncertain);
  const std::lock_guard lock(mutex);
  EXPECT_EQ(committed_sizes.at(kTenant.number), 2U);
}

TEST_F(WriterTest, AnErrorRollsItsOwnJobBackAndNoOther) {
  std::vector<Result<void>> results(40);
  std::vector<PreparedEvent> events;
  for (int i = 0; i < 40; ++i) events.push_back(numbered_event(kTenant, i, random));
  // The first job holds the writer up until all the others wait for the same batch.
  std::promise<void> go;
  auto gone = go.get_future().share();
  ASSERT_TRUE(writer->write({engine_of(kTenant), kTestTrace,
                             [gone](Write&) -> Result<void> {
                               gone.wait();
                               return {};
                             },
                             [](Result<void>) {}}));
  std::atomic<int> finished = 0;
  for (std::size_t i = 0; i < 40; ++i) {
    ASSERT_TRUE(writer->write({engine_of(kTenant), kTestTrace,
                               [&events, i](Write& write) -> Result<void> {
                                 TRY(write.record_prepared(events[i]));
                                 if (i % 2 == 1) return Error{Code::invalid_state, "odd"};
                                 return {};
                               },
                               [&results, &finished, i](Result<void> result) {
                                 results[i] = std::move(result);
                                 ++finished;
                               }}));
  }
  go.set_value();
  writer->close();
  ASSERT_EQ(finished, 40);
  for (std::size_t i = 0; i < 40; ++i) EXPECT_EQ(results[i].has_value(), i % 2 == 0);
  const auto numbers = durable();
  ASSERT_EQ(numbers.size(), 20U);
  for (std::size_t i = 0; i < 20; ++i) EXPECT_EQ(numbers[i], static_cast<std::int64_t>(2 * i));
}

TEST_F(WriterTest, TimeInALogNeverRunsBackwards) {
  ASSERT_TRUE(emit(0));
  const Timestamp first = clock.now();
  clock.advance(-1h);
  ASSERT_TRUE(emit(1));
  start({});  // A restart must not forget.
  ASSERT_TRUE(emit(2));
  ASSERT_TRUE(emit(0, kOther));  // Another log knows nothing of that.
  clock.set(first + 1s);
  ASSERT_TRUE(emit(3));
  writer.reset();
  const auto events = events_of(disk->real(), kTenant.number);
  ASSERT_EQ(events.size(), 4U);
  EXPECT_EQ(events[1].time, first);
  EXPECT_EQ(events[2].time, first);
  EXPECT_EQ(events[3].time, first + 1s);
  EXPECT_EQ(events_of(disk->real(), kOther.number).at(0).time, first - 1h);
}

TEST_F(WriterTest, OneCommitHasOneTime) {
  ASSERT_TRUE(write_and_wait(*writer, engine_of(kTenant), [this](Write& write) -> Result<void> {
    const Timestamp before = write.now();
    clock.advance(1s);
    const auto event = numbered_event(kTenant, 0, random);
    EXPECT_EQ(TRY(write.record_prepared(event)).time, before);
    return {};
  }));
}

TEST_F(WriterTest, TheQueueHasAnEnd) {
  start({.jobs_max = 4});
  std::promise<void> started, go;
  auto gone = go.get_future().share();
  ASSERT_TRUE(writer->write({engine_of(kTenant), kTestTrace,
                             [&started, gone](Write&) -> Result<void> {
                               started.set_value();
                               gone.wait();
                               return {};
                             },
                             [](Result<void>) {}}));
  started.get_future().wait();  // It waits no longer.
  const WriteJob job{engine_of(kTenant), kTestTrace, [](Write&) { return Result<void>(); },
                     [](Result<void>) {}};
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(writer->write(job));
  const auto refused = writer->write(job);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::overloaded);
  EXPECT_EQ(writer->waiting(), 4U);
  go.set_value();
}

TEST_F(WriterTest, DamageLatches) {
  ASSERT_TRUE(emit(0));
  const auto found = write_and_wait(*writer, engine_of(kTenant), [](Write&) -> Result<void> {
    return Error{Code::corrupt, "this is not what was written"};
  });
  EXPECT_EQ(found.error().code, Code::corrupt);
  EXPECT_TRUE(writer->is_latched());
  const auto later = emit(1);
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error().code, Code::corrupt);
  EXPECT_EQ(durable(), std::vector<std::int64_t>{0});
}

TEST_F(WriterTest, ATooLargeEventIsItsJobsFault) {
  ASSERT_TRUE(emit(0));
  const auto large =
      prepare({.type = "test.large",
               .subject = "test/large",
               .data = Json::object({{"text", std::string(kEntryBytesMax, 'x')}})},
              engine_actor(), kTenant, kTestTrace, EventId::make(clock.now(), random));
  const auto result =
      write_and_wait(*writer, engine_of(kTenant), [&](Write& write) -> Result<void> {
        TRY(write.record_prepared(large));
        return {};
      });
  EXPECT_EQ(result.error().code, Code::too_large);
  ASSERT_TRUE(emit(1));
  EXPECT_EQ(durable(), (std::vector<std::int64_t>{0, 1}));
}

TEST_F(WriterTest, AnExceptionIsItsJobsFault) {
  const auto result = write_and_wait(*writer, engine_of(kTenant), [](Write&) -> Result<void> {
    std::ignore = std::string().at(1);
    return {};
  });
  EXPECT_EQ(result.error().code, Code::internal);
  EXPECT_TRUE(emit(0));
}

TEST_F(WriterTest, H6_SequencesOfManyThreadsHaveNoGaps) {
  constexpr int kThreads = 64;
  constexpr int kEach = 50;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([this, thread] {
      for (int i = 0; i < kEach; ++i) {
        const Tenant& tenant = i % 2 == 0 ? kTenant : kOther;
        EXPECT_TRUE(emit(thread * kEach + i, tenant));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  writer.reset();
  auto numbers = numbers_of(disk->real(), kTenant.number);  // Checks sequences and tree.
  EXPECT_EQ(numbers.size(), static_cast<std::size_t>(kThreads * kEach / 2));
  const auto others = numbers_of(disk->real(), kOther.number);
  numbers.insert(numbers.end(), others.begin(), others.end());
  EXPECT_EQ(std::set<std::int64_t>(numbers.begin(), numbers.end()).size(),
            static_cast<std::size_t>(kThreads * kEach));
}

}  // namespace
}  // namespace assent::store
