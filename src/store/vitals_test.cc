#include "store/vitals.h"

#include "store/search/testing_search.h"
#include "store/sqlite/sqlite_connection.h"
#include "store/testing_writer.h"
#include "store/writer.h"

#include <gtest/gtest.h>

#include <mutex>
#include <string>
#include <vector>

namespace assent::store {
namespace {

const Tenant kTenant{TenantNumber{1}, "acme", "test.example/t/acme"};

// A batch as it was reported, kept beyond the call.
struct Reported {
  std::size_t jobs = 0;
  bool is_committed = false;
  std::uint64_t emitted = 0;
  std::vector<std::string> governed;
};

class VitalsTest : public testing::Test {
 protected:
  VitalsTest() {
    auto real = open_sqlite({.path = ":memory:"});
    CHECK(real && migrate(**real, sqlite_migrations()));
    disk = std::make_unique<FaultyConnection>(std::move(*real));
    auto started = Writer::start({*disk, clock, random, *blobs, signers, policies},
                                 {.reported = [this](const BatchReport& batch) { keep(batch); }});
    CHECK(started);
    writer = std::move(*started);
    vitals.look();
  }

  void keep(const BatchReport& batch) {
    const std::lock_guard lock(mutex);
    Reported& kept =
        reported.emplace_back(Reported{batch.jobs, batch.is_committed, batch.emitted_events, {}});
    for (const auto& [type, reason] : batch.governed_events) {
      kept.governed.push_back(type + "/" + reason);
    }
  }
  Reported last() {
    const std::lock_guard lock(mutex);
    return reported.back();
  }
  Result<void> write(const std::function<Result<void>(Write&)>& run) {
    return write_and_wait(*writer, engine_of(kTenant), run);
  }
  Result<void> emit() {
    const PreparedEvent event = numbered_event(kTenant, 1, random);
    return write([&event](Write& write) -> Result<void> {
      TRY(write.record_prepared(event));
      return {};
    });
  }
  std::string state_of(std::string_view part) {
    for (const auto& [name, state] : vitals.health(*writer, nullptr).parts) {
      if (name == part) return std::string(state);
    }
    return "absent";
  }

  TemporaryDirectory directory;
  ManualClock clock{from_microseconds(1'700'000'000'000'000)};
  SystemRandom random;
  std::unique_ptr<Blobs> blobs = *Blobs::open(directory / "blobs");
  const Signers signers{Secret(std::string(32, 's'))};
  const PoliciesInForce policies{*blobs};
  Vitals vitals{directory / "blobs"};
  std::unique_ptr<FaultyConnection> disk;
  std::mutex mutex;
  std::vector<Reported> reported;  // Guarded by mutex.
  std::unique_ptr<Writer> writer;
};

TEST_F(VitalsTest, H67_AFailedCommitShowsUntilOneSucceeds) {
  ASSERT_TRUE(emit());
  EXPECT_TRUE(vitals.health(*writer, nullptr).is_ready());
  for (const Fault fault : {Fault::at_begin, Fault::at_append, Fault::before_commit}) {
    disk->break_next(fault, 1);
    const bool is_jobs_own = fault == Fault::at_append;  // Which that job alone hears of.
    ASSERT_FALSE(emit());
    EXPECT_EQ(state_of("writer"), is_jobs_own ? "ok" : "failing");
    EXPECT_EQ(last().is_committed, is_jobs_own);
    EXPECT_EQ(last().emitted, 0U) << "what was not committed is not counted";
    ASSERT_TRUE(emit());
    EXPECT_EQ(state_of("writer"), "ok");
    EXPECT_EQ(last().emitted, 1U);
  }
  writer->latch();
  EXPECT_EQ(state_of("writer"), "read_only");
  EXPECT_FALSE(vitals.health(*writer, nullptr).is_writable);
}

TEST_F(VitalsTest, H67_OnlyWhatAJobKeptIsCounted) {
  const auto refuse = [](std::string_view reason) {
    return [reason](Write& write) -> Result<void> {
      TRY(write.record({.type = "grant.refused",
                        .subject = "grant/none",
                        .data = Json::object({{"reason", std::string(reason)}})}));
      return {};
    };
  };
  ASSERT_TRUE(write(refuse("already_consumed")));
  EXPECT_EQ(last().governed, std::vector<std::string>{"grant.refused/already_consumed"});
  ASSERT_TRUE(write(refuse("the tenant's own words")));
  EXPECT_EQ(last().governed, std::vector<std::string>{"grant.refused/other"});

  ASSERT_FALSE(write([&](Write& write) -> Result<void> {
    TRY(refuse("expired")(write));
    return Error{Code::invalid_state, "undone"};
  }));
  EXPECT_TRUE(last().governed.empty());
  EXPECT_TRUE(last().is_committed);
}

TEST_F(VitalsTest, H67_EachPartAnswersForItself) {
  vitals.note_checkpoints(false);
  EXPECT_EQ(state_of("checkpoints"), "failing");
  EXPECT_EQ(state_of("disk"), "ok");
  EXPECT_FALSE(vitals.health(*writer, nullptr).is_ready());
  vitals.note_checkpoints(true);
  EXPECT_TRUE(vitals.health(*writer, nullptr).is_ready());

  Vitals nowhere(directory / "absent");
  nowhere.look();
  EXPECT_EQ(nowhere.health(*writer, nullptr).parts[1].state, "unknown");
  const Vitals unseen(directory / "blobs");  // Nobody has looked yet, or not for long.
  EXPECT_EQ(unseen.health(*writer, nullptr).parts[3].state, "stuck");
}

}  // namespace
}  // namespace assent::store
