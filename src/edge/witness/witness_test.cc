#include "edge/witness/witness.h"

#include "base/text.h"
#include "ledger/checkpoint.h"
#include "ledger/note.h"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <random>
#include <set>
#include <thread>
#include <unistd.h>

namespace assent::witness {
namespace {

namespace fs = std::filesystem;
using ledger::Size;

const std::string kOrigin = "log.example/t/acme";
const std::string kName = "witness.example/witness";

ledger::Ed25519Signer log_signer(const std::string& name = kOrigin, char seed = 7) {
  return ledger::Ed25519Signer::from_seed(name, Secret(std::string(32, seed))).value();
}
ledger::Cosigner cosigner() {
  return ledger::Cosigner::from_seed(kName, Secret(std::string(32, 9))).value();
}

// A log of which any head can be proven from any other; `fork` makes another after some leaves.
struct History {
  explicit History(std::size_t count, std::size_t shared = 0, const std::string& fork = "") {
    for (std::size_t i = 0; i < count; ++i) {
      leaves.push_back(ledger::hash_leaf((i < shared ? "" : fork) + std::to_string(i)));
    }
  }
  std::span<const Hash> first(std::uint64_t size) const { return std::span(leaves).first(size); }
  ledger::TreeHead head(std::uint64_t size) const {
    ledger::Frontier frontier;
    for (const Hash& leaf : first(size)) frontier.append(leaf);
    return frontier.head();
  }
  std::string note(std::uint64_t size) const {
    return ledger::sign_checkpoint({.origin = kOrigin, .head = head(size)}, log_signer()).value();
  }
  std::string submission(std::uint64_t old, std::uint64_t size) const {
    auto proof = old == 0 || old > size ? std::vector<Hash>()
                                        : ledger::consistency_proof(first(size), Size{old});
    return ledger::format_submission(
        {.old = Size{old}, .proof = std::move(proof), .checkpoint = note(size)});
  }
  std::vector<Hash> leaves;
};

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (fs::temp_directory_path() / "assent-witness-XXXXXX").string();
    CHECK(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TemporaryDirectory() { fs::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class WitnessTest : public testing::Test {
 protected:
  WitnessTest() { open(); }

  void open(std::vector<ledger::VerifierKey> logs = {log_signer().verifier_key()}) {
    witness.reset();
    auto opened = Witness::open({.directory = directory.path() + "/witness",
                                 .cosigner = cosigner(),
                                 .logs = std::move(logs),
                                 .clock = clock});
    ASSERT_TRUE(opened.has_value()) << opened.error().detail;
    witness = std::move(*opened);
  }
  std::string file() const {
    return directory.path() + "/witness/" + to_hex(as_bytes(sha256(kOrigin)));
  }
  std::size_t evidence() const {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry :
         fs::directory_iterator(directory.path() + "/witness/conflicts")) {
      ++count;
    }
    return count;
  }
  int submit(const History& history, std::uint64_t old, std::uint64_t size) {
    return witness->add_checkpoint(history.submission(old, size)).status;
  }

  TemporaryDirectory directory;
  ManualClock clock{from_microseconds(1'700'000'000'500'000)};
  std::unique_ptr<Witness> witness;
};

ledger::Signature cosignature_in(const std::string& line, const std::string& note) {
  const std::array keys = {cosigner().verifier_key()};
  const auto text = ledger::parse_note(note)->text;
  return ledger::open_cosignatures(text, line, keys).value().front();
}

TEST_F(WitnessTest, WhatExtendsWhatItSawIsCosignedAndRemembered) {
  const History log(20);
  const Answer first = witness->add_checkpoint(log.submission(0, 5));
  ASSERT_EQ(first.status, 200) << first.body;
  EXPECT_EQ(ledger::cosigned_at(cosignature_in(first.body, log.note(5))),
            std::chrono::sys_seconds(std::chrono::seconds(1'700'000'000)));
  EXPECT_EQ(submit(log, 5, 20), 200);
  open();
  EXPECT_EQ(submit(log, 20, 20), 200);
  EXPECT_EQ(submit(log, 5, 20), 409);
  const auto kept = witness->checkpoint(to_hex(as_bytes(sha256(kOrigin))));
  ASSERT_TRUE(kept.has_value());
  const std::array both = {log_signer().verifier_key(), cosigner().verifier_key()};
  EXPECT_EQ(ledger::open_note(*kept, both)->signatures.size(), 2U);
}

// The requests of an implementation that is not ours, with the statuses that it or the
// specification has for them.
TEST_F(WitnessTest, ItAnswersTheRequestsOfLitewitnesssTests) {
  std::ifstream in(ASSENT_SOURCE_DIR "/tests/vectors/witness/litewitness.txt");
  std::string line;
  int count = 0;
  while (std::getline(in, line)) {
    if (line.starts_with("log ")) open({ledger::VerifierKey::from_text(line.substr(4)).value()});
    if (!line.starts_with("request ")) continue;
    const int status = std::stoi(line.substr(8));
    std::string body;
    while (std::getline(in, line) && line != "end") body += line + "\n";
    const Answer answer = witness->add_checkpoint(body);
    EXPECT_EQ(answer.status, status) << body << answer.body;
    if (status == 409) {
      EXPECT_EQ(answer.body, count < 8 ? "3\n" : "5\n");
    }
    ++count;
  }
  EXPECT_EQ(count, 9);
}

TEST_F(WitnessTest, EachRefusalHasTheStatusOfTheSpecification) {
  const History log(20);
  const std::string good = log.submission(0, 5);
  EXPECT_EQ(witness->add_checkpoint("").status, 400);
  EXPECT_EQ(witness->add_checkpoint(good.substr(0, good.size() - 1)).status, 400);
  EXPECT_EQ(submit(log, 6, 5), 400);
  const auto stranger = log_signer("other.example", 3);
  const auto other = ledger::sign_checkpoint({.origin = "other.example"}, stranger);
  EXPECT_EQ(witness
                ->add_checkpoint("old 0\n\n" + *ledger::sign_note(
                                                   "other.example\n1\n" +
                                                       to_base64(as_bytes(log.head(1).root)) + "\n",
                                                   stranger))
                .status,
            404);
  // The right name, another key; and the right key with a wrong signature.
  EXPECT_EQ(witness
                ->add_checkpoint("old 0\n\n" +
                                 *ledger::sign_note(ledger::format_checkpoint(
                                                        {.origin = kOrigin, .head = log.head(5)}),
                                                    stranger))
                .status,
            403);
  std::string forged = good;
  forged.replace(forged.find("\n5\n"), 3, "\n6\n");
  EXPECT_EQ(witness->add_checkpoint(forged).status, 403);
  const Answer elsewhere = witness->add_checkpoint(log.submission(3, 5));
  EXPECT_EQ(elsewhere.status, 409);
  EXPECT_EQ(elsewhere.body, "0\n");
  EXPECT_EQ(elsewhere.media_type, "text/x.tlog.size");
  EXPECT_EQ(witness->checkpoint(to_hex(as_bytes(sha256(kOrigin)))), std::nullopt);
  EXPECT_FALSE(other.has_value());
}

TEST_F(WitnessTest, AnEmptyLogHasOneRootOnly) {
  const auto sized_zero = [](const Hash& root) {
    return "old 0\n\n" +
           *ledger::sign_note(kOrigin + "\n0\n" + to_base64(as_bytes(root)) + "\n", log_signer());
  };
  EXPECT_EQ(witness->add_checkpoint(sized_zero(ledger::hash_leaf("x"))).status, 422);
  EXPECT_EQ(witness->add_checkpoint(sized_zero(ledger::empty_root())).status, 200);
  EXPECT_EQ(
      witness
          ->add_checkpoint("old 0\n\n" + *ledger::sign_note(kOrigin + "\n00\nAAAA\n", log_signer()))
          .status,
      400);
}

TEST_F(WitnessTest, ASplitViewIsRefusedWhateverTheRequestSaysAndKeptAsEvidence) {
  const History log(20), fork(20, 3, "fork");
  EXPECT_EQ(submit(log, 0, 10), 200);
  EXPECT_EQ(submit(fork, 10, 10), 422);
  EXPECT_EQ(submit(fork, 0, 10), 409);
  EXPECT_EQ(submit(fork, 10, 15), 422);
  EXPECT_EQ(evidence(), 4U);  // Two pairs: the conflict, and what cannot be proven.
  const AskedCounts counts = witness->counts();
  EXPECT_EQ(counts[static_cast<std::size_t>(Asked::conflict)], 2U);
  EXPECT_EQ(counts[static_cast<std::size_t>(Asked::inconsistent)], 1U);
  EXPECT_EQ(submit(log, 10, 20), 200);
}

TEST_F(WitnessTest, TheTimeOfACosignatureNeverGoesBack) {
  const History log(20);
  const auto time_of = [&](std::uint64_t old, std::uint64_t size) {
    const Answer answer = witness->add_checkpoint(log.submission(old, size));
    return ledger::cosigned_at(cosignature_in(answer.body, log.note(size))).value();
  };
  const auto first = time_of(0, 5);
  clock.advance(std::chrono::hours(-5));
  EXPECT_EQ(time_of(5, 6), first);
  open();
  EXPECT_EQ(time_of(6, 7), first);
}

TEST_F(WitnessTest, WhatCannotBeRememberedIsNotCosigned) {
  const History log(20);
  EXPECT_EQ(submit(log, 0, 5), 200);
  fs::rename(directory.path() + "/witness", directory.path() + "/gone");
  EXPECT_EQ(submit(log, 5, 6), 503);
  fs::rename(directory.path() + "/gone", directory.path() + "/witness");
  EXPECT_EQ(submit(log, 5, 7), 200);
}

TEST_F(WitnessTest, AMemoryThatWasTamperedWithStopsTheStart) {
  EXPECT_EQ(submit(History(5), 0, 5), 200);
  std::string note;
  {
    std::ifstream in(file());
    note.assign(std::istreambuf_iterator<char>(in), {});
  }
  for (const std::string& bad : {std::string(), note.substr(0, note.size() - 1),
                                 std::string(note).replace(note.find("\n5\n"), 3, "\n4\n")}) {
    std::ofstream(file(), std::ios::trunc) << bad;
    const auto opened = Witness::open({.directory = directory.path() + "/witness",
                                       .cosigner = cosigner(),
                                       .logs = {log_signer().verifier_key()},
                                       .clock = clock});
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code, Code::corrupt);
  }
}

// A new key of the same log goes on where the old one was.
TEST_F(WitnessTest, SeveralKeysOfOneNameAreOneLog) {
  const History log(20);
  EXPECT_EQ(submit(log, 0, 5), 200);
  const auto rotated = log_signer(kOrigin, 8);
  open({log_signer().verifier_key(), rotated.verifier_key()});
  const auto note = ledger::sign_checkpoint({.origin = kOrigin, .head = log.head(9)}, rotated);
  const Answer answer = witness->add_checkpoint(
      ledger::format_submission({.old = Size{5},
                                 .proof = ledger::consistency_proof(log.first(9), Size{5}),
                                 .checkpoint = *note}));
  EXPECT_EQ(answer.status, 200) << answer.body;
}

// Two histories, thirty-two submitters, a witness that is thrown away and opened again between
// rounds: whatever leaves it is one history's.
TEST_F(WitnessTest, ParallelSubmissionsOfTwoHistoriesGetCosignaturesForOne) {
  const History log(40), fork(40, 3, "fork");
  std::mutex mutex;
  std::map<std::uint64_t, Hash> roots;
  std::set<int> sides;
  std::vector<std::uint64_t> order;
  for (int round = 0; round < 4; ++round) {
    std::vector<std::thread> threads;
    for (unsigned number = 0; number < 32; ++number) {
      threads.emplace_back([&, number, round] {
        std::mt19937 random(static_cast<unsigned>(round) * 100 + number);
        const bool is_fork = number % 2 == 1;
        const History& side = is_fork ? fork : log;
        std::uint64_t old = 0;
        for (int turn = 0; turn < 12; ++turn) {
          const std::uint64_t size = std::max<std::uint64_t>(old, 4 + random() % 37);
          const Answer answer = witness->add_checkpoint(side.submission(old, size));
          if (answer.status == 409) old = std::min<std::uint64_t>(std::stoull(answer.body), 40);
          if (answer.status != 200) continue;
          old = size;
          const std::lock_guard lock(mutex);
          const Hash root = side.head(size).root;
          EXPECT_EQ(roots.emplace(size, root).first->second, root);
          sides.insert(is_fork ? 1 : 0);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    open();
  }
  EXPECT_EQ(sides.size(), 1U);
  EXPECT_FALSE(roots.empty());
}

TEST(WitnessedLogs, AreKeysOnePerLine) {
  const std::string key = log_signer().verifier_key().text();
  EXPECT_EQ(parse_witnessed_logs("")->size(), 0U);
  EXPECT_EQ(parse_witnessed_logs("# ours\n\n" + key + "\n")->size(), 1U);
  EXPECT_EQ(parse_witnessed_logs(key)->size(), 1U);
  for (const std::string& bad :
       {key + "\n" + key + "\n", std::string("\nnonsense\n"), "#\n " + key + "\n",
        "\n" + cosigner().verifier_key().text() + "\n"}) {
    const auto logs = parse_witnessed_logs(bad);
    ASSERT_FALSE(logs.has_value());
    EXPECT_NE(logs.error().detail.find("line 2"), std::string::npos) << logs.error().detail;
  }
}

}  // namespace
}  // namespace assent::witness
