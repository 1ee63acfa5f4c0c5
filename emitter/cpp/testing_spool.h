// A spool that can be filled, spoilt and opened again.
#pragma once

#include "base/random.h"
#include "emitter/cpp/spool.h"
#include "emitter/cpp/testing.h"

#include <gtest/gtest.h>

#include <assent/emitter.h>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace assent::emitter::testing {

class SpoolTest : public ::testing::Test {
 protected:
  Options options() {
    Options options = testing::spooling_options_for(far_, scratch_);
    options.report = [this](std::string_view kind, std::string_view text) {
      const std::lock_guard lock(mutex_);
      reports_.push_back(std::string(kind) + ": " + std::string(text));
    };
    return options;
  }

  // A spool that holds the events 1 to `count`, unsent.
  void fill(int count, std::uint64_t segment_bytes = 4U * 1024 * 1024) {
    far_.set(Far::Mood::down);
    Options given = options();
    given.spool->segment_bytes = segment_bytes;
    auto emitter = Emitter::open(given);
    ASSERT_TRUE(emitter);
    id_ = emitter->producer();
    for (int i = 1; i <= count; ++i) ASSERT_TRUE(emitter->buffer(event_of(std::to_string(i))));
    emitter->close(std::chrono::milliseconds(0));
    far_.set(Far::Mood::well);
    reports_.clear();
  }

  // The spool as a killed process leaves it: nothing was written down since it began.
  void forget() {
    write_content(state(), R"({"next":{},"producer":")" + id_ + "\",\"sent\":{}}\n");
  }

  std::unique_ptr<Spool> spool() {
    const Options given = options();
    auto spool = Spool::open(given, random_, given.report);
    EXPECT_TRUE(spool) << spool.error().message;
    return spool ? std::move(*spool) : nullptr;
  }

  // What the server has once all is sent.
  std::vector<std::string> sent() {
    auto emitter = Emitter::open(options());
    EXPECT_TRUE(emitter) << emitter.error().message;
    if (!emitter) return {};
    EXPECT_EQ(emitter->flush(std::chrono::seconds(120)), 0U);
    emitter->close(std::chrono::seconds(10));
    return far_.targets();
  }

  // The number that the next event of acme gets.
  std::uint64_t next_number(const std::string& tenant = "acme") {
    far_.set(Far::Mood::down);
    auto emitter = Emitter::open(options());
    EXPECT_TRUE(emitter) << emitter.error().message;
    const auto spooled = emitter->buffer(event_of("next", tenant));
    EXPECT_TRUE(spooled);
    emitter->close(std::chrono::milliseconds(0));
    far_.set(Far::Mood::well);
    return spooled->sequence;
  }

  std::string state() const { return scratch_.path() + "/state.json"; }
  std::string segment(int number = 1) const {
    return scratch_.path() + "/000000000000000" + std::to_string(number) + ".spool";
  }

  static std::vector<std::string> numbers(int first, int last) {
    std::vector<std::string> texts;
    for (int i = first; i <= last; ++i) texts.push_back(std::to_string(i));
    return texts;
  }

  testing::Scratch scratch_;
  Far far_;
  std::mutex mutex_;
  std::vector<std::string> reports_;
  std::string id_;
  SystemRandom random_;
};

}  // namespace assent::emitter::testing
