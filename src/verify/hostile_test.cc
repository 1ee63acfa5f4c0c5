// Archives that were made to deceive, and those that merely broke.
#include "base/canonical.h"
#include "base/result.h"
#include "base/text.h"
#include "ledger/checkpoint.h"
#include "ledger/note.h"
#include "verify/testing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace assent::verify {
namespace {

class HostileBundleTest : public testing::Test {
 protected:
  Report verify_bytes(std::string_view bytes) {
    return verify_bundle(scratch_.write("raw.tar", bytes), {});
  }
  // Where the finding is; it must say something.
  std::string fault_of(const Report& report) {
    if (report.verdict != Verdict::failed) return "no finding " + report.reason;
    EXPECT_FALSE(report.finding->what.empty());
    return report.finding->file;
  }
  std::string fault(const std::vector<TarFile>& files) {
    return fault_of(verify_bytes(tar_of(files)));
  }
  TestBundle good() const { return bundle_of(log_, {.size = 20, .begin = 3, .end = 11}); }

  TestLog log_{20};
  Scratch scratch_;
};

TEST_F(HostileBundleTest, WhatIsNoArchiveIsAFinding) {
  EXPECT_EQ(fault_of(verify_bytes("")), "");
  EXPECT_EQ(fault_of(verify_bytes("hello")), "");
  EXPECT_EQ(fault_of(verify_bytes(std::string(4096, '\0'))), "manifest.json");
  EXPECT_EQ(verify_bundle(scratch_.path("absent.tar"), {}).verdict, Verdict::undecided);
}

TEST_F(HostileBundleTest, NothingButPlainFilesWithTheNamesOfABundle) {
  for (const TarFile& extra :
       std::vector<TarFile>{{.name = "../etc/passwd", .bytes = "x"},
                            {.name = "/etc/passwd", .bytes = "x"},
                            {.name = "blobs/../../x", .bytes = "x"},
                            {.name = "blobs/ABC", .bytes = "x"},
                            {.name = "./checkpoint", .bytes = "x"},
                            {.name = "checkpoint2", .bytes = "x"},
                            {.name = "views/../x", .bytes = "x"},
                            {.name = "views/.hidden", .bytes = "x"},
                            {.name = "blobs/", .bytes = "", .type = '5'},
                            {.name = "checkpoint", .bytes = "", .type = '2', .link = "/etc/passwd"},
                            {.name = "checkpoint", .bytes = "", .type = '1', .link = "keys.json"},
                            {.name = "checkpoint", .bytes = "", .type = '3'},
                            {.name = "checkpoint", .bytes = "", .type = '6'}}) {
    std::vector<TarFile> at_front = good().files();
    at_front.insert(at_front.begin() + 1, extra);
    EXPECT_EQ(fault(at_front), "checkpoint") << extra.name;
    std::vector<TarFile> at_end = good().files();
    at_end.push_back(extra);
    EXPECT_EQ(verify_bytes(tar_of(at_end)).verdict, Verdict::failed) << extra.name;
  }
}

TEST_F(HostileBundleTest, EveryMemberOnceInItsPlace) {
  const std::vector<TarFile> files = good().files();
  for (std::size_t i = 0; i < files.size(); ++i) {
    std::vector<TarFile> without = files;
    without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_NE(fault(without).substr(0, 2), "no") << files[i].name << " left out";
    std::vector<TarFile> twice = files;
    twice.insert(twice.begin() + static_cast<std::ptrdiff_t>(i), files[i]);
    EXPECT_NE(fault(twice).substr(0, 2), "no") << files[i].name << " twice";
    std::vector<TarFile> last_too = files;
    last_too.push_back(files[i]);
    EXPECT_EQ(fault(last_too), files[i].name) << "again at the end";
    if (i == 0) continue;
    std::vector<TarFile> swapped = files;
    std::swap(swapped[i - 1], swapped[i]);
    EXPECT_EQ(fault(swapped), files[i - 1].name) << "swapped";
  }
}

TEST_F(HostileBundleTest, ATruncatedArchiveNeverVerifies) {
  const std::string tar = tar_of(good().files());
  const std::size_t content = tar.size() - 1024;
  for (std::size_t length = 0; length < content; length += length < 2048 ? 97 : 211) {
    const Report report = verify_bytes(std::string_view(tar).substr(0, length));
    EXPECT_EQ(report.verdict, Verdict::failed) << length;
  }
  EXPECT_EQ(verify_bytes(std::string_view(tar).substr(0, content)).verdict, Verdict::verified)
      << "the two empty blocks at the end say nothing";
}

TEST_F(HostileBundleTest, ASizeThatIsALieIsNotRead) {
  for (const std::uint64_t size :
       {std::uint64_t{0}, std::uint64_t{1} << 32U, (std::uint64_t{1} << 33U) - 1}) {
    for (std::size_t i = 0; i < 6; ++i) {
      std::vector<TarFile> files = good().files();
      files[i].size = size;
      EXPECT_EQ(verify_bytes(tar_of(files)).verdict, Verdict::failed) << i << " " << size;
    }
  }
}

TEST_F(HostileBundleTest, LongLinesAndFilesAreRefused) {
  TestBundle event = good();
  event.at("events.ndjson").insert(0, std::string(70'000, 'x') + "\n");
  EXPECT_EQ(fault(event.files()), "events.ndjson");
  TestBundle proof = good();
  proof.at("proofs.ndjson") = std::string(10'000, ' ') + proof.at("proofs.ndjson");
  EXPECT_EQ(fault(proof.files()), "proofs.ndjson");
  TestBundle cut = good();
  cut.at("events.ndjson").pop_back();
  EXPECT_EQ(fault(cut.files()), "events.ndjson");
  TestBundle note = good();
  note.at("checkpoint") = std::string(1'000'001, 'x');
  EXPECT_EQ(fault(note.files()), "checkpoint");
}

TEST_F(HostileBundleTest, NoFlippedBitOfWhatIsAuthenticatedPasses) {
  const std::string tar = tar_of(good().files());
  const std::string root = verify_bytes(tar).root;
  ASSERT_FALSE(root.empty());
  for (std::size_t i = 0; i + 1024 < tar.size(); i += 5) {
    if (tar[i] == '\0') continue;  // Padding.
    // A header is guarded by its checksum, in which a space is as good as a zero in front.
    if (tar.substr(i - i % 512 + 257, 5) == "ustar" && i % 512 >= 148 && i % 512 < 156) continue;
    std::string changed = tar;
    changed[i] = static_cast<char>(changed[i] ^ (1 << (i % 8)));
    const Report report = verify_bytes(changed);
    if (report.verdict != Verdict::verified) continue;
    // The manifest is not signed: what it says of the query and of the time may change, no more.
    const std::string manifest = good().files().front().bytes;
    const std::size_t at = tar.find("\"createdAt\":\"");
    EXPECT_TRUE(i >= at && i < at + 45) << i;
    EXPECT_EQ(report.root, root);
  }
}

TEST_F(HostileBundleTest, ADirectoryHasNoLinksAndNothingElse) {
  const std::string path = good().write_directory(scratch_);
  EXPECT_EQ(verify_bundle(path, {}).verdict, Verdict::verified);
  std::ofstream(path + "/extra") << "x";
  EXPECT_EQ(verify_bundle(path, {}).verdict, Verdict::failed);
  std::filesystem::remove(path + "/extra");
  std::filesystem::rename(path + "/checkpoint", scratch_.path("kept"));
  EXPECT_EQ(fault_of(verify_bundle(path, {})), "checkpoint");
  std::filesystem::create_symlink(scratch_.path("kept"), path + "/checkpoint");
  EXPECT_EQ(verify_bundle(path, {}).verdict, Verdict::failed);
}

TEST_F(HostileBundleTest, AManifestSaysWhatAManifestSays) {
  const auto with = [this](const std::string& name, Json value) {
    TestBundle bundle = good();
    bundle.manifest.set(name, std::move(value));
    return fault(bundle.files());
  };
  EXPECT_EQ(with("format", "assent-bundle/2"), "manifest.json");
  EXPECT_EQ(with("surprise", 1), "manifest.json");
  EXPECT_EQ(with("size", 21), "checkpoint");
  EXPECT_EQ(with("size", -1), "manifest.json");
  EXPECT_EQ(with("size", 10), "manifest.json") << "the range is beyond it";
  EXPECT_EQ(with("createdAt", "yesterday"), "manifest.json");
  EXPECT_EQ(with("origin", "other.example/log/acme"), "keys.json");
  EXPECT_EQ(with("tenant", "other"), "events.ndjson");
  EXPECT_EQ(with("verifierKey", log_.signer(1).verifier_key().text()), "keys.json");
  EXPECT_EQ(with("selection", Json::object({{"kind", "all"}})), "manifest.json");
  EXPECT_EQ(with("selection", Json::object({{"kind", "range"}, {"begin", 12}, {"end", 11}})),
            "manifest.json");
  EXPECT_EQ(with("missingBlobs", Json(Json::Array{Json("x")})), "manifest.json");
  EXPECT_EQ(with("missingBlobs", Json(Json::Array{Json(std::string(64, 'a'))})), "no finding ");
  EXPECT_EQ(with("views", Json(Json::Array{Json("views/none.csv")})), "manifest.json");
}

// A log whose key went from the first to the second at size 8, and to the third at 15.
class HandoverTest : public HostileBundleTest {
 protected:
  std::string handover(std::uint64_t size, int from, int to) const {
    ledger::Note note = ledger::parse_note(log_.checkpoint(size, from)).value();
    const auto other = ledger::parse_note(log_.checkpoint(size, to)).value();
    note.signatures.push_back(other.signatures.front());
    return ledger::format_note(note);
  }
  Json key(int number, std::uint64_t from_size, Json note) const {
    return Json::object({{"verifierKey", log_.signer(number).verifier_key().text()},
                         {"fromSize", from_size},
                         {"handover", std::move(note)}});
  }
  TestBundle rotated(const Json::Array& keys) const {
    TestBundle bundle = good();
    bundle.at("keys.json") = canonical_json(Json(keys)) + "\n";
    bundle.at("checkpoint") = log_.checkpoint(20, 2);
    bundle.manifest.set("verifierKey", log_.signer(2).verifier_key().text());
    return bundle;
  }
  Report verify(const TestBundle& bundle, int pinned) {
    return verify_bundle(bundle.write_tar(scratch_),
                         {.verifier_key = log_.signer(pinned).verifier_key().text()});
  }
};

TEST_F(HandoverTest, WhoeverTrustedAnyKeyOfTheLogCanFollow) {
  const TestBundle bundle =
      rotated({key(0, 0, nullptr), key(1, 8, handover(8, 0, 1)), key(2, 15, handover(15, 1, 2))});
  for (const int pinned : {0, 1, 2}) {
    const Report report = verify(bundle, pinned);
    EXPECT_EQ(report.verdict, Verdict::verified) << fault_of(report);
    EXPECT_TRUE(report.is_key_pinned);
    EXPECT_EQ(report.verifier_key, log_.signer(2).verifier_key().text());
  }
}

TEST_F(HandoverTest, AHandoverThatOneOfTheTwoDidNotSignIsNone) {
  for (const Json::Array& keys : std::vector<Json::Array>{
           {key(0, 0, nullptr), key(2, 15, log_.checkpoint(15, 2))},
           {key(0, 0, nullptr), key(2, 15, log_.checkpoint(15, 0))},
           {key(0, 0, nullptr), key(2, 15, handover(14, 0, 2))},
           {key(0, 0, nullptr), key(2, 15, nullptr)},
           {key(0, 0, handover(15, 0, 2)), key(2, 15, handover(15, 0, 2))},
           {key(0, 0, nullptr), key(1, 8, handover(8, 0, 1)), key(2, 8, handover(8, 1, 2))},
           {key(0, 1, nullptr), key(2, 15, handover(15, 0, 2))},
           {key(0, 0, nullptr), key(2, 21, handover(20, 0, 2))},
           {}}) {
    EXPECT_EQ(fault_of(verify(rotated(keys), 0)), "keys.json");
  }
}

TEST_F(HandoverTest, TheHandoverIsOfThisLog) {
  TestLog other(20);
  other.forge(4, test_entry(4, "forged"));
  ledger::Note note = ledger::parse_note(other.checkpoint(8, 0)).value();
  note.signatures.push_back(ledger::parse_note(other.checkpoint(8, 2)).value().signatures.front());
  const TestBundle bundle = rotated({key(0, 0, nullptr), key(2, 8, ledger::format_note(note))});
  const Report report = verify(bundle, 0);
  EXPECT_EQ(fault_of(report), "events.ndjson");
  EXPECT_EQ(report.finding->sequence, 8U);
}

}  // namespace
}  // namespace assent::verify
