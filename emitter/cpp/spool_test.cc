// What a crash, a bad disk or another process can leave of a spool.
#include "emitter/cpp/spool.h"

#include "base/random.h"
#include "base/text.h"
#include "emitter/cpp/damage.h"
#include "emitter/cpp/testing.h"

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

class EmitterSpool : public ::testing::Test {
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
    emitter->close(0ms);
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
    EXPECT_EQ(emitter->flush(120s), 0U);
    emitter->close(10s);
    return far_.targets();
  }

  // The number that the next event of acme gets.
  std::uint64_t next_number(const std::string& tenant = "acme") {
    far_.set(Far::Mood::down);
    auto emitter = Emitter::open(options());
    EXPECT_TRUE(emitter) << emitter.error().message;
    const auto spooled = emitter->buffer(event_of("next", tenant));
    EXPECT_TRUE(spooled);
    emitter->close(0ms);
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

TEST_F(EmitterSpool, EverythingBeforeADamagedRecordIsSentAndTheFileIsKept) {
  fill(5);
  std::string bytes = content_of(segment());
  const Scanned scanned = scan_records(bytes);
  bytes[scanned.records[2].offset + 20] ^= 1;
  write_content(segment(), bytes);
  forget();
  EXPECT_EQ(sent(), numbers(1, 2));
  EXPECT_EQ(content_of(segment() + ".damaged"), bytes) << "the damage is kept as it was";
  EXPECT_FALSE(fs::exists(segment()));
  ASSERT_EQ(reports_.size(), 1U);
  EXPECT_TRUE(reports_[0].starts_with("damaged: ")) << reports_[0];
  EXPECT_EQ(next_number(), 6U) << "the numbers of what is lost are not given again";
}

TEST_F(EmitterSpool, LaterFilesGoOnBehindADamagedOne) {
  fill(40, 4096);
  std::string bytes = content_of(segment(2));
  bytes[scan_records(bytes).records[1].offset] ^= 1;
  write_content(segment(2), bytes);
  const std::size_t first = scan_records(content_of(segment(1))).records.size();
  const std::size_t second = 1;
  const std::size_t later = 40 - 2 * first;
  const auto targets = sent();
  EXPECT_EQ(targets.size(), first + second + later);
  EXPECT_EQ(targets.back(), "40");
}

// Each byte of a small spool, changed: it opens, sends what stands before, and never crashes.
TEST_F(EmitterSpool, NoChangedByteStopsIt) {
  fill(2);
  const std::string whole = content_of(segment());
  const std::size_t second = scan_records(whole).records[1].offset - kRecordHeaderBytes;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] ^= 0x10;
    write_content(segment(), changed);
    forget();
    const auto opened = spool();
    EXPECT_EQ(opened->take_left().size(), at < second ? 0U : 1U) << at;
    const bool looks_torn = opened->next_sequence("acme") < 3;
    EXPECT_EQ(looks_torn, reports_.empty()) << at;
    reports_.clear();
  }
}

TEST_F(EmitterSpool, ADamageThatComesWhileItRunsIsReported) {
  far_.set(Far::Mood::down);
  {
    auto emitter = Emitter::open(options());
    ASSERT_TRUE(emitter);
    for (int i = 1; i <= 3; ++i) ASSERT_TRUE(emitter->buffer(event_of(std::to_string(i))));
    std::string bytes = content_of(segment());
    bytes[scan_records(bytes).records[1].offset + 9] ^= 1;
    // In place: the emitter has the file open.
    std::FILE* const file = std::fopen(segment().c_str(), "r+b");
    std::fwrite(bytes.data(), 1, bytes.size(), file);
    std::fclose(file);
    far_.set(Far::Mood::well);
    EXPECT_EQ(emitter->flush(120s), 0U);
    emitter->close(10s);
  }
  EXPECT_EQ(far_.targets(), (std::vector<std::string>{"1", "3"}));
  EXPECT_FALSE(reports_.empty());
  EXPECT_TRUE(fs::exists(segment() + ".damaged"));
}

// Not all of these can be read, and each took a number.
TEST_F(EmitterSpool, TheNumberOfADamagedLastRecordIsNotGivenAgain) {
  fill(3);
  const std::string whole = content_of(segment());
  const std::size_t last = scan_records(whole).records[2].offset;
  std::string other = whole;
  other[other.find("\"sequence\":3") + 11] = '1';
  for (const std::string& damaged :
       {whole.substr(0, last) + std::string(whole.size() - last, '\0'),
        whole.substr(0, last - kRecordHeaderBytes) + std::string(64, '\0'),
        whole.substr(0, whole.size() - 5) + "\1\2\3\4\5", other}) {
    forget();
    write_content(segment(), damaged);
    // Whoever starts again and again does not skip more.
    for (int i = 0; i < 3; ++i) EXPECT_EQ(spool()->next_sequence("acme"), 4U);
    EXPECT_EQ(spool()->next_sequence("beta-2"), 2U) << "it may have been of another tenant";
    EXPECT_EQ(next_number("beta-2"), 2U);
    EXPECT_EQ(next_number(), 4U);
    fs::remove(segment(2));
    fs::remove(segment(3));
  }
}

TEST_F(EmitterSpool, TheNumberOfTheOnlyRecordIsNotGivenAgainAfterItIsSetAside) {
  fill(1);
  std::string bytes = content_of(segment());
  bytes.replace(bytes.size() - 5, 5, 5, '\0');
  write_content(segment(), bytes);
  forget();
  EXPECT_TRUE(sent().empty());
  EXPECT_TRUE(fs::exists(segment() + ".damaged"));
  EXPECT_EQ(next_number(), 2U);
}

TEST_F(EmitterSpool, DamageBeforeAWholeEndCostsNoNumber) {
  fill(3);
  std::string bytes = content_of(segment());
  bytes[scan_records(bytes).records[1].offset + 20] ^= 1;
  write_content(segment(), bytes);
  forget();
  EXPECT_EQ(next_number(), 4U);
  EXPECT_EQ(next_number("beta-2"), 1U);
}

// A container without a volume, a restore of half a directory, a bad disk: numbers may begin again
// at 1, but never under an id that had them.
TEST_F(EmitterSpool, WithoutAStateItTakesAnotherIdAndSendsWhatWasThereAsItIs) {
  for (const char* bad : {"(gone)", "", "{", "[]", R"({"next":{},"sent":{}})",
                          R"({"next":{},"producer":1,"sent":{}})",
                          R"({"next":{"acme":-1},"producer":"worker-1","sent":{}})",
                          R"({"next":{"acme":0},"producer":"worker-1","sent":{}})",
                          R"({"next":{"acme":"1"},"producer":"worker-1","sent":{}})",
                          R"({"next":1,"producer":"worker-1","sent":{}})"}) {
    SCOPED_TRACE(bad);
    const bool is_gone = std::string_view(bad) == "(gone)";
    fs::remove_all(scratch_.path());
    fill(3);
    const std::string old = id_;
    is_gone ? static_cast<void>(fs::remove(state())) : write_content(state(), bad);
    const std::size_t before = far_.events().size();
    auto emitter = Emitter::open(options());
    ASSERT_TRUE(emitter);
    const std::string id(emitter->producer());
    EXPECT_TRUE(id.starts_with("worker-1.") && id.size() == 17 && id != old) << id;
    EXPECT_EQ(content_of(state()), R"({"next":{},"producer":")" + id + "\",\"sent\":{}}\n")
        << "on the disk before the first record";
    EXPECT_EQ(emitter->buffer(event_of("4"))->sequence, 1U);
    EXPECT_EQ(emitter->flush(30s), 0U);
    emitter->close(10s);
    const auto events = far_.events();
    ASSERT_EQ(events.size(), before + 4);
    for (std::size_t i = 0; i < 4; ++i) {
      const Json& producer = *events[before + i].find("producer");
      EXPECT_EQ(producer.string_at("id"), i < 3 ? old : id);
      EXPECT_EQ(producer.integer_at("sequence"), i < 3 ? i + 1 : 1);
    }
    EXPECT_EQ(content_of(state()),
              R"({"next":{"acme":2},"producer":")" + id + R"(","sent":{"acme":1}})" + "\n");
    EXPECT_EQ(reports_.size(), is_gone ? 0U : 1U);
    EXPECT_EQ(fs::exists(state() + ".damaged"), !is_gone);
  }
}

TEST_F(EmitterSpool, DamagedRecordsOfAnotherIdTakeNoNumbers) {
  fill(3);
  std::string bytes = content_of(segment());
  bytes.replace(bytes.size() - 5, 5, 5, 'x');
  write_content(segment(), bytes);
  fs::remove(state());
  EXPECT_EQ(next_number(), 1U);
  EXPECT_EQ(next_number(), 2U);
  EXPECT_EQ(next_number("beta-2"), 1U);
}

TEST_F(EmitterSpool, TwoSpoolsOfOneNameHaveTwoIds) {
  fill(1);
  const std::string first = id_;
  fs::rename(scratch_.path(), scratch_.path("other"));
  fill(1);
  EXPECT_NE(id_, first);
  fs::remove_all(scratch_.path());
  fs::rename(scratch_.path("other"), scratch_.path());
  fill(1);
  EXPECT_EQ(id_, first) << "it goes with the directory";
}

TEST_F(EmitterSpool, AnotherProducersSpoolIsLeftAlone) {
  fill(1);
  for (const std::string id :
       {"somebody", "worker", "worker-2", "worker-1.0123abc", "worker-1.0123abcde",
        "worker-1.0123abcu", "worker-1.0123ABCD", "worker-10123abcd", "worker-1-0123abcd", ""}) {
    write_content(state(), R"({"next":{"acme":2},"producer":")" + id + R"(","sent":{}})");
    const auto emitter = Emitter::open(options());
    ASSERT_FALSE(emitter) << id;
    EXPECT_EQ(emitter.error().fault, Fault::misconfigured);
    EXPECT_TRUE(emitter.error().message.ends_with("is of producer " + id));
  }
  for (const std::string id : {"worker-1", "worker-1.0123abcd", "worker-1.zzzzzzzz"}) {
    write_content(state(), R"({"next":{"acme":2},"producer":")" + id + R"(","sent":{}})");
    const auto emitter = Emitter::open(options());
    ASSERT_TRUE(emitter) << id;
    EXPECT_EQ(emitter->producer(), id);
  }
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

std::string event_bytes(int sequence, const std::string& tenant = "acme") {
  return R"({"actor":{"id":"a","type":"agent"},"producer":{"id":"w","sequence":)" +
         std::to_string(sequence) + R"(},"target":{"id":"x"},"tenantId":")" + tenant +
         R"(","type":"a.b"})";
}

TEST(EmitterDamage, NumbersAreFoundInDamagedBytes) {
  const std::vector<PayloadName> seven = {{.tenant = "acme", .producer = "w", .sequence = 7}};
  const std::string event = event_bytes(7);
  EXPECT_EQ(read_rest("\x01\x02" + event.substr(1)).likely, seven);
  EXPECT_EQ(read_rest("\xFF garbage \"producer\":{\"id\":\"" + event + std::string(3, '\0')).likely,
            seven);
  // A tenant that cannot be read is not the next event's.
  std::string damaged = event_bytes(6);
  damaged[damaged.find("acme")] = '\xFF';
  EXPECT_EQ(read_rest(damaged + event).likely, seven);
  EXPECT_TRUE(read_rest(R"("producer":{"id":"w","sequence":99999999999999999}"tenantId":"a)")
                  .likely.empty());
}

TEST(EmitterDamage, WholeRecordsAreFoundBehindIt) {
  std::string rest = "12345678 damaged";
  append_record(rest, event_bytes(7));
  Rest read = read_rest(rest);
  EXPECT_EQ(read.certain.size(), 1U);
  EXPECT_TRUE(read.ends_whole);
  rest += '\0';
  EXPECT_FALSE(read_rest(rest).ends_whole);
  rest.pop_back();
  append_record(rest, event_bytes(8));
  read = read_rest(rest);
  EXPECT_EQ(read.certain.size(), 2U);
  EXPECT_TRUE(read.ends_whole);
  rest[rest.size() - 3] ^= 1;
  read = read_rest(rest);
  EXPECT_EQ(read.certain.size(), 1U);
  EXPECT_FALSE(read.ends_whole);
}

}  // namespace
}  // namespace assent::emitter
