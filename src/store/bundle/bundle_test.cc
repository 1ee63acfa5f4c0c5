#include "base/random.h"
#include "base/text.h"
#include "domain/event.h"
#include "ledger/checkpoint.h"
#include "store/bundle/bundle_views.h"
#include "store/bundle/log_keys.h"
#include "store/bundle/named_blobs.h"
#include "store/bundle/spool.h"
#include "store/bundle/tar_file.h"
#include "store/search/testing_search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

namespace assent::store {
namespace {

const Tenant kTenant{.number = TenantNumber{7}, .name = "acme", .origin = "log.example/t/acme"};

std::string event_bytes(const Event& event, std::uint64_t sequence) {
  SystemRandom random;
  const Timestamp at = *from_rfc3339("2026-01-02T03:04:05.000006Z");
  return entry_bytes(prepare(event, engine_actor(), kTenant, std::string(32, 'a'),
                             EventId::make(at, random)),
                     sequence, at)
      .value();
}

std::string file_text(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

TEST(Spool, GivesBackWhatItWasGiven) {
  const TemporaryDirectory directory;
  Spool spool = Spool::in(directory.path()).value();
  std::string given;
  for (int i = 0; i < 100'000; ++i) {
    const std::string piece = std::to_string(i) + ",";
    given += piece;
    ASSERT_TRUE(spool.append(piece).has_value());
  }
  EXPECT_EQ(spool.size(), given.size());
  std::string read;
  const auto take = [&read](std::string_view piece) {
    read += piece;
    return Result<void>();
  };
  ASSERT_TRUE(spool.read(take).has_value());
  EXPECT_EQ(read, given);
  read.clear();
  ASSERT_TRUE(spool.read(300'000, 5, take).has_value());
  EXPECT_EQ(read, given.substr(300'000, 5));
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
  EXPECT_EQ(Spool::in(directory / "absent").error().code, Code::unavailable);
}

TEST(TarFile, IsThereWholeOrNotAtAll) {
  const TemporaryDirectory directory;
  const std::string path = directory / "it.tar";
  {
    TarFile tar = TarFile::begin(path).value();
    ASSERT_TRUE(tar.add("a", "text").has_value());
    EXPECT_EQ(TarFile::begin(path).error().code, Code::invalid_state);  // Two at a time.
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));

  std::ofstream(path + ".part") << "what a crash left, longer than a tar file of one member";
  TarFile tar = TarFile::begin(path).value();
  ASSERT_TRUE(tar.add("a", "text").has_value());
  const auto finished = tar.finish().value();
  const std::string bytes = file_text(path);
  EXPECT_EQ(finished.bytes, bytes.size());
  EXPECT_EQ(finished.sha256, sha256(bytes));
  EXPECT_FALSE(std::filesystem::exists(path + ".part"));
  EXPECT_EQ(TarFile::begin(path).error().code, Code::invalid_state);  // It exists.
}

TEST(TarFile, DoesNotReplaceWhatCameMeanwhile) {
  const TemporaryDirectory directory;
  const std::string path = directory / "it.tar";
  {
    TarFile tar = TarFile::begin(path).value();
    std::ofstream(path) << "precious";
    EXPECT_EQ(tar.finish().error().code, Code::invalid_state);
  }
  EXPECT_EQ(file_text(path), "precious");
  EXPECT_FALSE(std::filesystem::exists(path + ".part"));
}

// SQLite makes the journal before the log that replaces it, so a kill in between leaves that.
TEST(ApprovalsView, WhatAKillLeavesIsTakenAwayWhateverTheMoment) {
  const TemporaryDirectory directory;
  const std::string scratch = directory / "it.tar.part.requests";
  for (const char* const suffix : {"", "-journal", "-wal", "-shm"}) {
    std::ofstream(scratch + suffix) << "what a crash left";
  }
  remove_scratch(scratch);
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

class NamedBlobsInPasses : public testing::TestWithParam<std::uint64_t> {};

TEST_P(NamedBlobsInPasses, FetchesEachOnceInTheOrderOfHashes) {
  const TemporaryDirectory directory;
  NamedBlobs blobs = NamedBlobs::in(directory.path(), GetParam()).value();
  std::map<Hash, std::string> there;
  std::vector<Hash> absent;
  for (std::uint64_t i = 0; i < 300; ++i) {
    const std::string bytes = "blob " + std::to_string(i % 200);  // Some are named twice.
    const Hash hash = sha256(bytes);
    if (i % 200 < 150) there[hash] = bytes;
    if (i >= 150 && i < 200) absent.push_back(hash);
    const Event event{.type = "policy.changed",
                      .subject = "policy/x",
                      .data = Json::object({{"sha256", content_hash_text(hash)}})};
    ASSERT_TRUE(blobs.add(event_bytes(event, i)).has_value());
  }
  std::ranges::sort(absent);
  std::vector<Hash> asked;
  ASSERT_TRUE(blobs
                  .fetch([&](const Hash& hash) -> Result<std::string> {
                    asked.push_back(hash);
                    if (there.contains(hash)) return there[hash];
                    return Error{Code::not_found, ""};
                  })
                  .has_value());
  EXPECT_TRUE(std::ranges::is_sorted(asked));
  EXPECT_EQ(asked.size(), 200U);
  EXPECT_EQ(blobs.kept(), 150U);
  EXPECT_EQ(blobs.missing(), 50U);

  auto next = there.begin();
  ASSERT_TRUE(blobs
                  .each_kept([&](const NamedBlobs::Kept& kept) {
                    EXPECT_EQ(kept.hash, next->first);
                    std::string bytes;
                    EXPECT_TRUE(blobs.bytes()
                                    .read(kept.offset, kept.size,
                                          [&](std::string_view piece) {
                                            bytes += piece;
                                            return Result<void>();
                                          })
                                    .has_value());
                    EXPECT_EQ(bytes, (next++)->second);
                    return Result<void>();
                  })
                  .has_value());
  std::vector<Hash> missing;
  ASSERT_TRUE(blobs
                  .each_missing([&](const Hash& hash) {
                    missing.push_back(hash);
                    return Result<void>();
                  })
                  .has_value());
  EXPECT_EQ(missing, absent);
}

INSTANTIATE_TEST_SUITE_P(Sizes, NamedBlobsInPasses,
                         testing::Values(1, 7, 299, 300, kHashesPerPass));

TEST(NamedBlobs, ABlobThatIsAnotherIsDamage) {
  const TemporaryDirectory directory;
  NamedBlobs blobs = NamedBlobs::in(directory.path(), kHashesPerPass).value();
  const auto named = [](std::string hash) {
    return event_bytes({.type = "policy.changed",
                        .subject = "policy/x",
                        .data = Json::object({{"sha256", std::move(hash)}})},
                       0);
  };
  EXPECT_EQ(blobs.add(named("sha256:0")).error().code, Code::corrupt);
  ASSERT_TRUE(blobs.add(named(content_hash_text(sha256("a")))).has_value());
  EXPECT_EQ(blobs.fetch([](const Hash&) { return Result<std::string>("b"); }).error().code,
            Code::corrupt);
}

ledger::Ed25519Signer signer_of(char seed) {
  return *ledger::Ed25519Signer::from_seed(kTenant.origin, Secret(std::string(32, seed)));
}

// A log whose key was changed by its event 9.
struct RotatedLog {
  ledger::Ed25519Signer old_key = signer_of('1');
  ledger::Ed25519Signer new_key = signer_of('2');
  std::vector<BundleKey> keys;

  RotatedLog() {
    keys.push_back(first_key(event_bytes({.type = "ledger.created",
                                          .subject = "ledger/acme",
                                          .data = Json::object(
                                              {{"verifierKey", old_key.verifier_key().text()}})},
                                         0))
                       .value());
    keys.push_back(
        rotated_key(
            event_bytes({.type = "ledger.key_rotated",
                         .subject = "ledger/acme",
                         .data = Json::object({{"verifierKey", new_key.verifier_key().text()}})},
                        9),
            "the handover")
            .value());
  }
  static std::string note(std::uint64_t size, const ledger::Signer& signer) {
    return ledger::sign_checkpoint({.origin = kTenant.origin,
                                    .head = {.size = ledger::Size{size}, .root = sha256("root")}},
                                   signer)
        .value();
  }
};

TEST(LogKeys, ACheckpointIsOfTheKeyOfItsSize) {
  const RotatedLog log;
  EXPECT_EQ(log.keys[0].from_size, 0U);
  EXPECT_EQ(log.keys[1].from_size, 10U);
  EXPECT_EQ(log.keys[1].handover, "the handover");
  EXPECT_EQ(ledger::number(open_by(log.keys, RotatedLog::note(9, log.old_key)).value().size), 9U);
  EXPECT_EQ(ledger::number(open_by(log.keys, RotatedLog::note(10, log.new_key)).value().size), 10U);
  EXPECT_EQ(open_by(log.keys, RotatedLog::note(9, log.new_key)).error().code, Code::unprocessable);
  EXPECT_EQ(open_by(log.keys, RotatedLog::note(11, log.old_key)).error().code, Code::unprocessable);
  EXPECT_EQ(open_by(log.keys, "no note").error().code, Code::validation_error);
}

TEST(LogKeys, ABundleHasTheKeysUpToItsCheckpoint) {
  const RotatedLog rotated;
  for (const std::uint64_t size : {9U, 10U}) {
    const bool is_new = size == 10;
    BundleLog log{.keys = rotated.keys};
    const std::string note = RotatedLog::note(size, is_new ? rotated.new_key : rotated.old_key);
    ASSERT_TRUE(choose_checkpoint(log, note).has_value());
    EXPECT_EQ(log.keys.size(), is_new ? 2U : 1U);
    EXPECT_EQ(log.verifier_key, log.keys.back().verifier_key);
    EXPECT_EQ(log.checkpoint, note);
    EXPECT_EQ(ledger::number(log.head.size), size);
  }
}

TEST(LogKeys, AnotherEventMakesNoKey) {
  const std::string event = event_bytes({.type = "ledger.state_pruned", .subject = "x/y"}, 3);
  EXPECT_EQ(first_key(event).error().code, Code::corrupt);
  EXPECT_EQ(rotated_key(event, std::nullopt).error().code, Code::corrupt);
  EXPECT_EQ(first_key("{}").error().code, Code::corrupt);
}

TEST(LogKeys, APolicyNamesItsWitnesses) {
  const std::vector<std::string> expected = {"w1.example+1234abcd+AA==",
                                             "w2.example+5678abcd+BB=="};
  EXPECT_EQ(witness_keys_in("# who watches\nlog acme+00000000+CC==\n"
                            "witness one w1.example+1234abcd+AA== https://w1.example/\n\n"
                            "  witness\ttwo  w2.example+5678abcd+BB==\r\n"
                            "group both all one two\nquorum both"),
            expected);
  EXPECT_TRUE(witness_keys_in("").empty());
  EXPECT_TRUE(witness_keys_in("witness\nwitness one").empty());
}

}  // namespace
}  // namespace assent::store
