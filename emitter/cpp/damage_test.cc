// What a bad disk leaves of a spool, and whose numbers count then.
#include "emitter/cpp/damage.h"

#include "emitter/cpp/testing_spool.h"

#include <gtest/gtest.h>

#include <assent/emitter.h>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

namespace assent::emitter {
namespace {

namespace fs = std::filesystem;
using testing::content_of;
using testing::event_of;
using testing::Far;
using testing::write_content;
using namespace std::chrono_literals;

using EmitterDamage = testing::SpoolTest;

TEST_F(EmitterDamage, EverythingBeforeADamagedRecordIsSentAndTheFileIsKept) {
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

TEST_F(EmitterDamage, LaterFilesGoOnBehindADamagedOne) {
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
TEST_F(EmitterDamage, NoChangedByteStopsIt) {
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
    EXPECT_EQ(reports_.size(), 1U) << at;
    EXPECT_EQ(opened->next_sequence("acme"), 3U) << at;
    reports_.clear();
  }
}

TEST_F(EmitterDamage, ADamageThatComesWhileItRunsIsReported) {
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
TEST_F(EmitterDamage, TheNumberOfADamagedLastRecordIsNotGivenAgain) {
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

TEST_F(EmitterDamage, TheNumberOfTheOnlyRecordIsNotGivenAgainAfterItIsSetAside) {
  fill(1);
  std::string bytes = content_of(segment());
  bytes.replace(bytes.size() - 5, 5, 5, '\0');
  write_content(segment(), bytes);
  forget();
  EXPECT_TRUE(sent().empty());
  EXPECT_TRUE(fs::exists(segment() + ".damaged"));
  EXPECT_EQ(next_number(), 2U);
}

TEST_F(EmitterDamage, DamageBeforeAWholeEndCostsNoNumber) {
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
TEST_F(EmitterDamage, WithoutAStateItTakesAnotherIdAndSendsWhatWasThereAsItIs) {
  for (const char* bad : {"(gone)", "", "{", "[]", R"({"next":{},"sent":{}})",
                          R"({"next":{},"producer":1,"sent":{}})",
                          R"({"next":{"acme":-1},"producer":"worker-1","sent":{}})",
                          R"({"next":{"acme":0},"producer":"worker-1","sent":{}})",
                          R"({"next":{"acme":"1"},"producer":"worker-1","sent":{}})",
                          R"({"next":1,"producer":"worker-1","sent":{}})",
                          R"({"next":[],"producer":"worker-1","sent":{}})"}) {
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
    EXPECT_EQ(testing::without_crc(content_of(state())),
              R"({"next":{},"producer":")" + id + "\",\"sent\":{}}\n")
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
    EXPECT_EQ(testing::without_crc(content_of(state())),
              R"({"next":{"acme":2},"producer":")" + id + R"(","sent":{"acme":1}})" + "\n");
    EXPECT_EQ(reports_.size(), is_gone ? 0U : 1U);
    EXPECT_EQ(fs::exists(state() + ".damaged"), !is_gone);
  }
}

TEST_F(EmitterDamage, DamagedRecordsOfAnotherIdTakeNoNumbers) {
  fill(3);
  std::string bytes = content_of(segment());
  bytes.replace(bytes.size() - 5, 5, 5, 'x');
  write_content(segment(), bytes);
  fs::remove(state());
  EXPECT_EQ(next_number(), 1U);
  EXPECT_EQ(next_number(), 2U);
  EXPECT_EQ(next_number("beta-2"), 1U);
}

TEST_F(EmitterDamage, TwoSpoolsOfOneNameHaveTwoIds) {
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

TEST_F(EmitterDamage, AnotherProducersSpoolIsLeftAlone) {
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

std::string event_bytes(int sequence, const std::string& tenant = "acme") {
  return R"({"actor":{"id":"a","type":"agent"},"producer":{"id":"w","sequence":)" +
         std::to_string(sequence) + R"(},"target":{"id":"x"},"tenantId":")" + tenant +
         R"(","type":"a.b"})";
}

TEST(EmitterRest, NumbersAreFoundInDamagedBytes) {
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

TEST(EmitterRest, WholeRecordsAreFoundBehindIt) {
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
