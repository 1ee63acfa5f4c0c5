// What an event may say: each limit, and one past it, before anything leaves the program.
#include "base/canonical.h"
#include "emitter/cpp/testing.h"

#include <gtest/gtest.h>

#include <assent/emitter.h>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace assent::emitter {
namespace {

using testing::event_of;
using testing::Far;

class EmitterEvent : public ::testing::Test {
 protected:
  EmitterEvent()
      : emitter_(std::move(*Emitter::open(testing::spooling_options_for(far_, scratch_)))) {}

  // What the program is told, by emit and by buffer; empty: it was taken.
  std::string said(const Event& event) {
    const auto emitted = emitter_.emit(event);
    const auto buffered = emitter_.buffer(event);
    EXPECT_EQ(emitted.has_value(), buffered.has_value());
    if (emitted) return {};
    EXPECT_EQ(emitted.error().message, buffered.error().message);
    EXPECT_EQ(emitted.error().fault, Fault::invalid_event);
    EXPECT_TRUE(emitted.error().message.starts_with(emitted.error().field + " "));
    return emitted.error().message;
  }
  std::string said(const std::function<void(Event&)>& change) {
    Event event = event_of("1");
    change(event);
    return said(event);
  }
  std::string said_of_metadata(Value value) {
    return said([&](Event& event) { event.metadata = Value::object({{"a", value}}); });
  }

  testing::Scratch scratch_;
  Far far_;
  Emitter emitter_;
};

TEST_F(EmitterEvent, H51_EachOfTheSevenIsRequired) {
  const std::vector<std::pair<std::string, std::string Event::*>> fields = {
      {"clientId", &Event::client_id},     {"actionType", &Event::action_type},
      {"actorType", &Event::actor_type},   {"actorId", &Event::actor_id},
      {"targetType", &Event::target_type}, {"targetId", &Event::target_id},
      {"outcome", &Event::outcome}};
  for (const auto& [name, field] : fields) {
    EXPECT_EQ(said([&](Event& event) { (event.*field).clear(); }), name + " is required");
  }
  EXPECT_TRUE(far_.requests().empty()) << "before anything is sent";
  const auto spooled = emitter_.buffer(event_of("1"));
  ASSERT_TRUE(spooled);
  EXPECT_EQ(spooled->sequence, 1U) << "what is not taken takes no number";
}

TEST_F(EmitterEvent, ATenantWithoutAKeyIsRefusedHere) {
  EXPECT_EQ(said([](Event& event) { event.client_id = "stranger"; }),
            "clientId has no key in this emitter");
  EXPECT_TRUE(far_.requests().empty());
}

TEST_F(EmitterEvent, NoFieldTakesNulControlsOrBytesThatAreNoText) {
  const std::vector<std::pair<std::string, std::string Event::*>> fields = {
      {"actorId", &Event::actor_id},
      {"targetType", &Event::target_type},
      {"targetId", &Event::target_id}};
  for (const auto& [name, field] : fields) {
    for (const std::string& bad : {std::string("a\0b", 3), std::string("a\nb"),
                                   std::string("\x1B[2J"), std::string("\x7F")}) {
      EXPECT_EQ(said([&](Event& event) { event.*field = bad; }), name + " has a control character");
    }
    for (const char* bad : {"\xFF", "a\xC0\x80", "\xED\xA0\x80", "\xE2\x82"}) {
      EXPECT_EQ(said([&](Event& event) { event.*field = bad; }), name + " is not Unicode text");
    }
  }
  EXPECT_EQ(said([](Event& event) { event.action_type = std::string("a.\0b", 4); }),
            "actionType has a control character");
}

TEST_F(EmitterEvent, ATextAsLongAsCanBeIsTakenAndOneByteMoreIsNot) {
  const std::vector<std::tuple<std::string, std::string Event::*, std::size_t>> limits = {
      {"actorId", &Event::actor_id, 255},
      {"targetType", &Event::target_type, 100},
      {"targetId", &Event::target_id, 255}};
  for (const auto& [name, field, most] : limits) {
    EXPECT_EQ(said([&](Event& event) { event.*field = std::string(most, 't'); }), "");
    EXPECT_EQ(said([&](Event& event) { event.*field = std::string(most + 1, 't'); }),
              name + " is longer than " + std::to_string(most) + " bytes");
  }
}

TEST_F(EmitterEvent, MetadataSaysOnlyWhatEveryoneReadsAlike) {
  constexpr std::int64_t kMost = 9007199254740991;
  EXPECT_EQ(said_of_metadata(kMost), "");
  EXPECT_EQ(said_of_metadata(-kMost), "");
  EXPECT_EQ(said_of_metadata(kMost + 1), "metadata.a is beyond ±9007199254740991");
  EXPECT_EQ(said_of_metadata(-kMost - 1), "metadata.a is beyond ±9007199254740991");
  EXPECT_EQ(said_of_metadata(std::numeric_limits<std::uint64_t>::max()),
            "metadata.a is beyond ±9007199254740991");
  EXPECT_EQ(said_of_metadata(1e17), "metadata.a is beyond ±9007199254740991");
  EXPECT_EQ(said_of_metadata(1e21), "");
  EXPECT_EQ(said_of_metadata(std::nan("")), "metadata.a is not a finite number");
  EXPECT_EQ(said_of_metadata(INFINITY), "metadata.a is not a finite number");
  EXPECT_EQ(said_of_metadata(Value::Array{1, Value::object({{"b", INFINITY}})}),
            "metadata.a[1].b is not a finite number");
  EXPECT_EQ(said_of_metadata("\xFF"), "metadata.a is not Unicode text");
  EXPECT_EQ(said([](Event& event) {
              event.metadata = Value::object({{"\xFF", 1}});
            }),
            "metadata has a name that is not Unicode text");
  EXPECT_EQ(said([](Event& event) { event.metadata = Value(1); }), "metadata must be an object");
  EXPECT_EQ(said_of_metadata(std::string("a\0\n", 3)), "") << "inside it a text may be any";
}

TEST_F(EmitterEvent, DepthIsCountedFromTheEvent) {
  const auto nested = [](int levels) {
    Value value = Value::object();
    for (int i = 1; i < levels; ++i) value = Value::object({{"a", value}});
    return value;
  };
  EXPECT_EQ(said([&](Event& event) { event.metadata = nested(63); }), "");
  EXPECT_EQ(said([&](Event& event) { event.metadata = nested(64); }),
            "metadata is nested too deep");
  EXPECT_EQ(said([&](Event& event) { event.metadata = nested(500); }),
            "metadata is nested too deep");
  EXPECT_EQ(said([&](Event& event) { event.proof = api_proof(nested(62)); }), "");
  EXPECT_EQ(said([&](Event& event) { event.proof = api_proof(nested(63)); }),
            "proof.data is nested too deep");
}

TEST_F(EmitterEvent, ProofDataHasItsLimits) {
  const auto text = [](std::size_t bytes) { return api_proof(std::string(bytes - 2, 'x')); };
  EXPECT_EQ(said([&](Event& event) { event.proof = text(16 * 1024); }), "");
  EXPECT_TRUE(far_.events().back().find("proof")->find("data"));
  EXPECT_EQ(said([&](Event& event) { event.proof = text(16 * 1024 + 1); }), "");
  EXPECT_TRUE(far_.events().back().find("proof")->find("blob"));
  EXPECT_EQ(said([&](Event& event) { event.proof = text(1024 * 1024); }), "");
  EXPECT_EQ(said([&](Event& event) { event.proof = text(1024 * 1024 + 1); }),
            "proof.data is too large");
}

TEST_F(EmitterEvent, AnEventAsLargeAsCanBeIsTakenAndOneByteMoreIsNot) {
  const auto with = [&](std::size_t bytes) {
    return said([&](Event& event) {
      event.metadata = Value::object({{"a", std::string(bytes, 'x')}});
    });
  };
  // The shape of a spooled event does not depend on what it says, but for the digits of its number.
  ASSERT_EQ(with(1), "");
  const std::size_t others = canonical_json(far_.events().back()).size() - 1;
  const std::size_t most = 32 * 1024 - others;
  EXPECT_EQ(with(most), "");
  EXPECT_EQ(with(most + 1), "event is longer than 32768 bytes");
}

TEST_F(EmitterEvent, H54_AScreenshotOrAnAddressWithoutItsHashIsMarked) {
  const std::string sha = "sha256:" + std::string(64, 'a');
  const auto marked = [&](const Proof& proof) {
    EXPECT_EQ(said([&](Event& event) { event.proof = proof; }), "");
    return far_.events().back().find("proof")->find("unverified") != nullptr;
  };
  EXPECT_TRUE(marked(url_proof("https://example.org/1")));
  EXPECT_TRUE(marked(screenshot_proof("https://example.org/1.png")));
  EXPECT_FALSE(marked(url_proof("https://example.org/1", sha)));
  EXPECT_FALSE(marked(screenshot_proof("https://example.org/1.png", sha)));
  EXPECT_FALSE(marked(hash_proof(sha)));
  // What was seen, uploaded by the program or by the emitter, or known by its hash alone.
  EXPECT_FALSE(marked({.type = "screenshot", .blob = sha}));
  EXPECT_FALSE(marked({.type = "url", .url = "https://example.org/1", .blob = sha}));
  EXPECT_FALSE(marked({.type = "url", .sha256 = sha}));
  EXPECT_FALSE(marked({.type = "url", .data = std::string(20'000, 'x')}));
  EXPECT_TRUE(marked({.type = "screenshot", .data = "pixels"}));
}

TEST_F(EmitterEvent, AProofShowsSomethingAndNoneShowsNothing) {
  const std::string sha = "sha256:" + std::string(64, 'a');
  const auto said_of = [&](const Proof& proof) {
    return said([&](Event& event) { event.proof = proof; });
  };
  EXPECT_EQ(said_of({.type = "hash"}), "proof.sha256 is required");
  EXPECT_EQ(said_of({.type = "hash", .blob = sha}), "proof.sha256 is required");
  EXPECT_EQ(said_of({.type = "url"}), "proof.url is required");
  EXPECT_EQ(said_of({.type = "screenshot", .captured_at = "2026-11-21T07:00:00Z"}),
            "proof.url is required");
  EXPECT_EQ(said_of({.type = "api_response"}), "proof.data is required");
  EXPECT_EQ(said_of({.type = "api_response", .url = "https://example.org/1"}), "");
  EXPECT_EQ(said_of({.type = "none"}), "");
  EXPECT_EQ(said_of({.type = "none", .data = 1}), "proof.data is not for a proof of type none");
  EXPECT_EQ(said_of({.type = "none", .url = "u"}), "proof.url is not for a proof of type none");
  EXPECT_EQ(said_of({.type = "none", .sha256 = sha}),
            "proof.sha256 is not for a proof of type none");
  EXPECT_EQ(said_of({.type = "none", .captured_at = "2026-11-21T07:00:00Z"}),
            "proof.capturedAt is not for a proof of type none");
  EXPECT_EQ(said_of({.type = "none", .blob = sha}), "proof.blob is not for a proof of type none");
}

// What counts is what is sent: the marker may be longer than the secret.
TEST_F(EmitterEvent, ATextIsAsLongAsItIsWithoutItsSecrets) {
  const std::string url = "https://example.com/?access_token=abc123&x=";
  const auto padded = [&](std::size_t bytes) { return url + std::string(bytes - url.size(), 'x'); };
  const auto said_of = [&](std::size_t bytes) {
    return said([&](Event& event) { event.proof = url_proof(padded(bytes)); });
  };
  const std::size_t grown = std::string_view("***REDACTED***").size() - 6;
  EXPECT_EQ(said_of(2048 - grown), "");
  EXPECT_EQ(said_of(2049 - grown), "proof.url is longer than 2048 bytes");
  EXPECT_EQ(said([&](Event& event) { event.actor_id = "token=" + std::string(400, 'a'); }), "");
  EXPECT_EQ(far_.events().back().find("actor")->string_at("id"), "token=***REDACTED***");
}

TEST_F(EmitterEvent, ATraceIsNoSecret) {
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  // The span's digits are those of a payment card.
  EXPECT_EQ(
      said([&](Event& event) { event.correlation_id = "00-" + trace + "-4111111111111111-01"; }),
      "");
  EXPECT_EQ(far_.events().back().string_at("correlationId"), trace);
}

TEST_F(EmitterEvent, EveryIdIsItsOwn) {
  for (int i = 0; i < 2000; ++i) ASSERT_TRUE(emitter_.buffer(event_of("1")));
  EXPECT_EQ(emitter_.flush(std::chrono::seconds(30)), 0U);
  EXPECT_EQ(far_.events().size(), 2000U);
  EXPECT_EQ(far_.doubles(), 0U);
}

}  // namespace
}  // namespace assent::emitter
