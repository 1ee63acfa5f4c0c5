// A disk without room: nothing that was spooled is lost, and all goes on once the server is back.
#include "emitter/cpp/reserve.h"
#include "emitter/cpp/testing_spool.h"

#include <gtest/gtest.h>

#include <assent/emitter.h>
#include <csignal>
#include <filesystem>
#include <string>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace assent::emitter {
namespace {

namespace fs = std::filesystem;
using testing::content_of;
using testing::event_of;
using testing::Far;
using testing::write_content;
using namespace std::chrono_literals;

// The spool is on a disk of one mebibyte, which it is too large for.
class EmitterFullDisk : public testing::SpoolTest {
 protected:
  void SetUp() override {
    fs::create_directory(disk_);
    if (::mount("tmpfs", disk_.c_str(), "tmpfs", 0, "size=1m") != 0) {
      GTEST_SKIP() << "a file system can only be mounted by root";
    }
    is_mounted_ = true;
  }
  void TearDown() override {
    if (is_mounted_) ::umount2(disk_.c_str(), MNT_DETACH);
  }

  Options options() {
    Options given = SpoolTest::options();
    given.spool->directory = spool_;
    return given;
  }

  // Buffers until nothing more is taken; how many were.
  static int fill_up(Emitter& emitter, int from = 1) {
    int number = from;
    for (;; ++number) {
      const auto spooled = emitter.buffer(event_of(std::to_string(number)));
      if (spooled) continue;
      EXPECT_EQ(spooled.error().fault, Fault::spool_unusable) << spooled.error().message;
      return number - from;
    }
  }

  // Takes all that is left of the disk, and gives it back.
  void fill_the_rest() const {
    for (std::size_t bytes = 4096; bytes > 0; bytes /= 2) {
      std::string had = content_of(filler_);
      for (;;) {
        write_content(filler_, had + std::string(bytes, 'f'));
        const std::string has = content_of(filler_);
        if (has.size() < had.size() + bytes) break;
        had = has;
      }
      write_content(filler_, had);
    }
  }

  // That it takes events again, which may need a moment.
  static bool takes(Emitter& emitter, const std::string& name) {
    for (int i = 0; i < 3000; ++i) {
      if (emitter.buffer(event_of(name))) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }

  void expect_in_order(int count) const {
    const auto events = far_.events();
    ASSERT_EQ(static_cast<int>(events.size()), count);
    const Json first = *events.front().find("producer");
    std::int64_t expected = 0;
    for (const Json& event : events) {
      EXPECT_EQ(event.find("producer")->integer_at("sequence"), ++expected);
      EXPECT_EQ(event.find("producer")->string_at("id"), first.string_at("id"));
    }
  }

  const std::string disk_ = scratch_.path("disk");
  const std::string spool_ = disk_ + "/spool";
  const std::string filler_ = disk_ + "/filler";
  bool is_mounted_ = false;
};

TEST_F(EmitterFullDisk, ASpoolThatFilledItsDiskDrainsAndGoesOn) {
  far_.set(Far::Mood::down);
  auto emitter = Emitter::open(options());
  ASSERT_TRUE(emitter) << emitter.error().message;
  EXPECT_EQ(fs::file_size(spool_ + "/reserve"), kReserveBytes);
  int count = fill_up(*emitter);
  EXPECT_GT(count, 500);
  for (int round = 0; round < 3; ++round) {
    far_.set(Far::Mood::well);
    EXPECT_EQ(emitter->flush(120s), 0U);
    EXPECT_TRUE(takes(*emitter, "again"));
    EXPECT_EQ(fs::file_size(spool_ + "/reserve"), kReserveBytes) << "before anything else";
    far_.set(Far::Mood::down);
    count += 1 + fill_up(*emitter);
  }
  far_.set(Far::Mood::well);
  EXPECT_EQ(emitter->flush(120s), 0U);
  EXPECT_EQ(emitter->close(10s), 0U);
  expect_in_order(count);
  EXPECT_FALSE(fs::exists(spool_ + "/0000000000000001.spool"));
  EXPECT_NE(content_of(spool_ + "/state.json").find("\"sent\":{\"acme\":" + std::to_string(count)),
            std::string::npos);
}

// Killed, closed, or with the rest of its disk taken by others: the next process drains it.
TEST_F(EmitterFullDisk, TheNextProcessDrainsWhatAnotherFilled) {
  far_.set(Far::Mood::down);
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    auto emitter = Emitter::open(options());
    const int count = emitter ? fill_up(*emitter) : 0;
    if (::write(pipe[1], &count, sizeof(count)) < 0) ::_exit(1);
    ::kill(::getpid(), SIGKILL);
  }
  int count = 0;
  ASSERT_EQ(::read(pipe[0], &count, sizeof(count)), ssize_t{sizeof(count)});
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ::close(pipe[0]);
  ::close(pipe[1]);
  ASSERT_GT(count, 500);
  for (int round = 0; round < 3;
       ++round) {  // Closed and opened, which writes and empties the lock.
    fill_the_rest();
    auto emitter = Emitter::open(options());
    ASSERT_TRUE(emitter) << emitter.error().message;
    emitter->close(0ms);
  }
  fill_the_rest();
  far_.set(Far::Mood::well);
  auto emitter = Emitter::open(options());
  ASSERT_TRUE(emitter) << emitter.error().message;
  EXPECT_EQ(emitter->flush(120s), 0U);
  EXPECT_TRUE(takes(*emitter, "again"));
  EXPECT_EQ(emitter->flush(120s), 0U);
  emitter->close(10s);
  expect_in_order(count + 1);
}

TEST_F(EmitterFullDisk, WhatTheServerRefusesIsKeptAllTheSame) {
  far_.set(Far::Mood::down);
  far_.refuse("poison");
  auto emitter = Emitter::open(options());
  ASSERT_TRUE(emitter);
  ASSERT_TRUE(emitter->buffer(event_of("poison")));
  const int count = fill_up(*emitter);
  far_.set(Far::Mood::well);
  EXPECT_EQ(emitter->flush(120s), 0U);
  EXPECT_EQ(static_cast<int>(far_.events().size()), count);
  emitter->close(10s);
  EXPECT_NE(content_of(spool_ + "/refused.ndjson").find("poison"), std::string::npos);
}

TEST_F(EmitterFullDisk, ASpoolThatFindsNoRoomSaysSoAndGoesOnWhenThereIsSome) {
  fill_the_rest();
  const auto refused = Emitter::open(options());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::spool_unusable);
  fs::resize_file(filler_, fs::file_size(filler_) - 40'000);
  auto emitter = Emitter::open(options());
  ASSERT_TRUE(emitter) << emitter.error().message;
  const auto spooled = emitter->buffer(event_of("1"));
  ASSERT_FALSE(spooled) << "what is left is for writing down what was sent";
  EXPECT_EQ(spooled.error().fault, Fault::spool_unusable);
  EXPECT_FALSE(fs::exists(spool_ + "/reserve"));
  fs::remove(filler_);
  EXPECT_TRUE(takes(*emitter, "1"));
  EXPECT_EQ(emitter->flush(120s), 0U);
  expect_in_order(1);
}

TEST(EmitterReserve, IsMadeWholeAndOnce) {
  const testing::Scratch scratch;
  const std::string directory = scratch.path();
  EXPECT_TRUE(make_reserve(directory)) << "there is no such directory";
  fs::create_directory(directory);
  write_content(directory + "/reserve", "a piece, as a crash leaves it");
  EXPECT_FALSE(make_reserve(directory));
  EXPECT_EQ(fs::file_size(directory + "/reserve"), kReserveBytes);
  const auto made = fs::last_write_time(directory + "/reserve");
  EXPECT_FALSE(make_reserve(directory));
  EXPECT_EQ(fs::last_write_time(directory + "/reserve"), made);
  EXPECT_TRUE(give_up_reserve(directory));
  EXPECT_FALSE(give_up_reserve(directory));
}

}  // namespace
}  // namespace assent::emitter
