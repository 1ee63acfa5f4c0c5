// Surroundings that mean harm: nothing is lost, no number is given twice, and all goes on.
#include "emitter/cpp/testing_spool.h"

#include <gtest/gtest.h>

#include <assent/emitter.h>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace assent::emitter {
namespace {

namespace fs = std::filesystem;
using testing::content_of;
using testing::event_of;
using testing::Far;
using testing::write_content;
using namespace std::chrono_literals;

class EmitterHostile : public testing::SpoolTest {
 protected:
  Answer refusal(const std::string& message) {
    return {.status = 422,
            .body = R"({"error":{"code":"VALIDATION","message":")" + message + "\"}}"};
  }
};

TEST_F(EmitterHostile, MoreFilesThanMayBeOpenAreSent) {
  for (int i = 1; i <= 60; ++i) {
    far_.set(Far::Mood::down);
    auto emitter = Emitter::open(options());
    ASSERT_TRUE(emitter);
    ASSERT_TRUE(emitter->buffer(event_of(std::to_string(i))));
    emitter->close(0ms);
  }
  far_.set(Far::Mood::well);
  rlimit before = {};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit few = {.rlim_cur = 40, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  const auto all = sent();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(all, numbers(1, 60));
}

// Whoever can open no file at the moment has not lost what is in it.
TEST_F(EmitterHostile, AFileThatCannotBeOpenedNowIsReadLater) {
  fill(3);
  auto emitter = Emitter::open(options());
  ASSERT_TRUE(emitter);
  rlimit before = {};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none = {.rlim_cur = 0, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const std::size_t left = emitter->flush(300ms);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(left, 3U);
  EXPECT_EQ(emitter->flush(20s), 0U);
  emitter->close(10s);
  EXPECT_EQ(far_.targets(), numbers(1, 3));
}

TEST_F(EmitterHostile, AChildThatLivesOnDoesNotHoldTheLock) {
  auto emitter = Emitter::open(options());
  ASSERT_TRUE(emitter);
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  emitter->close(1s);
  emitter = Error{};
  const auto again = Emitter::open(options());
  EXPECT_TRUE(again) << again.error().message;
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST_F(EmitterHostile, FilesThatWereSwappedLoseNothing) {
  fill(3);
  far_.set(Far::Mood::down);
  auto emitter = Emitter::open(options());
  ASSERT_TRUE(emitter);
  for (int i = 4; i <= 6; ++i) ASSERT_TRUE(emitter->buffer(event_of(std::to_string(i))));
  emitter->close(0ms);
  emitter = Error{};
  fs::rename(segment(1), segment(3));
  fs::rename(segment(2), segment(1));
  fs::rename(segment(3), segment(2));
  far_.set(Far::Mood::well);
  EXPECT_EQ(sent(), numbers(1, 6));
}

TEST_F(EmitterHostile, ANameBeyondWhichThereIsNoneIsAnError) {
  fill(0);
  write_content(scratch_.path() + "/9999999999999999.spool.damaged", "");
  auto emitter = Emitter::open(options());
  ASSERT_TRUE(emitter);
  const auto spooled = emitter->buffer(event_of("1"));
  ASSERT_FALSE(spooled);
  EXPECT_EQ(spooled.error().fault, Fault::spool_unusable);
}

TEST_F(EmitterHostile, WhatIsRefusedWithManyWordsIsKeptWithFewAndWithoutTheKey) {
  std::string words;
  while (words.size() < 100'000) words += "é";
  const std::string key = options().keys.at("acme");
  far_.set_foreign(refusal("Bearer " + key + " " + words));
  auto emitter = Emitter::open(options());
  ASSERT_TRUE(emitter);
  ASSERT_TRUE(emitter->buffer(event_of("1")));
  EXPECT_EQ(emitter->flush(20s), 0U);
  emitter->close(10s);
  const std::string kept = content_of(scratch_.path() + "/refused.ndjson");
  EXPECT_LT(kept.size(), 4000U);
  EXPECT_EQ(kept.find(key), std::string::npos);
  EXPECT_NE(kept.find("é…"), std::string::npos);
  ASSERT_EQ(reports_.size(), 1U);
  EXPECT_EQ(reports_[0].find(key), std::string::npos);
}

TEST_F(EmitterHostile, ADigitOfTheStateThatFlippedLosesNothingAndGivesNoNumberTwice) {
  fill(3);
  EXPECT_EQ(sent(), numbers(1, 3));
  far_.set(Far::Mood::down);
  auto emitter = Emitter::open(options());
  ASSERT_TRUE(emitter);
  ASSERT_TRUE(emitter->buffer(event_of("4")));
  emitter->close(0ms);
  emitter = Error{};
  const std::string text = content_of(state());
  const fs::path copy = scratch_.path("copy");
  fs::copy(scratch_.path(), copy, fs::copy_options::recursive);
  for (std::size_t place = 0; place < text.size(); ++place) {
    fs::remove_all(scratch_.path());
    fs::copy(copy, scratch_.path(), fs::copy_options::recursive);
    std::string flipped = text;
    flipped[place] = static_cast<char>(flipped[place] ^ 1);
    write_content(state(), flipped);
    Far far;
    Options given = options();
    given.send = far.send();
    auto other = Emitter::open(given);
    ASSERT_TRUE(other) << place;
    EXPECT_NE(other->producer(), id_) << place;
    ASSERT_TRUE(other->buffer(event_of("5")));
    EXPECT_EQ(other->flush(20s), 0U);
    other->close(10s);
    EXPECT_EQ(far.targets(), numbers(4, 5)) << place;
  }
}

TEST_F(EmitterHostile, AStateOfBeforeTheCrcGoesOn) {
  fill(0);
  write_content(state(), R"({"next":{"acme":7},"producer":"worker-1","sent":{"acme":6}})"
                         "\n");
  EXPECT_EQ(next_number(), 7U);
}

}  // namespace
}  // namespace assent::emitter
