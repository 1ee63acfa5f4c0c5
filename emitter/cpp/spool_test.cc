// What a crash, a bad disk or another process can leave of a spool.
#include "emitter/cpp/spool.h"

#include "base/text.h"
#include "emitter/cpp/testing_spool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <assent/emitter.h>
#include <csignal>
#include <filesystem>
#include <future>
#include <string>
#include <sys/wait.h>
#include <thread>
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

using EmitterSpool = testing::SpoolTest;

// A crash may leave any beginning of what was being written. All before it is sent, nothing is
// reported, and the torn event's number is given again, because nobody had it.
TEST_F(EmitterSpool, H53_ACrashAtAnyByteOfAWriteLosesNothingThatWasSpooled) {
  fill(3);
  const std::string whole = content_of(segment());
  const Scanned scanned = scan_records(whole);
  ASSERT_EQ(scanned.records.size(), 3U);
  const std::size_t last = scanned.records[1].offset + scanned.records[1].size;
  for (std::size_t size = last; size < whole.size(); ++size) {
    forget();
    write_content(segment(), whole.substr(0, size));
    const auto opened = spool();
    EXPECT_EQ(opened->take_left().size(), 2U) << size;
    EXPECT_EQ(opened->next_sequence("acme"), 3U) << size;
    EXPECT_EQ(content_of(segment()), whole.substr(0, last)) << size;
  }
  EXPECT_TRUE(reports_.empty());
  EXPECT_EQ(sent(), numbers(1, 2));
}

// Every state of the directory between two steps of saving and removing.
TEST_F(EmitterSpool, H53_ACrashBetweenTheStepsOfSavingSendsAgainAtMost) {
  fill(40, 4096);
  const auto files = scratch_.files();
  ASSERT_GT(files.size(), 4U);
  testing::Scratch copy;
  fs::copy(scratch_.path(), copy.path());
  EXPECT_EQ(sent(), numbers(1, 40));
  const std::string state = content_of(scratch_.path() + "/state.json");

  const auto restore = [&] {
    fs::remove_all(scratch_.path());
    fs::copy(copy.path(), scratch_.path());
  };
  restore();  // Sent, and nothing was written down.
  EXPECT_EQ(sent(), numbers(1, 40));
  EXPECT_EQ(far_.doubles(), 40U);

  restore();  // The new state is written, and not in its place.
  write_content(scratch_.path() + "/state.json.new", state.substr(0, state.size() / 2));
  EXPECT_EQ(sent(), numbers(1, 40));
  EXPECT_EQ(far_.doubles(), 80U);

  restore();  // The state is in its place, and no segment is gone.
  write_content(scratch_.path() + "/state.json", state);
  EXPECT_EQ(sent(), numbers(1, 40));
  EXPECT_EQ(far_.doubles(), 80U) << "what is settled is not sent again";
  EXPECT_EQ(next_number(), 41U);

  restore();  // Some of the segments are gone, the last first.
  write_content(scratch_.path() + "/state.json", state);
  fs::remove(segment(3));
  fs::remove(segment(2));
  EXPECT_EQ(sent(), numbers(1, 40));
  EXPECT_EQ(next_number(), 41U);

  restore();  // A segment was begun, and nothing written to it.
  write_content(scratch_.path() + "/0000000000000099.spool", "");
  EXPECT_EQ(sent(), numbers(1, 40));
  EXPECT_EQ(next_number(), 41U);
  EXPECT_TRUE(reports_.empty());
}

// kill -9 while it spools and sends, again and again: whatever buffer() returned for, arrives.
TEST_F(EmitterSpool, H53_KillingTheProcessLosesNothingThatWasSpooled) {
  far_.set(Far::Mood::down);
  std::set<std::string> told;
  for (int round = 0; round < 20; ++round) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(pipe[0]);
      Options given = options();
      given.spool->segment_bytes = 16 * 1024;
      auto emitter = Emitter::open(given);
      for (int i = 0; emitter; ++i) {
        const auto spooled = emitter->buffer(event_of("r" + std::to_string(round)));
        if (!spooled) ::_exit(1);
        const std::string line = spooled->id + "\n";
        if (::write(pipe[1], line.data(), line.size()) < 0) ::_exit(1);
      }
      ::_exit(1);
    }
    ::close(pipe[1]);
    std::string heard;
    std::promise<void> is_at_work;  // Killed earlier, it would prove nothing.
    std::thread listens([&] {
      char buffer[4096];
      bool is_told = false;
      for (ssize_t got = 0; (got = ::read(pipe[0], buffer, sizeof(buffer))) > 0;) {
        heard.append(buffer, static_cast<std::size_t>(got));
        if (!is_told && heard.size() > 300) is_at_work.set_value();
        is_told = heard.size() > 300;
      }
      if (!is_told) is_at_work.set_value();
    });
    is_at_work.get_future().wait();
    std::this_thread::sleep_for(std::chrono::milliseconds(5 + round * 3));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status)) << "the child stopped by itself";
    listens.join();
    ::close(pipe[0]);
    std::string_view rest = heard;
    while (const auto line = take_line(rest)) told.emplace(*line);
  }
  ASSERT_GT(told.size(), 100U);
  far_.set(Far::Mood::well);
  sent();
  std::set<std::string> arrived;
  std::int64_t expected = 0;
  for (const Json& event : far_.events()) {
    arrived.emplace(*event.string_at("id"));
    EXPECT_EQ(event.find("producer")->integer_at("sequence"), ++expected);
  }
  EXPECT_TRUE(std::ranges::includes(arrived, told));
  EXPECT_TRUE(reports_.empty()) << reports_.front();
}

TEST_F(EmitterSpool, TwoEmittersDoNotShareASpool) {
  auto first = Emitter::open(options());
  ASSERT_TRUE(first);
  const auto second = Emitter::open(options());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().fault, Fault::spool_unusable);
  EXPECT_TRUE(second.error().message.ends_with("/lock is held by another emitter"));
  first->close(1s);
  { const Emitter gone = std::move(*first); }
  EXPECT_TRUE(Emitter::open(options()));
}

TEST_F(EmitterSpool, ALockOfALivingProcessWithoutFlockCounts) {
  fs::create_directories(scratch_.path());
  const std::string parent = std::to_string(::getppid());
  write_content(scratch_.path() + "/lock", parent + " -\n");
  const auto held = Emitter::open(options());
  ASSERT_FALSE(held);
  EXPECT_TRUE(held.error().message.ends_with("is held by process " + parent));
  for (const char* gone : {"", "nonsense", "12", "99999999 -\n", "-1 -\n"}) {
    write_content(scratch_.path() + "/lock", gone);
    EXPECT_TRUE(Emitter::open(options())) << gone;
  }
  write_content(scratch_.path() + "/lock", parent + " 1\n");
  EXPECT_TRUE(Emitter::open(options())) << "another process has that id now";
}

TEST_F(EmitterSpool, ADirectoryThatCannotBeIsSaidAtOnce) {
  write_content(scratch_.path("file"), "x");
  Options given = options();
  given.spool->directory = scratch_.path("file");
  const auto emitter = Emitter::open(given);
  ASSERT_FALSE(emitter);
  EXPECT_EQ(emitter.error().fault, Fault::spool_unusable);
}

TEST_F(EmitterSpool, NothingInItIsForOthersToRead) {
  fill(1);
  using fs::perms;
  EXPECT_EQ(fs::status(scratch_.path()).permissions(), perms::owner_all);
  for (const std::string& file : scratch_.files()) {
    EXPECT_EQ(fs::status(scratch_.path() + "/" + file).permissions(),
              perms::owner_read | perms::owner_write)
        << file;
  }
}

TEST_F(EmitterSpool, H56_NoSecretIsInIt) {
  far_.set(Far::Mood::down);
  Options given = options();
  given.redact = {"iban"};
  auto emitter = Emitter::open(given);
  ASSERT_TRUE(emitter);
  Event event = event_of("https://ann:planted-one@example.com/");
  event.target_type = "post token=planted-seven";
  event.actor_id = "agent --password planted-eight";
  event.correlation_id = "job api_key=planted-nine";
  event.metadata = Value::object({{"password", "planted-two"},
                                  {"errorMessage", "401: Bearer planted-three-token"},
                                  {"iban", "planted-four"}});
  event.proof = api_proof(Value::object({{"token", "planted-five"}}));
  ASSERT_TRUE(emitter->buffer(event));
  event.proof =
      api_proof(Value::object({{"token", "planted-six"}, {"x", std::string(20000, 'x')}}));
  ASSERT_TRUE(emitter->buffer(event));
  event.proof = url_proof("https://example.com/a?access_token=planted-ten");
  ASSERT_TRUE(emitter->buffer(event));
  emitter->close(0ms);
  for (const std::string& file : scratch_.files()) {
    EXPECT_EQ(content_of(scratch_.path() + "/" + file).find("planted"), std::string::npos) << file;
  }
}

TEST(EmitterSegment, NamesAreExact) {
  EXPECT_TRUE(is_segment_name("0000000000000001.spool"));
  EXPECT_EQ(segment_number("0000000000000012.spool.damaged"), 12U);
  for (const char* name : {"", "1.spool", "000000000000000x.spool", "0000000000000001.spoon",
                           "0000000000000001.spool.damaged", "-000000000000001.spool"}) {
    EXPECT_FALSE(is_segment_name(name)) << name;
  }
}

}  // namespace
}  // namespace assent::emitter
