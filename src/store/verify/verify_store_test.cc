#include "store/verify/verify_store.h"

#include "base/text.h"
#include "ledger/merkle.h"
#include "store/search/testing_search.h"
#include "store/sqlite/sqlite_connection.h"
#include "store/state/testing_story.h"
#include "store/store.h"
#include "store/testing_writer.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>
#include <vector>

namespace assent::store {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::uint64_t kFirst = 3;  // After the founding of the tenant.

// A store with a real history, which an intruder then tampers with.
class VerifyTest : public testing::Test {
 protected:
  VerifyTest() {
    made_ = Store::create(path(), "test.example", clock_, random_).value();
    open();
    const auto caller = store_->identities()->authenticate(made_.admin_key, clock_.now());
    tenant_ = caller->tenant;
    ann_ = caller->principal.id;
    bot_ = make<PrincipalId>();
    write({story_.principal(bot_, PrincipalType::agent, {Role::agent})});
  }

  std::string path() const { return directory_ / "data"; }
  void open() {
    store_ = Store::open({.directory = path(), .needs_search = false}, clock_, random_).value();
  }
  template <class IdType>
  IdType make() {
    return story_.make<IdType>();
  }
  // In one job.
  void write(const std::vector<Step>& steps) {
    const auto done = write_and_wait(*store_, engine_of(tenant_), [&](Write& log) -> Result<void> {
      for (const Step& step : steps) TRY(log.record_as(step.actor, step.event));
      return {};
    });
    ASSERT_TRUE(done) << done.error().detail;
    pass(1s);
  }
  void pass(Microseconds time) {
    clock_.advance(time);
    story_.now = clock_.now();
  }
  // kFirst: the agent. Then six events for each approval.
  void write_history(int approvals) {
    for (int i = 0; i < approvals; ++i) {
      const Ask ask = story_.ask(bot_);
      write({story_.requested(ask)});
      write({story_.attempted(ask, ann_), story_.succeeded(ask, ann_), story_.issued(ask)});
      write({story_.consumed(ask), story_.started(ask, make<ExecutionId>())});
      last_ = ask;
    }
  }

  VerifyReport verify() {
    auto report = verify_store(path());
    EXPECT_TRUE(report) << report.error().detail;
    return report ? *std::move(report) : VerifyReport{};
  }
  void expect_clean() {
    const VerifyReport report = verify();
    EXPECT_FALSE(report.finding) << report.finding->what;
  }
  // `what` is a part of the sentence.
  void expect_finding(std::optional<std::uint64_t> sequence, const std::string& what) {
    const VerifyReport report = verify();
    ASSERT_TRUE(report.finding) << "nothing was noticed";
    EXPECT_EQ(report.finding->sequence, sequence) << report.finding->what;
    EXPECT_NE(report.finding->what.find(what), std::string::npos) << report.finding->what;
  }

  // As somebody with a shell on the machine, who knows SQL.
  void tamper(const std::vector<std::string>& statements) {
    store_.reset();
    const auto intruder = open_sqlite({.path = path() + "/ledger.db"}).value();
    ASSERT_TRUE(intruder->script(
        "DROP TRIGGER events_are_never_updated; DROP TRIGGER events_are_never_deleted"));
    for (const std::string& statement : statements) {
      const auto done = intruder->script(statement);
      ASSERT_TRUE(done) << statement << done.error().detail;
    }
    ASSERT_TRUE(intruder->script(R"sql(
      CREATE TRIGGER events_are_never_updated BEFORE UPDATE ON events
BEGIN
  SELECT RAISE(ABORT, 'events are append-only');
END;
      CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
BEGIN
  SELECT RAISE(ABORT, 'events are append-only');
END)sql"));
  }
  static std::string at(std::uint64_t sequence) {
    return " WHERE position = " + std::to_string(position_of(TenantNumber{1}, sequence));
  }
  // Puts these bytes there, with the leaf that is theirs.
  std::string forged(std::uint64_t sequence, const std::string& from, const std::string& to) {
    const auto connection = open_sqlite({.path = path() + "/ledger.db"}).value();
    std::string body = raw_body(*connection, sequence);
    const std::size_t place = body.find(from);
    CHECK(place != std::string::npos);
    body.replace(place, from.size(), to);
    const Hash leaf = ledger::hash_leaf(body);
    return "UPDATE events SET body = x'" + to_hex(body) + "', leaf = x'" + to_hex(as_bytes(leaf)) +
           "'" + at(sequence);
  }
  static std::string raw_body(Connection& connection, std::uint64_t sequence) {
    const auto rows = connection
                          .query("SELECT body FROM events WHERE position = $1",
                                 {position_of(TenantNumber{1}, sequence)})
                          .value();
    CHECK(rows->next().value());
    return std::string(rows->bytes(0));
  }
  // Makes the head fit the leaves that are there now.
  void forge_head() {
    const auto connection = open_sqlite({.path = path() + "/ledger.db"}).value();
    ledger::Frontier frontier;
    {
      const auto rows = connection->query("SELECT leaf FROM events ORDER BY position").value();
      while (rows->next().value()) frontier.append(*hash_from_bytes(rows->bytes(0)));
    }
    const std::string peaks = frontier.peaks_bytes();
    ASSERT_TRUE(connection->run(
        "UPDATE heads SET size = $1, peaks = $2",
        {static_cast<std::int64_t>(ledger::number(frontier.size())), Bytes{peaks}}));
  }
  void lose_checkpoints() { fs::remove_all(path() + "/checkpoints"); }

  TemporaryDirectory directory_;
  ManualClock clock_{from_microseconds(1'700'000'000'000'000)};
  SeededRandom seeded_{3};
  SystemRandom random_;
  Story story_{seeded_};
  NewStore made_;
  std::unique_ptr<Store> store_;
  Tenant tenant_;
  PrincipalId ann_;
  PrincipalId bot_;
  Ask last_;
};

TEST_F(VerifyTest, H2_AnUntouchedStoreVerifies) {
  write_history(3);
  expect_clean();  // Beside the running server.
  store_.reset();
  const VerifyReport report = verify();
  EXPECT_FALSE(report.finding);
  EXPECT_EQ(report.events, kFirst + 1 + 18);
  ASSERT_EQ(report.tenants.size(), 1U);
  EXPECT_EQ(report.tenants[0].name, "default");
  EXPECT_EQ(report.tenants[0].size, report.events);
  EXPECT_EQ(report.tenants[0].checkpoint_size, report.events);
  EXPECT_EQ(report.tenants[0].verifier_key, made_.verifier_key);
  check_everything(path());
}

TEST_F(VerifyTest, ThereIsNoStoreInAnEmptyDirectory) {
  const auto report = verify_store(directory_ / "nothing");
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Code::not_found);
}

TEST_F(VerifyTest, H2_AFlippedByteIsNamed) {
  write_history(2);
  for (const std::uint64_t sequence : {0U, 5U, 15U}) {
    store_.reset();
    const auto body = raw_body(*open_sqlite({.path = path() + "/ledger.db"}).value(), sequence);
    std::string flipped = body;
    flipped[body.size() / 2] = static_cast<char>(flipped[body.size() / 2] ^ 1);
    tamper({"UPDATE events SET body = x'" + to_hex(flipped) + "'" + at(sequence)});
    expect_finding(sequence, "leaf hash");
    tamper({"UPDATE events SET body = x'" + to_hex(body) + "'" + at(sequence)});
    expect_clean();
  }
}

TEST_F(VerifyTest, H2_AFlippedLeafIsNamed) {
  write_history(1);
  tamper({"UPDATE events SET leaf = randomblob(32)" + at(6)});
  expect_finding(6, "leaf hash");
  tamper({"UPDATE events SET leaf = x'00'" + at(4)});
  expect_finding(4, "not a hash");
}

TEST_F(VerifyTest, H2_ADroppedEventIsNamed) {
  write_history(1);
  tamper({"DELETE FROM events" + at(7)});
  expect_finding(7, "missing");
  tamper({"DELETE FROM events" + at(0)});
  expect_finding(0, "missing");
}

TEST_F(VerifyTest, H2_TwoSwappedEventsAreNamed) {
  write_history(1);
  tamper({"UPDATE events SET position = 0" + at(5),
          "UPDATE events SET position = position - 1" + at(6),
          "UPDATE events SET position = " + std::to_string(position_of(TenantNumber{1}, 6)) +
              " WHERE position = 0"});
  expect_finding(5, "says that its sequence is 6");
}

TEST_F(VerifyTest, H2_AnInsertedEventIsNamed) {
  write_history(1);
  tamper({"INSERT INTO events SELECT position + 6, leaf, body FROM events" + at(4)});
  expect_finding(10, "sequence is 4");
}

TEST_F(VerifyTest, H2_ATruncatedTailIsNamed) {
  write_history(1);
  tamper({"DELETE FROM events" + at(9), "DELETE FROM events" + at(8)});
  expect_finding(8, "missing");
  forge_head();
  expect_finding(8, "checkpoint promised 10");
}

TEST_F(VerifyTest, H2_ALogThatIsWhollyGoneIsMissed) {
  write_history(1);
  tamper({"DELETE FROM events"});
  expect_finding(0, "whole log is missing");
}

TEST_F(VerifyTest, H2_WhatAForgedEventSaysIsChecked) {
  write_history(1);
  store_.reset();
  tamper({forged(6, "\"approver\"", "\"approvel\"")});
  expect_finding(6, "roles");
}

TEST_F(VerifyTest, H2_AWellMadeForgeryContradictsHeadAndCheckpoint) {
  const Ask ask = story_.ask(bot_);
  write({story_.requested(ask)});
  store_.reset();
  tamper({forged(4, "Delete it", "Admire it"),
          "UPDATE approvals SET request = replace(request, 'Delete it', 'Admire it')"});
  expect_finding(4, "checkpoint of size 5");
  forge_head();
  expect_finding(4, "checkpoint of size 5");

  fs::remove(path() + "/checkpoints/default");
  expect_finding(4, "checkpoint of size 5");  // The mark says it, too.
  fs::remove(path() + "/checkpoints/default.mark");
  expect_finding(std::nullopt, "checkpoint file is lost");
  lose_checkpoints();
  expect_finding(std::nullopt, "checkpoints is lost");
}

TEST_F(VerifyTest, H2_AForeignCheckpointIsNoneOfOurs) {
  const std::string file = path() + "/checkpoints/default";
  store_.reset();
  std::ofstream(file) << "test.example/t/default\n4\nAAAA\n\n";
  expect_finding(std::nullopt, "checkpoint file");
}

TEST_F(VerifyTest, ALogThatWentOnAfterItsCheckpointVerifies) {
  write_history(1);
  const std::string note = store_->checkpoint(tenant_).value();
  write_history(1);
  store_.reset();
  std::ofstream(path() + "/checkpoints/default", std::ios::trunc) << note;
  EXPECT_EQ(verify().tenants.at(0).checkpoint_size, 16U) << "the mark is newer than the note";
  fs::remove(path() + "/checkpoints/default.mark");
  const VerifyReport report = verify();
  EXPECT_FALSE(report.finding);
  EXPECT_EQ(report.tenants[0].checkpoint_size, 10U);
}

TEST_F(VerifyTest, H3_AnAttemptWithoutItsOutcomeIsNamed) {
  const Ask ask = story_.ask(bot_);
  write({story_.requested(ask), story_.attempted(ask, ann_),
         story_.blocked(ask, ann_, Refusal::forbidden)});
  expect_clean();
  write({story_.attempted(ask, ann_)});
  expect_finding(7, "no outcome");
  write({story_.attempted(ask, ann_), story_.succeeded(ask, ann_)});
  expect_finding(7, "not followed by its outcome");
}

TEST_F(VerifyTest, H3_ADeletedOutcomeIsNamed) {
  write_history(1);
  tamper({"DELETE FROM events" + at(6)});
  expect_finding(6, "missing");
}

TEST_F(VerifyTest, H3_AnOutcomeWithoutItsAttemptIsNamed) {
  const Ask ask = story_.ask(bot_);
  const Ask refused = story_.ask(bot_);
  write({story_.requested(refused), story_.rejected_by_rule(refused)});
  expect_clean();
  write({story_.requested(ask), story_.rejected(ask, ann_)});
  expect_finding(7, "has no attempt");
}

TEST_F(VerifyTest, H3_AChangedStateIsFoundWithItsTableAndColumn) {
  write_history(2);
  const std::vector<std::pair<std::string, std::string>> changes = {
      {"UPDATE approvals SET status = 'executed' WHERE id = (SELECT MAX(id) FROM approvals)",
       "approvals has another status"},
      {"UPDATE grants SET consumed_at = NULL", "grants has another consumed_at"},
      {"DELETE FROM votes", "votes is missing"},
      {"INSERT INTO votes SELECT tenant, approval, randomblob(16), id, roles, sequence FROM votes "
       "LIMIT 1",
       "votes"},
      {"UPDATE principals SET roles = '[\"admin\",\"approver\"]'", "principals has another roles"},
      {"UPDATE keys SET expires_at = 1", "keys has another expires_at"},
      {"UPDATE tenants SET verifier_key = ''", "tenants has another verifier_key"},
  };
  for (const auto& [change, what] : changes) {
    store_.reset();
    fs::copy(path(), directory_ / "copy", fs::copy_options::recursive);
    tamper({change});
    expect_finding(std::nullopt, what);
    fs::remove_all(path());
    fs::rename(directory_ / "copy", path());
  }
  expect_clean();
}

TEST_F(VerifyTest, H2_AnUnguardedTableOfEventsIsNoticed) {
  store_.reset();
  ASSERT_TRUE(open_sqlite({.path = path() + "/ledger.db"})
                  .value()
                  ->script("DROP TRIGGER events_are_never_updated"));
  expect_finding(std::nullopt, "schema");
}

TEST_F(VerifyTest, H2_AHeadThatDoesNotFitIsNoticed) {
  write_history(1);
  tamper({"UPDATE heads SET peaks = randomblob(length(peaks))"});
  expect_finding(std::nullopt, "do not hash to its head");
  tamper({"UPDATE heads SET size = 12"});
  expect_finding(10, "head counts 12");
  tamper({"DELETE FROM heads"});
  expect_finding(0, "head");
}

TEST_F(VerifyTest, ACauseIsAnEarlierEventOfTheLog) {
  const auto first = make<EventId>();
  Step cause = {.actor = engine_actor(), .event = {.type = "mail.send", .subject = "mail/1"}};
  Step effect = cause;
  cause.event.id = first;
  effect.event.causation = first;
  write({cause, effect});
  expect_clean();
  effect.event.causation = make<EventId>();
  write({cause, effect, cause});
  expect_finding(7, "cause");
}

TEST_F(VerifyTest, AnIdIsOneEventsAlone) {
  Step step = {.actor = engine_actor(), .event = {.type = "mail.send", .subject = "mail/1"}};
  step.event.id = make<EventId>();
  write({step, step});
  expect_finding(5, "the id of an earlier");
}

TEST_F(VerifyTest, ABlobThatAnEventNamesMustBeThere) {
  const std::string text = "version: 1\n";
  const Hash hash = store_->blobs().put(tenant_.number, text).value();
  write({story_.policy(1, content_hash_text(hash), std::nullopt)});
  expect_clean();
  const std::string hex = to_hex(as_bytes(hash));
  const std::string file = path() + "/blobs/1/" + hex.substr(0, 2) + "/" + hex.substr(2);
  std::ofstream(file, std::ios::app) << "x";
  expect_finding(4, "blob");
  fs::remove(file);
  expect_finding(4, "blob");
}

TEST_F(VerifyTest, TheSubjectIsWhatItsHashSays) {
  Ask ask = story_.ask(bot_);
  ask.content_hash = content_hash_text(sha256("another"));
  write({story_.requested(ask)});
  expect_finding(4, "content hash");
}

// Wherever the disk rots, verify says so and does not crash.
TEST_F(VerifyTest, H2_ADamagedPageIsAFinding) {
  write_history(20);
  store_.reset();
  // Into the file with everything.
  ASSERT_TRUE(open_sqlite({.path = path() + "/ledger.db"})
                  .value()
                  ->script("PRAGMA wal_checkpoint(TRUNCATE)"));
  const auto size = fs::file_size(path() + "/ledger.db");
  for (std::uintmax_t page = 0; page < size; page += 4096) {
    fs::copy_file(path() + "/ledger.db", directory_ / "good");
    {
      std::fstream file(path() + "/ledger.db", std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(static_cast<std::streamoff>(page));
      file << std::string(4096, '\x5a');
    }
    const auto report = verify_store(path());
    ASSERT_TRUE(report) << page << ": " << report.error().detail;
    EXPECT_TRUE(report->finding) << "page at " << page;
    fs::remove(path() + "/ledger.db-shm");
    fs::remove(path() + "/ledger.db-wal");
    fs::rename(directory_ / "good", path() + "/ledger.db");
  }
  expect_clean();
}

// One approval's life, as it might go.
struct Life {
  Ask ask;
  Status status = Status::pending;
  std::int64_t attempts = 0;
  std::optional<ExecutionId> running = std::nullopt;
};

// Any legal history, in any order of approvals.
class VerifyRandomTest : public VerifyTest {
 protected:
  std::vector<Step> next(Life& life) {
    if (life.status == Status::pending) {
      return story_.now > life.ask.expires_at ? expire(life) : decide(life);
    }
    if (life.status != Status::approved) return {};
    return life.running ? end(life) : start(life);
  }

  Dice dice_{99};

 private:
  std::vector<Step> expire(Life& life) {
    life.status = Status::expired;
    return {story_.expired(life.ask)};
  }
  std::vector<Step> decide(Life& life) {
    const Ask& ask = life.ask;
    switch (dice_.below(6)) {
      case 0:
        life.status = Status::rejected;
        return {story_.attempted(ask, ann_, Verdict::reject), story_.rejected(ask, ann_)};
      case 1:
        life.status = Status::cancelled;
        return {story_.attempted(ask, ann_, Verdict::cancel), story_.cancelled(ask)};
      case 2:
        return {story_.attempted(ask, ann_), story_.blocked(ask, ann_, Refusal::forbidden)};
      case 3:
        return {story_.attached(ask, make<EvidenceId>())};
      default:
        life.status = Status::approved;
        return {story_.attempted(ask, ann_), story_.succeeded(ask, ann_), story_.issued(ask)};
    }
  }
  std::vector<Step> start(Life& life) {
    life.running = make<ExecutionId>();
    ++life.attempts;
    Step started = story_.started(life.ask, *life.running, life.attempts);
    if (life.attempts > 1) return {started};
    return {story_.consumed(life.ask), started};
  }
  std::vector<Step> end(Life& life) {
    const auto outcome = static_cast<ExecutionState>(1 + dice_.below(4));
    life.status = status_after(outcome).value_or(life.status);
    const ExecutionId id = *std::exchange(life.running, std::nullopt);
    return {story_.ended(life.ask, id, outcome)};
  }
};

TEST_F(VerifyRandomTest, H3_StateEqualsReplay) {
  std::vector<Life> lives;
  for (int i = 0; i < 400; ++i) {
    if (lives.empty() || dice_.one_in(4)) {
      lives.push_back({.ask = story_.ask(bot_)});
      write({story_.requested(lives.back().ask)});
    } else {
      write(next(lives[dice_.below(lives.size())]));
    }
    if (dice_.one_in(50)) pass(30min);
  }
  expect_clean();
  store_.reset();
  expect_clean();
  open();
  expect_clean();
}

}  // namespace
}  // namespace assent::store
