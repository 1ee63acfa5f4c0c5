// When the spool is sent, and what happens when it cannot be.
#include "emitter/cpp/testing.h"

#include <gtest/gtest.h>

#include <assent/emitter.h>
#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace assent::emitter {
namespace {

using testing::event_of;
using testing::Far;
using namespace std::chrono_literals;

class EmitterSpooling : public ::testing::Test {
 protected:
  Options options() { return testing::spooling_options_for(far_, scratch_); }

  Emitter open(Options options) {
    auto emitter = Emitter::open(std::move(options));
    EXPECT_TRUE(emitter) << emitter.error().message;
    return std::move(*emitter);
  }

  // Waits for what another thread does; the tests fail by their own limit if it never comes.
  template <class Condition>
  static bool comes(Condition condition) {
    for (int i = 0; i < 12'000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }

  static std::vector<std::string> numbers(int first, int last) {
    std::vector<std::string> texts;
    for (int i = first; i <= last; ++i) texts.push_back(std::to_string(i));
    return texts;
  }

  static void buffer(Emitter& emitter, int first, int last) {
    for (const std::string& text : numbers(first, last)) {
      const auto spooled = emitter.buffer(event_of(text));
      ASSERT_TRUE(spooled) << spooled.error().message;
    }
  }

  testing::Scratch scratch_;
  Far far_;
};

TEST_F(EmitterSpooling, SendsWhenSoManyWait) {
  Options given = options();
  given.spool->flush_events = 100;
  Emitter emitter = open(given);
  buffer(emitter, 1, 99);
  std::this_thread::sleep_for(50ms);
  EXPECT_TRUE(far_.requests().empty()) << "one is missing";
  buffer(emitter, 100, 100);
  EXPECT_TRUE(comes([&] { return far_.events().size() == 100; }));
  EXPECT_EQ(far_.requests().size(), 1U);
}

TEST_F(EmitterSpooling, SendsWhenOneHasWaitedForSoLong) {
  Options given = options();
  given.spool->flush_after = 50ms;
  Emitter emitter = open(given);
  buffer(emitter, 1, 1);
  EXPECT_TRUE(comes([&] { return far_.events().size() == 1; }));
}

TEST_F(EmitterSpooling, SendsOnDemandInOrderABatchAtATime) {
  Emitter emitter = open(options());
  buffer(emitter, 1, 2500);
  EXPECT_EQ(emitter.flush(120s), 0U);
  EXPECT_EQ(far_.targets(), numbers(1, 2500));
  EXPECT_EQ(far_.requests().size(), 3U) << "a thousand at once is what the server takes";
  std::int64_t expected = 0;
  for (const Json& event : far_.events()) {
    EXPECT_EQ(event.find("producer")->integer_at("sequence"), ++expected);
  }
}

TEST_F(EmitterSpooling, ABatchHasAtMostAMebibyte) {
  Emitter emitter = open(options());
  for (int i = 1; i <= 60; ++i) {
    Event event = event_of(std::to_string(i));
    event.metadata = Value::object({{"text", std::string(30'000, 'x')}});
    ASSERT_TRUE(emitter.buffer(event));
  }
  EXPECT_EQ(emitter.flush(120s), 0U);
  EXPECT_EQ(far_.targets(), numbers(1, 60));
  for (const Request& request : far_.requests()) EXPECT_LE(request.body.size(), 1024U * 1024);
}

TEST_F(EmitterSpooling, H51_WhateverTheNetworkDoesEachArrivesOnceAndInOrder) {
  Options given = options();
  given.spool->flush_events = 10;
  Emitter emitter = open(given);
  const Far::Mood moods[] = {Far::Mood::forgetful, Far::Mood::down,       Far::Mood::lying,
                             Far::Mood::busy,      Far::Mood::forbidding, Far::Mood::well};
  for (int i = 1; i <= 600; ++i) {
    if (i % 20 == 0) far_.set(moods[i / 20 % std::size(moods)]);
    buffer(emitter, i, i);
    if (i % 50 == 0) std::this_thread::sleep_for(20ms);
  }
  far_.set(Far::Mood::well);
  EXPECT_EQ(emitter.flush(120s), 0U);
  EXPECT_EQ(far_.targets(), numbers(1, 600));
}

TEST_F(EmitterSpooling, ATenantWhoseKeyIsGoneHoldsUpNobodyElse) {
  {
    far_.set(Far::Mood::down);
    Emitter emitter = open(options());
    ASSERT_TRUE(emitter.buffer(event_of("theirs", "beta-2")));
    buffer(emitter, 1, 1);
    emitter.close(0ms);
  }
  far_.set(Far::Mood::well);
  Options given = options();
  given.keys.erase("beta-2");
  Emitter emitter = open(given);
  EXPECT_TRUE(comes([&] { return emitter.flush(100ms) == 1; }));
  EXPECT_EQ(far_.targets(), numbers(1, 1));
}

TEST_F(EmitterSpooling, WhatTheServerWillNeverTakeIsSetAsideAndTheRestGoesOn) {
  Options given = options();
  std::mutex mutex;
  std::vector<std::string> kinds;
  given.report = [&](std::string_view kind, std::string_view) {
    const std::lock_guard lock(mutex);
    kinds.emplace_back(kind);
  };
  Emitter emitter = open(given);
  far_.refuse("poison");
  buffer(emitter, 1, 40);
  ASSERT_TRUE(emitter.buffer(event_of("poison")));
  buffer(emitter, 42, 60);
  EXPECT_EQ(emitter.flush(120s), 0U);
  EXPECT_EQ(far_.events().size(), 59U);
  EXPECT_EQ(kinds, std::vector<std::string>{"refused"});
  const auto kept = parse_json(testing::content_of(scratch_.path() + "/refused.ndjson"));
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->find("answer")->integer_at("status"), 422);
  EXPECT_EQ(kept->find("answer")->string_at("reason"), "422 unprocessable: proof is demanded");
  EXPECT_EQ(kept->find("event")->find("producer")->integer_at("sequence"), 41);
}

// A proxy that limits bodies, a login page, a firewall: what it says of an event is not what the
// server would say.
TEST_F(EmitterSpooling, ANoThatIsNotTheServersOwnIsLater) {
  Emitter emitter = open(options());
  buffer(emitter, 1, 3);
  for (const int status : {400, 409, 413, 415, 422}) {
    for (const char* body :
         {"", "<html>413 Request Entity Too Large</html>", "{}", "[]", R"({"error":"too large"})",
          R"({"error":{}})", R"({"error":{"code":413}})", R"({"error":{"code":""}})",
          R"({"error":{"message":"no"}})", R"({"error":{"code":"x"}} and more)"}) {
      const std::size_t before = far_.requests().size();
      far_.set_foreign({.status = status, .body = body});
      EXPECT_TRUE(comes([&] {
        EXPECT_EQ(emitter.flush(0ms), 3U) << status << body;
        return far_.requests().size() > before;
      }));
    }
  }
  far_.set(Far::Mood::well);
  EXPECT_EQ(emitter.flush(120s), 0U);
  EXPECT_EQ(far_.targets(), numbers(1, 3));
  EXPECT_FALSE(std::filesystem::exists(scratch_.path() + "/refused.ndjson"));
}

// As a policy has it that says who may emit what.
TEST_F(EmitterSpooling, WhatThisKeyMayNotEmitDoesNotStopTheOthers) {
  for (const char* const member : {"type", "causationId"}) {
    Options given = options();
    const auto server = far_.send();
    given.send = [&, member](const Request& request) {
      const std::size_t at = request.body.find("forbidden");
      if (at == std::string::npos) return server(request);
      const auto before = std::count(request.body.begin(), request.body.begin() + at, '\n');
      return Answer{.status = 403,
                    .body = R"({"error":{"code":"INSUFFICIENT_PERMISSIONS","fieldErrors":[{"path":)"
                            R"("events[)" +
                            std::to_string(before) + "]." + member +
                            R"(","message":"is not yours"}]}})"};
    };
    Emitter emitter = open(given);
    ASSERT_TRUE(emitter.buffer(event_of("1")));
    ASSERT_TRUE(emitter.buffer(event_of("forbidden")));
    ASSERT_TRUE(emitter.buffer(event_of("2")));
    EXPECT_EQ(emitter.flush(120s), 0U);
    const auto aside = parse_json(testing::content_of(scratch_.path() + "/refused.ndjson"));
    ASSERT_TRUE(aside);
    EXPECT_EQ(aside->find("answer")->integer_at("status"), 403);
    std::filesystem::remove(scratch_.path() + "/refused.ndjson");
  }
  EXPECT_EQ(far_.targets(), (std::vector<std::string>{"1", "2", "1", "2"}));
}

TEST_F(EmitterSpooling, A403ThatIsNotOfAnEventWaits) {
  Emitter emitter = open(options());
  buffer(emitter, 1, 1);
  for (const char* const path : {"producer.id", "events[0].producer.id", "tenantId", "types",
                                 "events[0].tenantId", "actor.type", "events[0", "events[].", ""}) {
    const std::size_t before = far_.requests().size();
    far_.set_foreign({.status = 403,
                      .body = R"({"error":{"code":"INSUFFICIENT_PERMISSIONS","fieldErrors":[7,)"
                              R"({"path":")" +
                              std::string(path) + R"("}]}})"});
    EXPECT_TRUE(comes([&] {
      EXPECT_EQ(emitter.flush(0ms), 1U) << path;
      return far_.requests().size() > before;
    }));
  }
  far_.set(Far::Mood::well);
  EXPECT_EQ(emitter.flush(120s), 0U);
  EXPECT_FALSE(std::filesystem::exists(scratch_.path() + "/refused.ndjson"));
}

TEST_F(EmitterSpooling, WhatIsTooLargeForAProxyGoesInSmallerPieces) {
  Options given = options();
  const auto server = far_.send();
  given.send = [&](const Request& request) {
    return request.body.size() > 2000 ? Answer{.status = 413, .body = "<html>"} : server(request);
  };
  Emitter emitter = open(given);
  buffer(emitter, 1, 100);
  EXPECT_EQ(emitter.flush(120s), 0U);
  EXPECT_EQ(far_.targets(), numbers(1, 100));
  EXPECT_EQ(far_.doubles(), 0U);
}

TEST_F(EmitterSpooling, AFullSpoolFailsIfThatWasChosenAndNothingIsDropped) {
  Options given = options();
  given.spool->bytes_max = 8192;
  given.spool->segment_bytes = 4096;
  far_.set(Far::Mood::down);
  Emitter emitter = open(given);
  int taken = 0;
  while (emitter.buffer(event_of(std::to_string(taken + 1)))) ++taken;
  const auto full = emitter.buffer(event_of("more"));
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().fault, Fault::spool_full);
  EXPECT_GT(taken, 10);
  far_.set(Far::Mood::well);
  EXPECT_EQ(emitter.flush(120s), 0U);
  EXPECT_EQ(far_.targets(), numbers(1, taken));
  EXPECT_TRUE(comes([&] { return emitter.buffer(event_of("again")).has_value(); }));
}

TEST_F(EmitterSpooling, AFullSpoolBlocksIfThatWasChosen) {
  Options given = options();
  given.spool->bytes_max = 8192;
  given.spool->segment_bytes = 4096;
  given.spool->when_full = WhenFull::block;
  far_.set(Far::Mood::down);
  Emitter emitter = open(given);
  std::atomic<int> taken = 0;
  std::thread caller([&] {
    for (int i = 1; i <= 200; ++i) {
      ASSERT_TRUE(emitter.buffer(event_of(std::to_string(i))));
      ++taken;
    }
  });
  std::this_thread::sleep_for(200ms);
  EXPECT_LT(taken, 200);
  far_.set(Far::Mood::well);
  caller.join();
  EXPECT_EQ(emitter.flush(120s), 0U);
  EXPECT_EQ(far_.targets(), numbers(1, 200));
}

// A segment that is small stays to be appended to, but not when it is all the room there is.
TEST_F(EmitterSpooling, WhatWasSentTakesNoRoom) {
  for (const WhenFull when_full : {WhenFull::block, WhenFull::fail}) {
    Options given = options();
    given.spool->bytes_max = 8192;
    given.spool->segment_bytes = 8192;
    given.spool->when_full = when_full;
    Emitter emitter = open(given);
    for (int i = 1; i <= 100; ++i) {
      EXPECT_TRUE(comes([&] { return emitter.buffer(event_of("1")).has_value(); }));
      EXPECT_EQ(emitter.flush(30s), 0U);
    }
  }
  EXPECT_EQ(far_.events().size(), 200U);
}

TEST_F(EmitterSpooling, ClosingWakesWhoWaitsForRoom) {
  Options given = options();
  given.spool->bytes_max = 8192;
  given.spool->segment_bytes = 4096;
  given.spool->when_full = WhenFull::block;
  far_.set(Far::Mood::down);
  Emitter emitter = open(given);
  std::optional<Fault> ended;
  std::thread caller([&] {
    for (;;) {
      const auto spooled = emitter.buffer(event_of("1"));
      if (spooled) continue;
      ended = spooled.error().fault;
      return;
    }
  });
  std::this_thread::sleep_for(100ms);
  emitter.close(0ms);
  caller.join();
  EXPECT_EQ(ended, Fault::closed);
}

TEST_F(EmitterSpooling, AnEventLargerThanTheSpoolFailsEvenWhereOthersWait) {
  Options given = options();
  given.spool->bytes_max = 8192;
  given.spool->segment_bytes = 4096;
  given.spool->when_full = WhenFull::block;
  Emitter emitter = open(given);
  Event event = event_of("1");
  event.metadata = Value::object({{"text", std::string(9000, 'x')}});
  const auto spooled = emitter.buffer(event);
  ASSERT_FALSE(spooled);
  EXPECT_EQ(spooled.error().fault, Fault::spool_full);
  buffer(emitter, 1, 1);
}

TEST_F(EmitterSpooling, EveryChoiceOfSyncKeepsAndSends) {
  for (const Sync sync : {Sync::each, Sync::interval, Sync::never}) {
    Options given = options();
    given.spool->sync = sync;
    given.spool->sync_interval = 5ms;
    Emitter emitter = open(given);
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&] { buffer(emitter, 1, 25); });
    }
    for (auto& thread : threads) thread.join();
    std::this_thread::sleep_for(30ms);
    EXPECT_EQ(emitter.flush(120s), 0U);
  }
  EXPECT_EQ(far_.events().size(), 300U);
}

TEST_F(EmitterSpooling, LargeProofsGoBeforeTheBatchAlsoAfterARestart) {
  Event event = event_of("1");
  event.proof = api_proof(std::string(20'000, 'z'));
  far_.set(Far::Mood::down);
  {
    Emitter emitter = open(options());
    ASSERT_TRUE(emitter.buffer(event));
    emitter.close(0ms);
  }
  far_.set(Far::Mood::well);
  Emitter emitter = open(options());
  EXPECT_EQ(emitter.flush(120s), 0U);
  const auto requests = far_.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].method, "PUT");
  EXPECT_EQ(requests[0].path, "/v1/blobs");
  EXPECT_EQ(requests[0].body.size(), 20'002U);
  EXPECT_TRUE(far_.events()[0].find("proof")->find("blob"));
}

TEST_F(EmitterSpooling, TheFilesOfWhatWasSentGo) {
  Options given = options();
  given.spool->segment_bytes = 4096;
  Emitter emitter = open(given);
  buffer(emitter, 1, 100);
  EXPECT_GT(scratch_.files().size(), 5U);
  EXPECT_EQ(emitter.flush(120s), 0U);
  EXPECT_EQ(emitter.close(10s), 0U);
  EXPECT_LE(scratch_.files().size(), 4U) << "lock, reserve, state, and the newest segment";
  EXPECT_EQ(testing::content_of(scratch_.path() + "/state.json"),
            R"({"next":{"acme":101},"producer":")" + std::string(emitter.producer()) +
                R"(","sent":{"acme":100}})" + "\n");
}

}  // namespace
}  // namespace assent::emitter
