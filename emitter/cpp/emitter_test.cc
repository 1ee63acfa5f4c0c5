// What a program gets: ids only for what is recorded, its own events, and a clear no.
#include "emitter/cpp/testing.h"

#include <gtest/gtest.h>

#include <assent/emitter.h>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <type_traits>
#include <unistd.h>
#include <vector>

namespace assent::emitter {
namespace {

using testing::event_of;
using testing::Far;
using namespace std::chrono_literals;

Emitter opened(Options options) {
  auto emitter = Emitter::open(std::move(options));
  EXPECT_TRUE(emitter) << emitter.error().message;
  return std::move(*emitter);
}

std::string fault_of_opening(Options options) {
  const auto emitter = Emitter::open(std::move(options));
  if (emitter) return "opened";
  EXPECT_EQ(emitter.error().fault, Fault::misconfigured);
  return emitter.error().message;
}

template <class T>
concept Emits = requires(const T& audit) {
  audit.emit();
};
template <class T>
concept Buffers = requires(const T& audit) {
  audit.buffer();
};
template <class T>
concept HasEvent = requires(const T& audit) {
  audit.event();
};

TEST(EmitterBuilder, WhatIsNotCompleteDoesNotCompile) {
  using internal::all;
  static_assert(Emits<Audit<all>> && Buffers<Audit<all>> && HasEvent<Audit<all>>);
  static_assert(!Emits<Audit<0>> && !Buffers<Audit<0>> && !HasEvent<Audit<0>>);
  static_assert(!Emits<Audit<all & ~unsigned{internal::client}>>);
  static_assert(!Emits<Audit<all & ~unsigned{internal::action}>>);
  static_assert(!Emits<Audit<all & ~unsigned{internal::actor}>>);
  static_assert(!Emits<Audit<all & ~unsigned{internal::target}>>);
  static_assert(!Emits<Audit<all & ~unsigned{internal::outcome}>>);
}

TEST(EmitterBuilder, WhatWasMovedFromIsAnEmptyEvent) {
  Far far;
  Emitter emitter = opened(testing::options_for(far));
  auto given = emitter.audit()
                   .for_client("acme")
                   .action("content.publish")
                   .actor(ActorType::agent, "agent-7")
                   .target("post", "post-42")
                   .succeeded();
  const auto taken = std::move(given);
  EXPECT_EQ(taken.event().target_id, "post-42");
  EXPECT_EQ(given.event().target_id, "");  // NOLINT(bugprone-use-after-move): what this is about.
  EXPECT_EQ(given.emit().error().message, "clientId is required");
  given = taken;
  EXPECT_TRUE(given.emit());
}

TEST(EmitterBuilder, AStepLeavesWhatItStartedFromAlone) {
  Far far;
  Emitter emitter = opened(testing::options_for(far));
  const auto base = emitter.audit().for_client("acme").action("a.b").actor(ActorType::human, "ann");
  const auto one = base.target("post", "1").succeeded().with_metadata({{"n", 1}});
  const auto two = base.target("post", "2").failed("E1", "gone");
  const auto three = one.with_metadata({{"n", 3}}).child_of("evt_01kajvs94ve8s9p1jdvdbfmwd5");
  EXPECT_EQ(one.event().target_id, "1");
  EXPECT_EQ(one.event().outcome, "success");
  EXPECT_FALSE(one.event().causation_id);
  EXPECT_EQ(two.event().target_id, "2");
  EXPECT_EQ(two.event().outcome, "failure");
  ASSERT_TRUE(one.emit() && two.emit() && three.emit());
  const auto events = far.events();
  EXPECT_EQ(events[0].find("metadata")->integer_at("n"), 1);
  EXPECT_EQ(events[1].find("metadata")->string_at("errorCode"), "E1");
  EXPECT_EQ(events[2].find("metadata")->integer_at("n"), 3);
}

// A thousand builders for two tenants, each a step at a time between all the others, and then from
// eight threads: nothing of one may ever turn up in another.
TEST(EmitterBuilder, H52_AThousandInterleavedBuildersNeverMix) {
  Far far;
  testing::Scratch scratch;
  Emitter emitter = opened(testing::spooling_options_for(far, scratch));
  constexpr int kBuilders = 1000;
  const auto tenant = [](int i) { return i % 2 == 0 ? "acme" : "beta-2"; };
  const auto name = [](int i) { return "n" + std::to_string(i); };

  std::vector<Audit<internal::client>> clients;
  for (int i = 0; i < kBuilders; ++i) clients.push_back(emitter.audit().for_client(tenant(i)));
  std::vector<Audit<internal::client | internal::target>> targets;
  for (int i = 0; i < kBuilders; ++i) targets.push_back(clients[i].target("post", name(i)));
  std::vector<Audit<internal::client | internal::target | internal::actor>> actors;
  for (int i = kBuilders - 1; i >= 0; --i) {
    actors.insert(actors.begin(), targets[i].actor(ActorType::agent, name(i)));
  }
  const auto finish = [&](int thread) {
    for (int i = thread; i < kBuilders; i += 8) {
      const auto whole = actors[i].action("a.b").pending().with_metadata({{"me", name(i)}});
      EXPECT_TRUE(whole.buffer());
    }
  };
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 8; ++thread) threads.emplace_back(finish, thread);
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(emitter.flush(30s), 0U);

  const auto events = far.events();
  ASSERT_EQ(events.size(), std::size_t{kBuilders});
  for (const Json& event : events) {
    const std::string me(*event.find("target")->string_at("id"));
    EXPECT_EQ(event.find("actor")->string_at("id"), me);
    EXPECT_EQ(event.find("metadata")->string_at("me"), me);
    EXPECT_EQ(event.string_at("tenantId"), tenant(std::stoi(me.substr(1))));
  }
  for (const Request& request : far.requests()) {
    const bool is_acme = request.body.find(R"("tenantId":"acme")") != std::string::npos;
    const bool is_beta = request.body.find(R"("tenantId":"beta-2")") != std::string::npos;
    EXPECT_NE(is_acme, is_beta) << "a batch is of one tenant";
    EXPECT_EQ(request.headers[0].second, is_acme ? "Bearer key-of-acme" : "Bearer key-of-beta");
  }
}

// The trap: one builder whose state is shared, so that two callers write into each other's event.
TEST(EmitterBuilder, Trap8_TwoCallersOfOneEmitterWriteTwoEvents) {
  Far far;
  Emitter emitter = opened(testing::options_for(far));
  auto first = emitter.audit().for_client("acme").action("a.first");
  auto second = emitter.audit().for_client("beta-2").action("a.second");
  const auto end = [](auto audit) {
    return std::move(audit).actor(ActorType::system, "s").target("t", "1").succeeded().emit();
  };
  ASSERT_TRUE(end(std::move(first)));
  ASSERT_TRUE(end(std::move(second)));
  EXPECT_EQ(far.events()[0].string_at("tenantId"), "acme");
  EXPECT_EQ(far.events()[0].string_at("type"), "a.first");
  EXPECT_EQ(far.events()[1].string_at("tenantId"), "beta-2");
  EXPECT_EQ(far.events()[1].string_at("type"), "a.second");
}

TEST(EmitterEmit, H51_AReceiptIsWhatTheServerSaid) {
  Far far;
  Emitter emitter = opened(testing::options_for(far));
  const auto receipt = emitter.emit(event_of("1"));
  ASSERT_TRUE(receipt);
  EXPECT_EQ(receipt->id, far.events()[0].string_at("id"));
  EXPECT_EQ(receipt->sequence, 1U);
  EXPECT_EQ(receipt->time, "2026-11-21T07:00:01.000000Z");
}

// The trap: an id made up because the server did not answer. Whatever the server does, an id comes
// back only for what it said to have; everything else is an error that says so.
TEST(EmitterEmit, Trap9_WithoutAnAnswerThereIsNoId) {
  Far far;
  Options options = testing::options_for(far);
  options.emit_timeout = 300ms;
  Emitter emitter = opened(options);
  for (const Far::Mood mood :
       {Far::Mood::down, Far::Mood::forgetful, Far::Mood::busy, Far::Mood::lying}) {
    far.set(mood);
    const auto receipt = emitter.emit(event_of("1"));
    ASSERT_FALSE(receipt);
    EXPECT_EQ(receipt.error().fault, Fault::unconfirmed);
    EXPECT_FALSE(receipt.error().event_id.empty());
    EXPECT_NE(receipt.error().message.find("is not confirmed"), std::string::npos);
  }
  far.set(Far::Mood::forbidding);
  const auto forbidden = emitter.emit(event_of("1"));
  ASSERT_FALSE(forbidden);
  EXPECT_EQ(forbidden.error().fault, Fault::refused);
  EXPECT_EQ(forbidden.error().status, 403);
}

TEST(EmitterEmit, ANoThatIsNotTheServersOwnIsNotFinal) {
  Far far;
  Options options = testing::options_for(far);
  options.emit_timeout = 300ms;
  Emitter emitter = opened(options);
  far.set_foreign({.status = 422, .body = "<html>"});
  const auto receipt = emitter.emit(event_of("1"));
  ASSERT_FALSE(receipt);
  EXPECT_EQ(receipt.error().fault, Fault::unconfirmed);
  far.set_foreign({.status = 403, .body = "<html>"});
  EXPECT_EQ(emitter.emit(event_of("1")).error().fault, Fault::unconfirmed);
  far.set_foreign({.status = 422, .body = R"({"error":{"code":"UNPROCESSABLE"}})"});
  const auto refused = emitter.emit(event_of("1"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::refused);
}

TEST(EmitterEmit, ALostAnswerIsAskedForAgainUnderTheSameId) {
  Far far;
  Emitter emitter = opened(testing::options_for(far));
  far.set(Far::Mood::forgetful);
  std::thread mends([&] {
    while (far.requests().empty()) std::this_thread::yield();
    far.set(Far::Mood::well);
  });
  const auto receipt = emitter.emit(event_of("1"));
  mends.join();
  ASSERT_TRUE(receipt);
  EXPECT_EQ(far.events().size(), 1U);
  EXPECT_GE(far.doubles(), 1U);
}

TEST(EmitterEmit, ARefusalHasTheServersWords) {
  Far far;
  Emitter emitter = opened(testing::options_for(far));
  far.refuse("poison");
  const auto receipt = emitter.emit(event_of("poison"));
  ASSERT_FALSE(receipt);
  EXPECT_EQ(receipt.error().fault, Fault::refused);
  EXPECT_EQ(receipt.error().status, 422);
  EXPECT_EQ(receipt.error().message, "422 unprocessable: proof is demanded");
  EXPECT_EQ(far.requests().size(), 1U) << "what was refused is not tried again";
}

TEST(EmitterEmit, WithASpoolItIsInItsTurnAndByItself) {
  Far far;
  testing::Scratch scratch;
  Emitter emitter = opened(testing::spooling_options_for(far, scratch));
  ASSERT_TRUE(emitter.buffer(event_of("1")));
  ASSERT_TRUE(emitter.buffer(event_of("2")));
  const auto receipt = emitter.emit(event_of("3"));
  ASSERT_TRUE(receipt);
  EXPECT_EQ(far.targets(), (std::vector<std::string>{"1", "2", "3"}));
  const auto requests = far.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[1].headers[1].second, "application/json");
  EXPECT_EQ(requests[1].headers.back().first, "traceparent");
}

TEST(EmitterEmit, WithASpoolWhatIsNotConfirmedIsSentLater) {
  Far far;
  testing::Scratch scratch;
  Options options = testing::spooling_options_for(far, scratch);
  options.emit_timeout = 100ms;
  Emitter emitter = opened(options);
  far.set(Far::Mood::down);
  const auto receipt = emitter.emit(event_of("1"));
  ASSERT_FALSE(receipt);
  EXPECT_EQ(receipt.error().fault, Fault::unconfirmed);
  far.set(Far::Mood::well);
  EXPECT_EQ(emitter.flush(10s), 0U);
  EXPECT_EQ(far.events().at(0).string_at("id"), receipt.error().event_id);
}

TEST(EmitterOptions, WhatCannotWorkIsSaidAtOnce) {
  Far far;
  testing::Scratch scratch;
  const Options good = testing::spooling_options_for(far, scratch);
  Options bad = good;
  bad.send = {};
  for (const char* url : {"", "assent.example", "ftp://assent.example", "http://", "http://:1",
                          "http://a b", "http://assent.example/?x", "file:///etc/passwd"}) {
    bad.url = url;
    EXPECT_EQ(fault_of_opening(bad), "url must be such as https://assent.example") << url;
  }
  bad.url = "https://ann:secret@assent.example";
  EXPECT_EQ(fault_of_opening(bad), "url must not carry a password: the keys say who asks");

  bad = good;
  bad.keys.clear();
  EXPECT_EQ(fault_of_opening(bad), "keys must name a tenant");
  bad.keys = {{"Acme", "k"}};
  EXPECT_EQ(fault_of_opening(bad), "keys: Acme is no tenant's name");
  bad.keys = {{"acme", "a\nX-Injected: 1"}};
  EXPECT_EQ(fault_of_opening(bad), "keys: the key of acme must be printable ASCII");
  bad = good;
  bad.redact = {"--"};
  EXPECT_EQ(fault_of_opening(bad), "redact: -- must have a letter or digit, and at most 64 bytes");
}

TEST(EmitterOptions, ASpoolNeedsItsChoicesMade) {
  Far far;
  testing::Scratch scratch;
  const Options good = testing::spooling_options_for(far, scratch);
  Options bad = good;
  bad.spool->sync = Sync::unset;
  EXPECT_EQ(fault_of_opening(bad), "spool.sync must be one of each, interval, never");
  bad = good;
  for (const std::string& producer : {std::string(), std::string("a b"), std::string(92, 'a')}) {
    bad.spool->producer = producer;
    EXPECT_EQ(fault_of_opening(bad),
              "spool.producer must be 1 to 91 of A-Z, a-z, 0-9, '.', '_' and '-'");
  }
  bad.spool->producer = std::string(91, 'a');
  EXPECT_EQ(fault_of_opening(bad), "opened");
  bad = good;
  bad.spool->segment_bytes = 4095;
  EXPECT_EQ(fault_of_opening(bad),
            "spool.segment_bytes must be at least 4096 and at most spool.bytes_max");
  bad = good;
  bad.spool->flush_events = 0;
  EXPECT_EQ(fault_of_opening(bad), "spool.flush_events must be at least 1");
}

TEST(EmitterOptions, BufferWithoutASpoolIsAnError) {
  Far far;
  Emitter emitter = opened(testing::options_for(far));
  const auto spooled = emitter.buffer(event_of("1"));
  ASSERT_FALSE(spooled);
  EXPECT_EQ(spooled.error().message, "buffer() needs a spool");
}

TEST(EmitterClose, AfterwardsEverythingIsAnError) {
  Far far;
  testing::Scratch scratch;
  Emitter emitter = opened(testing::spooling_options_for(far, scratch));
  ASSERT_TRUE(emitter.buffer(event_of("1")));
  EXPECT_EQ(emitter.close(10s), 0U);
  EXPECT_EQ(far.events().size(), 1U) << "closing sends what waits";
  EXPECT_EQ(emitter.buffer(event_of("2")).error().fault, Fault::closed);
  EXPECT_EQ(emitter.emit(event_of("2")).error().fault, Fault::closed);
  EXPECT_EQ(emitter.flush(1s), 0U);
  EXPECT_EQ(emitter.close(1s), 0U);
}

TEST(EmitterClose, WhatCannotBeSentStaysForTheNextTime) {
  Far far;
  testing::Scratch scratch;
  far.set(Far::Mood::down);
  {
    Emitter emitter = opened(testing::spooling_options_for(far, scratch));
    for (int i = 1; i <= 5; ++i) ASSERT_TRUE(emitter.buffer(event_of(std::to_string(i))));
    EXPECT_EQ(emitter.close(50ms), 5U);
  }
  far.set(Far::Mood::well);
  Emitter emitter = opened(testing::spooling_options_for(far, scratch));
  const auto spooled = emitter.buffer(event_of("6"));
  ASSERT_TRUE(spooled);
  EXPECT_EQ(spooled->sequence, 6U) << "numbers go on where they were";
  EXPECT_EQ(emitter.flush(10s), 0U);
  EXPECT_EQ(far.targets(), (std::vector<std::string>{"1", "2", "3", "4", "5", "6"}));
}

TEST(EmitterClose, AChildOfAForkHasNoEmitter) {
  Far far;
  testing::Scratch scratch;
  Emitter emitter = opened(testing::spooling_options_for(far, scratch));
  ASSERT_TRUE(emitter.buffer(event_of("1")));
  const pid_t child = ::fork();
  if (child == 0) {
    const auto spooled = emitter.buffer(event_of("2"));
    const bool is_right = !spooled && spooled.error().fault == Fault::closed;
    emitter.close(1s);
    ::_exit(is_right ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  ASSERT_TRUE(emitter.buffer(event_of("3")));
  EXPECT_EQ(emitter.flush(10s), 0U);
  EXPECT_EQ(far.targets(), (std::vector<std::string>{"1", "3"}));
}

// As exit() does with one that is static: of the parent's thread, which waits, there is no trace.
TEST(EmitterClose, AChildOfAForkMayDestroyIt) {
  Far far;
  testing::Scratch scratch;
  auto emitter = std::make_unique<Emitter>(opened(testing::spooling_options_for(far, scratch)));
  ASSERT_TRUE(emitter->buffer(event_of("1")));
  EXPECT_EQ(emitter->flush(10s), 0U);
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(10);
    emitter.reset();
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  ASSERT_TRUE(emitter->buffer(event_of("2")));
  EXPECT_EQ(emitter->flush(10s), 0U);
  EXPECT_EQ(far.targets(), (std::vector<std::string>{"1", "2"}));
}

}  // namespace
}  // namespace assent::emitter
