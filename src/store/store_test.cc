#include "store/store.h"

#include "base/testing_wait.h"
#include "ledger/checkpoint.h"
#include "store/checkpoints.h"
#include "store/files.h"
#include "store/idempotency.h"
#include "store/search/testing_search.h"
#include "store/sqlite/sqlite_connection.h"
#include "store/tenants.h"
#include "store/testing_writer.h"
#include "store/verify/verify_store.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>

namespace assent::store {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// A store in a directory of its own, open unless closed.
class StoreTest : public testing::Test {
 protected:
  StoreTest() {
    auto created = Store::create(path(), "test.example", clock, random);
    CHECK(created);
    made = std::move(*created);
    open();
  }

  std::string path() const { return directory / "data"; }
  Result<std::unique_ptr<Store>> try_open() {
    return Store::open({.directory = path(), .needs_search = false}, clock, random);
  }
  void open() {
    auto opened = try_open();
    CHECK(opened);
    store = std::move(*opened);
  }
  void reopen() {
    store.reset();
    open();
  }
  Caller admin() { return *store->identities()->authenticate(made.admin_key, clock.now()); }
  Tenant tenant() { return *store->identities()->tenant("default"); }

  Result<void> write(const std::function<Result<void>(Write&)>& run) {
    return write_and_wait(*store, admin(), run);
  }
  Result<void> emit(std::int64_t number) {
    const PreparedEvent event = numbered_event(tenant(), number, random);
    return write([&event](Write& write) -> Result<void> {
      TRY(write.record_prepared(event));
      return {};
    });
  }
  // As somebody with a shell on the machine.
  std::unique_ptr<Connection> intruder() {
    return std::move(*open_sqlite({.path = path() + "/ledger.db"}));
  }
  Error refusal_to_open() {
    store.reset();
    auto opened = try_open();
    if (opened) return {Code::internal, "it opened"};
    return std::move(opened).error();
  }

  TemporaryDirectory directory;
  ManualClock clock{from_microseconds(1'700'000'000'000'000)};
  SystemRandom random;
  NewStore made;
  std::unique_ptr<Store> store;
};

TEST_F(StoreTest, IsMadeWithATenantAndAnAdmin) {
  EXPECT_EQ(made.tenant, "default");
  EXPECT_EQ(tenant().origin, "test.example/t/default");
  EXPECT_EQ(store->verifier_key(tenant()), made.verifier_key);
  const Caller caller = admin();
  EXPECT_EQ(caller.principal.name, "admin");
  EXPECT_TRUE(caller.principal.has(Role::admin));
  EXPECT_TRUE(caller.principal.has(Role::operator_));
  store.reset();
  const auto events = events_of(*intruder(), TenantNumber{1});
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].type, "ledger.created");
  EXPECT_EQ(events[0].data.string_at("verifierKey"), made.verifier_key);
  EXPECT_EQ(events[1].type, "principal.created");
  EXPECT_EQ(events[2].type, "key.created");
  struct ::stat status {};
  ASSERT_EQ(::stat((path() + "/signing.key").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(StoreTest, IsNotMadeInADirectoryThatHasSomething) {
  const auto again = Store::create(path(), "test.example", clock, random);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::invalid_state);
}

// The jobs of one batch, in order; each sees what the policy demands of a success.
TEST_F(StoreTest, AJobSeesThePolicyThatAnEarlierOneOfItsCommitHasPut) {
  const std::string document = "version: 1\nemissions: [{match: \"*\", proof: required}]\n";
  const auto hash = *store->blobs().put(tenant().number, document);
  const auto put = [&](Write& write) -> Result<void> {
    TRY(write.record({.type = "policy.changed",
                      .subject = "policy/1",
                      .data = Json::object({{"policyId", write.make_id<PolicyId>().text()},
                                            {"version", 1},
                                            {"sha256", content_hash_text(hash)}})}));
    return {};
  };
  std::vector<ProofDemand> seen;
  const auto look = [&seen](Write& write) -> Result<void> {
    seen.push_back(proof_demanded(*TRY(write.policy()), "mail.send"));
    return {};
  };
  const auto give_up = [&put](Write& write) -> Result<void> {
    TRY(put(write));
    return Error{Code::invalid_state, "and nothing happened"};
  };
  std::promise<void> may_go;
  const auto wait = [may = may_go.get_future().share()](Write&) -> Result<void> {
    may.wait();
    return {};
  };
  // The first holds the writer up until the others wait together.
  const std::vector<std::function<Result<void>(Write&)>> jobs = {wait, give_up, look, put, look};
  std::vector<std::future<Result<void>>> done;
  for (const auto& job : jobs) {
    auto promise = std::make_shared<std::promise<Result<void>>>();
    done.push_back(promise->get_future());
    ASSERT_TRUE(store->write(
        {.caller = admin(), .trace = kTestTrace, .run = job, .done = [promise](auto result) {
           promise->set_value(result);
         }}));
  }
  may_go.set_value();
  for (std::size_t i = 0; i < done.size(); ++i) EXPECT_EQ(done[i].get().has_value(), i != 1) << i;
  EXPECT_EQ(seen, (std::vector{ProofDemand::none, ProofDemand::required}));
  ASSERT_TRUE(write(look));
  EXPECT_EQ(seen.back(), ProofDemand::required) << "as committed";
}

TEST_F(StoreTest, AnAbsentStoreIsNotFound) {
  const auto opened = Store::open({.directory = directory / "nothing"}, clock, random);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::not_found);
}

TEST_F(StoreTest, ASecondServerIsRefused) {
  const auto second = try_open();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::unavailable);
  EXPECT_EQ(second.error().detail, "another assent serves this directory");
}

TEST_F(StoreTest, ARestartKeepsEverything) {
  for (std::int64_t number = 0; number < 100; ++number) ASSERT_TRUE(emit(number));
  const std::string before = *store->checkpoint(tenant());
  reopen();
  EXPECT_EQ(*store->checkpoint(tenant()), before);
  ASSERT_TRUE(emit(100));
  store.reset();
  check_everything(path());
  const auto numbers = numbers_of(*intruder(), TenantNumber{1});
  ASSERT_EQ(numbers.size(), 101U);
  for (std::size_t i = 0; i < numbers.size(); ++i)
    EXPECT_EQ(numbers[i], static_cast<std::int64_t>(i));
}

TEST_F(StoreTest, AReadSeesTheLogAsItWas) {
  ASSERT_TRUE(emit(0));
  ASSERT_TRUE(read_and_wait(*store, admin(), [this](const Read& read) -> Result<void> {
    EXPECT_EQ(read.size(), 4U);
    EXPECT_TRUE(emit(1));
    EXPECT_EQ(read.size(), 4U);
    const auto rows = TRY(read.connection().query("SELECT size FROM heads"));
    EXPECT_TRUE(TRY(rows->next()));
    EXPECT_EQ(rows->integer(0), 4);
    return {};
  }));
}

TEST_F(StoreTest, ACheckpointPromisesWhatIsCommitted) {
  ASSERT_TRUE(emit(0));
  const auto note = store->checkpoint(tenant());
  ASSERT_TRUE(note);
  const auto key = ledger::VerifierKey::from_text(made.verifier_key);
  ASSERT_TRUE(key);
  const auto checkpoint = ledger::open_checkpoint(*note, *key);
  ASSERT_TRUE(checkpoint);
  EXPECT_EQ(ledger::number(checkpoint->head.size), 4U);
  EXPECT_EQ(**newest_note(path() + "/checkpoints", "default"), *note);
  EXPECT_EQ(*store->checkpoint(tenant()), *note);
  store.reset();
  EXPECT_EQ(*read_file(path() + "/checkpoints/default"), *note);
}

TEST_F(StoreTest, CheckpointsFollowByThemselves) {
  ASSERT_TRUE(emit(0));
  const auto key = ledger::VerifierKey::from_text(made.verifier_key);
  EXPECT_TRUE(eventually([&] {
    const auto note = read_file(path() + "/checkpoints/default");
    return ledger::number(ledger::open_checkpoint(*note, *key)->head.size) == 4;
  }));
}

TEST_F(StoreTest, ARolledBackDatabaseIsNotServed) {
  ASSERT_TRUE(emit(0));
  store.reset();
  fs::copy_file(path() + "/ledger.db", directory / "old.db");
  open();
  ASSERT_TRUE(emit(1));
  store.reset();
  fs::copy_file(directory / "old.db", path() + "/ledger.db", fs::copy_options::overwrite_existing);
  const Error error = refusal_to_open();
  EXPECT_EQ(error.code, Code::rolled_back);
  EXPECT_NE(error.detail.find("default"), std::string::npos);
  EXPECT_NE(error.detail.find("has 4 events"), std::string::npos) << error.detail;
  EXPECT_NE(error.detail.find("promised 5"), std::string::npos) << error.detail;
}

TEST_F(StoreTest, ARolledBackFoundingIsNotServed) {
  store.reset();
  fs::copy_file(path() + "/ledger.db", directory / "old.db");
  open();
  ASSERT_TRUE(write([](Write& write) -> Result<void> {
    TRY(found_tenant(write, "acme"));
    return {};
  }));
  store.reset();
  fs::copy_file(directory / "old.db", path() + "/ledger.db", fs::copy_options::overwrite_existing);
  EXPECT_EQ(refusal_to_open().code, Code::rolled_back);
}

TEST_F(StoreTest, AForgedCheckpointIsNotBelieved) {
  store.reset();
  std::ofstream(path() + "/checkpoints/default", std::ios::app) << "x";
  EXPECT_EQ(refusal_to_open().code, Code::corrupt);
}

TEST_F(StoreTest, WithoutPeaksTheWholeLogIsChecked) {
  ASSERT_TRUE(emit(0));
  store.reset();
  fs::remove(path() + "/checkpoints/default.mark");
  open();
  ASSERT_TRUE(emit(1));
  store.reset();
  fs::remove(path() + "/checkpoints/default.mark");
  const auto tamper = intruder();
  ASSERT_TRUE(
      tamper->script("DROP TRIGGER events_are_never_updated; UPDATE events SET leaf = "
                     "zeroblob(32) WHERE position = (1 << 40) + 1"));
  EXPECT_EQ(refusal_to_open().code, Code::corrupt);
}

TEST_F(StoreTest, TamperingAtTheHeadIsNotServed) {
  constexpr std::string_view kNoTriggers =
      "DROP TRIGGER events_are_never_updated; DROP TRIGGER events_are_never_deleted;";
  for (const std::string_view change :
       {"DELETE FROM events WHERE position = (1 << 40) + 3",
        "UPDATE events SET body = CAST(replace(body, 'test', 'tost') AS BLOB) WHERE position = (1 "
        "<< 40) + 3",
        "INSERT INTO events SELECT position + 1, leaf, body FROM events WHERE position = (1<<40)+3",
        "UPDATE heads SET time = time + 1", "UPDATE heads SET peaks = zeroblob(length(peaks))",
        "UPDATE heads SET size = size + 1", "DELETE FROM heads"}) {
    TemporaryDirectory copy;
    if (store) {
      ASSERT_TRUE(emit(0));
      store.reset();
    }
    fs::copy(path(), copy / "data", fs::copy_options::recursive);
    {
      const auto tamper = open_sqlite({.path = copy / "data/ledger.db"});
      ASSERT_TRUE((*tamper)->script(kNoTriggers));
      ASSERT_TRUE((*tamper)->script(change)) << change;
    }
    const auto opened =
        Store::open({.directory = copy / "data", .needs_search = false}, clock, random);
    ASSERT_FALSE(opened) << change;
    EXPECT_EQ(opened.error().code, Code::corrupt) << change;
  }
}

TEST_F(StoreTest, H1_EventsAreNeitherChangedNorRemoved) {
  store.reset();
  const auto connection = intruder();
  for (const std::string_view statement :
       {"UPDATE events SET body = X'00'", "DELETE FROM events",
        "REPLACE INTO events SELECT position, leaf, X'00' FROM events",
        "UPDATE events SET position = position + 100"}) {
    EXPECT_FALSE(connection->run(statement)) << statement;
  }
  EXPECT_EQ(events_of(*connection, TenantNumber{1}).size(), 3U);
}

TEST_F(StoreTest, AFullDiskRefusesWritesAndServesReads) {
  ASSERT_TRUE(write([](Write& write) -> Result<void> {
    TRY(write.connection().run("PRAGMA max_page_count = 1"));  // As many as it has now.
    return {};
  }));
  std::int64_t acknowledged = 0;
  Result<void> result;
  while ((result = emit(acknowledged))) ASSERT_LT(++acknowledged, 1000);
  EXPECT_EQ(result.error().code, Code::unavailable);
  EXPECT_TRUE(store->health().is_writable);
  ASSERT_TRUE(read_and_wait(*store, admin(), [&](const Read& read) -> Result<void> {
    EXPECT_EQ(read.size(), static_cast<std::uint64_t>(3 + acknowledged));
    return {};
  }));
  ASSERT_TRUE(write([](Write& write) -> Result<void> {  // Space returns.
    TRY(write.connection().run("PRAGMA max_page_count = 1000000"));
    return {};
  }));
  ASSERT_TRUE(emit(acknowledged++));
  store.reset();
  check_everything(path());
  EXPECT_EQ(numbers_of(*intruder(), TenantNumber{1}).size(),
            static_cast<std::size_t>(acknowledged));
  open();
}

TEST_F(StoreTest, AnAnswerUnderAnIdempotencyKeySurvivesARestart) {
  const IdempotencyKey key{.tenant = 1, .principal = "prn_x", .route = "POST /v1/x", .key = "k"};
  const IdempotentAnswer answer{sha256("request"), "{}", kTestTrace, clock.now()};
  ASSERT_TRUE(
      write([&](Write& write) { return keep_idempotent(write.connection(), key, answer); }));
  reopen();
  ASSERT_TRUE(read_and_wait(*store, admin(), [&](const Read& read) -> Result<void> {
    const auto found = TRY(find_idempotent(read.connection(), key));
    EXPECT_TRUE(found);
    EXPECT_EQ(found->fingerprint, answer.fingerprint);
    EXPECT_EQ(found->answer, answer.answer);
    EXPECT_EQ(found->trace, answer.trace);
    EXPECT_EQ(found->at, answer.at);
    auto other = key;
    other.route = "POST /v1/y";
    EXPECT_FALSE(TRY(find_idempotent(read.connection(), other)));
    return {};
  }));
}

TEST_F(StoreTest, AFoundedTenantHasItsOwnLogAndAdmin) {
  std::optional<NewTenant> founded;
  const auto found = [&](Write& write) -> Result<void> {
    founded = TRY(found_tenant(write, "acme"));
    return {};
  };
  ASSERT_TRUE(write(found));
  const auto caller = store->identities()->authenticate(founded->admin_key, clock.now());
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->tenant.name, "acme");
  EXPECT_EQ(caller->tenant.origin, "test.example/t/acme");
  EXPECT_FALSE(caller->principal.has(Role::operator_));
  EXPECT_NE(founded->verifier_key, made.verifier_key);
  EXPECT_EQ(store->verifier_key(caller->tenant), founded->verifier_key);
  EXPECT_EQ(write(found).error().code, Code::invalid_state);
  for (const std::string_view name : {"", "A", "-a", "a.b", "../x"}) {
    const auto refused = write([name](Write& write) -> Result<void> {
      TRY(found_tenant(write, name));
      return {};
    });
    EXPECT_EQ(refused.error().code, Code::validation_error) << name;
  }
  reopen();
  EXPECT_NE(store->identities()->tenant("acme"), nullptr);
  store.reset();
  check_everything(path());
  EXPECT_EQ(events_of(*intruder(), TenantNumber{1}).size(), 3U);
  EXPECT_EQ(events_of(*intruder(), TenantNumber{2}).size(), 3U);
}

TEST_F(StoreTest, ARevokedKeyDoesNotServeTheJobBehindTheRevocation) {
  const Caller caller = admin();
  std::promise<void> go;
  auto gone = go.get_future().share();
  ASSERT_TRUE(store->write({caller, kTestTrace,
                            [gone](Write&) -> Result<void> {
                              gone.wait();  // So that the next two share a batch.
                              return {};
                            },
                            [](Result<void>) {}}));
  const Event revocation{.type = "key.revoked",
                         .subject = "key/" + caller.key->text(),
                         .data = Json::object({{"keyId", caller.key->text()},
                                               {"principalId", caller.principal.id.text()}})};
  std::promise<Result<void>> first, second;
  ASSERT_TRUE(store->write({caller, kTestTrace,
                            [&](Write& write) -> Result<void> {
                              TRY(write.record(revocation));
                              return {};
                            },
                            [&](Result<void> result) { first.set_value(std::move(result)); }}));
  ASSERT_TRUE(store->write({caller, kTestTrace, [](Write&) { return Result<void>(); },
                            [&](Result<void> result) { second.set_value(std::move(result)); }}));
  go.set_value();
  EXPECT_TRUE(first.get_future().get());
  EXPECT_EQ(second.get_future().get().error().code, Code::unauthenticated);
  EXPECT_FALSE(store->identities()->authenticate(made.admin_key, clock.now()));
}

TEST_F(StoreTest, WhatARolledBackJobRevokedStaysValid) {
  const Caller caller = admin();
  EXPECT_FALSE(write([&](Write& write) -> Result<void> {
    TRY(write.record({.type = "key.revoked",
                      .subject = "key/" + caller.key->text(),
                      .data = Json::object({{"keyId", caller.key->text()},
                                            {"principalId", caller.principal.id.text()}})}));
    return Error{Code::invalid_state, "on second thoughts"};
  }));
  EXPECT_TRUE(store->identities()->authenticate(made.admin_key, clock.now()));
  EXPECT_TRUE(emit(0));
}

TEST_F(StoreTest, NobodySaysWhoTheyAre) {
  ASSERT_TRUE(write([](Write& write) -> Result<void> {
    TRY(write.record({.type = "test.lied",
                      .subject = "test/1",
                      .data = Json::object(
                          {{"actor", Json::object({{"type", "human"}, {"id", "somebody"}})}})}));
    return {};
  }));
  const std::string id = admin().principal.id.text();
  store.reset();
  EXPECT_EQ(events_of(*intruder(), TenantNumber{1}).back().data.find("actor")->string_at("id"), id);
}

TEST_F(StoreTest, NothingExpiresInANewStore) {
  EXPECT_EQ(*store->next_deadline(), std::nullopt);
}

}  // namespace
}  // namespace assent::store
