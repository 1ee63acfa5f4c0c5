#include "base/hash.h"
#include "base/result.h"
#include "base/text.h"
#include "ledger/note.h"
#include "ledger/testing.h"
#include "verify/testing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

namespace assent::verify {
namespace {

struct Fault {
  std::string file;
  std::optional<std::uint64_t> sequence;
  friend bool operator==(const Fault&, const Fault&) = default;
};

std::string place_of(const Report& report) {
  if (report.verdict == Verdict::verified) return "verified";
  if (report.verdict == Verdict::undecided) return "undecided: " + report.reason;
  const Finding& finding = *report.finding;
  return finding.file + (finding.sequence ? " " + std::to_string(*finding.sequence) : "");
}

class VerifyBundleTest : public testing::Test {
 protected:
  // Of the tar file and of the directory, which must say the same.
  Report verify(const TestBundle& bundle, const Options& options = {}) {
    std::filesystem::remove_all(scratch_.path("bundle"));
    const Report of_directory = verify_bundle(bundle.write_directory(scratch_), options);
    Report of_tar = verify_bundle(bundle.write_tar(scratch_), options);
    EXPECT_EQ(place_of(of_tar), place_of(of_directory));
    return of_tar;
  }
  Report verify(const std::vector<TarFile>& files) {
    return verify_bundle(scratch_.write("raw.tar", tar_of(files)), {});
  }
  std::string place(const TestBundle& bundle) { return place_of(verify(bundle)); }

  TestBundle range(std::uint64_t begin, std::uint64_t end) const {
    return bundle_of(log_, {.size = 20, .begin = begin, .end = end});
  }
  TestBundle members(const std::vector<std::uint64_t>& chosen) const {
    return bundle_of(log_, {.size = 20, .members = chosen, .is_range = false});
  }

  TestLog log_{20};
  Scratch scratch_;
};

void replace(std::string& text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
}

TEST_F(VerifyBundleTest, ARangeIsCompleteAndSaysSo) {
  const Report report = verify(range(3, 11));
  EXPECT_EQ(place_of(report), "verified");
  EXPECT_EQ(report.scope, Scope::range);
  EXPECT_EQ(report.begin, 3U);
  EXPECT_EQ(report.end, 11U);
  EXPECT_EQ(report.events, 8U);
  EXPECT_EQ(report.tenant, "acme");
  EXPECT_EQ(report.origin, kTestOrigin);
  EXPECT_EQ(report.size, 20U);
  EXPECT_EQ(report.root, to_hex(as_bytes(log_.head(20).root)));
  EXPECT_FALSE(report.is_key_pinned);
}

TEST_F(VerifyBundleTest, MembersAreInTheLogAndNoMoreIsSaid) {
  const Report report = verify(members({0, 4, 19}));
  EXPECT_EQ(place_of(report), "verified");
  EXPECT_EQ(report.scope, Scope::members);
  EXPECT_EQ(report.events, 3U);
}

TEST_F(VerifyBundleTest, EveryRangeOfEveryTreeVerifies) {
  const Scratch scratch;
  for (std::uint64_t size = 1; size <= 300; size += size < 40 ? 1 : 13) {
    const TestLog log(size);
    for (std::uint64_t begin = 0; begin <= size; begin += 1 + size / 9) {
      for (std::uint64_t end = begin; end <= size; end += 1 + size / 7) {
        const auto bundle = bundle_of(log, {.size = size, .begin = begin, .end = end});
        EXPECT_EQ(place_of(verify_bundle(bundle.write_tar(scratch), {})), "verified")
            << size << " " << begin << " " << end;
      }
    }
  }
}

TEST_F(VerifyBundleTest, EveryMemberOfEveryTreeVerifies) {
  const Scratch scratch;
  for (std::uint64_t size = 1; size <= 300; ++size) {
    const TestLog log(size);
    std::vector<std::uint64_t> all;
    for (std::uint64_t i = 0; i < size; i += 1 + size / 20) all.push_back(i);
    const auto bundle = bundle_of(log, {.size = size, .members = all, .is_range = false});
    EXPECT_EQ(place_of(verify_bundle(bundle.write_tar(scratch), {})), "verified") << size;
  }
}

TEST_F(VerifyBundleTest, NothingAndEverythingAreRanges) {
  EXPECT_EQ(place(range(0, 20)), "verified");
  EXPECT_EQ(place(range(7, 7)), "verified");
  EXPECT_EQ(place(members({})), "verified");
  EXPECT_EQ(place(bundle_of(TestLog(0), {.size = 0})), "verified");
}

TEST_F(VerifyBundleTest, ThePinnedKeyMustBeTheLogs) {
  EXPECT_TRUE(verify(range(3, 11), {.verifier_key = log_.verifier_key()}).is_key_pinned);
  const Report other = verify(range(3, 11), {.verifier_key = log_.signer(1).verifier_key().text()});
  EXPECT_EQ(place_of(other), "keys.json");
  EXPECT_FALSE(other.is_key_pinned);
}

TEST_F(VerifyBundleTest, AChangedEventOfARangeIsNoticed) {
  TestBundle bundle = range(3, 11);
  replace(bundle.at("events.ndjson"), R"("text":"x")", R"("text":"y")");
  EXPECT_EQ(place(bundle), "events.ndjson");
}

TEST_F(VerifyBundleTest, AChangedMemberIsNamed) {
  TestBundle bundle = members({2, 5, 9});
  std::string& events = bundle.at("events.ndjson");
  const std::size_t line = events.find('\n') + 1;
  events[events.find("\"x\"", line) + 1] = 'y';
  EXPECT_EQ(place(bundle), "events.ndjson 5");
}

TEST_F(VerifyBundleTest, EventsThatDoNotCountOnAreNamed) {
  for (const auto& [from, to, sequence] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {test_entry(5) + "\n", "", "5"},                                           // Left out.
           {test_entry(10) + "\n", "", "10"},                                         // The last.
           {test_entry(5) + "\n", test_entry(5) + "\n" + test_entry(5) + "\n", "6"},  // Twice.
           {test_entry(10) + "\n", test_entry(10) + "\n" + test_entry(11) + "\n", "11"},
           {test_entry(5), test_entry(6), "5"},
           {test_entry(5), "{}", "5"},
           {test_entry(5), "", "5"},
           {test_entry(5), test_entry(5, "x", "other"), "5"},
           {R"(,"specversion")", R"(, "specversion")", "3"}}) {
    TestBundle bundle = range(3, 11);
    replace(bundle.at("events.ndjson"), from, to);
    EXPECT_EQ(place(bundle), "events.ndjson " + sequence) << from << " → " << to;
  }
}

TEST_F(VerifyBundleTest, MembersAndProofsGoTogether) {
  const auto with = [&](std::string_view file, const std::string& from, const std::string& to) {
    TestBundle bundle = members({2, 5, 9});
    replace(bundle.at(file), from, to);
    return place(bundle);
  };
  EXPECT_EQ(with("events.ndjson", test_entry(5) + "\n", ""), "proofs.ndjson 9");
  EXPECT_EQ(with("events.ndjson", test_entry(9) + "\n", ""), "events.ndjson 9");
  EXPECT_EQ(with("proofs.ndjson", R"("sequence":5)", R"("sequence":6)"), "proofs.ndjson 5");
  EXPECT_EQ(with("events.ndjson", test_entry(5), test_entry(2)), "events.ndjson 2");
  EXPECT_EQ(with("events.ndjson", test_entry(9), test_entry(20)), "events.ndjson 20");
  EXPECT_EQ(with("proofs.ndjson", R"({"path":[)", R"({"path":["AA==",)"), "proofs.ndjson 2");
}

TEST_F(VerifyBundleTest, AProofOfAnotherTreeIsNone) {
  TestBundle peaks = range(3, 11);
  peaks.at("proofs.ndjson") = range(2, 11).at("proofs.ndjson");
  EXPECT_EQ(place(peaks), "proofs.ndjson");
  TestBundle consistency = range(3, 11);
  consistency.at("proofs.ndjson") = range(3, 12).at("proofs.ndjson");
  EXPECT_EQ(place(consistency), "events.ndjson");
  TestBundle twice = range(3, 11);
  twice.at("proofs.ndjson") += twice.at("proofs.ndjson");
  EXPECT_EQ(place(twice), "proofs.ndjson");
}

TEST_F(VerifyBundleTest, ACheckpointThatTheKeyDidNotSignIsNone) {
  TestBundle bundle = range(3, 11);
  bundle.at("checkpoint") = log_.checkpoint(20, 1);
  EXPECT_EQ(place(bundle), "checkpoint");
  bundle.at("checkpoint") = log_.checkpoint(19);
  EXPECT_EQ(place(bundle), "checkpoint");
  bundle.at("checkpoint") = "no note";
  EXPECT_EQ(place(bundle), "checkpoint");
}

TEST_F(VerifyBundleTest, TheManifestsHashesAreChecked) {
  for (const std::string_view name :
       {"checkpoint", "keys.json", "events.ndjson", "proofs.ndjson", "witnesses.json"}) {
    TestBundle bundle = range(3, 11);
    std::vector<TarFile> files = bundle.files();
    Json manifest = parse_json(files.front().bytes).value();
    Json list = *manifest.find("files");
    Json entry = *list.find(name);
    entry.set("sha256", std::string(64, 'a'));
    list.set(std::string(name), entry);
    bundle.manifest.set("files", list);
    EXPECT_EQ(place(bundle), name);
  }
}

TEST_F(VerifyBundleTest, ABlobIsWhatItsNameSays) {
  const std::string bytes = "a contract";
  TestBundle bundle = range(3, 11);
  bundle.members.emplace_back("blobs/" + to_hex(as_bytes(sha256(bytes))), bytes);
  bundle.members.emplace_back("views/events.csv", "time,type\n");
  bundle.manifest.set("views", Json(Json::Array{Json("views/events.csv")}));
  EXPECT_EQ(place(bundle), "verified");
  bundle.members[5].second = "another contract";
  EXPECT_EQ(place(bundle), bundle.members[5].first);
}

TEST_F(VerifyBundleTest, ABlobThatIsNeitherThereNorCalledMissingIsToldOf) {
  const std::string bytes = "version: 1";
  const std::string hash = to_hex(as_bytes(sha256(bytes)));
  std::string event = test_entry(5);
  replace(event, R"("text":"x")", R"("sha256":"sha256:)" + hash + "\"");
  replace(event, "mail.sent\"}", "policy.changed\"}");
  log_.forge(5, event);
  EXPECT_EQ(verify(range(3, 11)).remarks.size(), 1U);
  EXPECT_EQ(verify(members({5})).remarks.size(), 1U);
  EXPECT_EQ(place(members({5})), "verified") << "the manifest's word would be nobody's signature";
  TestBundle missing = range(3, 11);
  missing.manifest.set("missingBlobs", Json(Json::Array{Json(hash)}));
  EXPECT_TRUE(verify(missing).remarks.empty());
  TestBundle kept = range(3, 11);
  kept.members.emplace_back("blobs/" + hash, bytes);
  EXPECT_TRUE(verify(kept).remarks.empty());
}

TEST_F(VerifyBundleTest, CosignaturesAreShown) {
  const auto witness = ledger::counting_signer("witness.example", 7);
  ledger::Note note = ledger::parse_note(log_.checkpoint(20)).value();
  note.signatures.push_back({.name = witness.name(),
                             .key_id = witness.verifier_key().id(),
                             .bytes = witness.sign(note.text).value()});
  TestBundle bundle = range(3, 11);
  bundle.at("checkpoint") = ledger::format_note(note);
  const Report report = verify(bundle);
  EXPECT_EQ(place_of(report), "verified");
  ASSERT_EQ(report.cosignatures.size(), 1U);
  EXPECT_EQ(report.cosignatures[0].name, "witness.example");
  EXPECT_FALSE(report.cosignatures[0].is_verified);

  bundle.at("witnesses.json") =
      R"({"keys":["unknown",")" + witness.verifier_key().text() + R"("],"policy":null})";
  EXPECT_TRUE(verify(bundle).cosignatures.at(0).is_verified);
}

}  // namespace
}  // namespace assent::verify
