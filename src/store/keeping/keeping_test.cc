// Rotation, backup, restore and rebuild, on a whole store.
#include "ledger/note.h"
#include "store/checkpoints.h"
#include "store/files.h"
#include "store/keeping/backup.h"
#include "store/keeping/master_key.h"
#include "store/keeping/rebuild.h"
#include "store/keeping/restore.h"
#include "store/search/search.h"
#include "store/search/testing_search.h"
#include "store/sqlite/sqlite_connection.h"
#include "store/tenants.h"
#include "store/testing_writer.h"
#include "store/verify/verify_store.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace assent::store {
namespace {

namespace fs = std::filesystem;

class Keeping : public testing::Test {
 protected:
  Keeping() {
    made = Store::create(path(), "test.example", clock, random).value();
    open();
  }

  std::string path() const { return directory / "data"; }
  std::string backup_path() const { return directory / "backup"; }
  std::string new_path() const { return directory / "new"; }

  Result<std::unique_ptr<Store>> try_open(const std::string& at) {
    return Store::open({.directory = at, .needs_search = false}, clock, random);
  }
  void open() {
    auto opened = try_open(path());
    ASSERT_TRUE(opened) << opened.error().detail;
    store = std::move(*opened);
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
  Result<void> rotate() {
    return write([](Write& log) -> Result<void> {
      const auto current = TRY(current_log_key(log));
      const std::int64_t generation = current.generation + 1;
      const std::string key =
          TRY(log.verifier_key(log.tenant().origin, static_cast<ledger::Generation>(generation)));
      TRY(log.record({.type = "ledger.key_rotated",
                      .subject = "ledger/default",
                      .data = Json::object({{"generation", generation},
                                            {"verifierKey", key},
                                            {"previousVerifierKey", current.verifier_key},
                                            {"reason", "scheduled"}})}));
      return {};
    });
  }
  // The newest checkpoint in that directory, if that key signed it.
  std::optional<std::uint64_t> signed_size(const std::string& file, std::string_view key) const {
    const auto verifier = ledger::VerifierKey::from_text(key);
    const auto checkpoint = ledger::open_checkpoint(read_file(file).value(), *verifier);
    if (!checkpoint) return std::nullopt;
    return ledger::number(checkpoint->head.size);
  }
  Result<Backup> back_up_now() {
    return back_up({.from = path(), .to = backup_path(), .has_key = true}, clock);
  }
  Result<std::vector<RestoredLog>> restore_now(std::optional<std::string> loss = std::nullopt) {
    return restore({.from = backup_path(),
                    .to = new_path(),
                    .replacing = path(),
                    .accepted_loss = std::move(loss)},
                   clock, random);
  }
  std::unique_ptr<Connection> intruder(const std::string& at) {
    return std::move(*open_sqlite({.path = at + "/ledger.db"}));
  }

  TemporaryDirectory directory;
  ManualClock clock{from_microseconds(1'700'000'000'000'000)};
  SystemRandom random;
  NewStore made;
  std::unique_ptr<Store> store;
};

TEST_F(Keeping, H6_ARotatedKeyIsHandedOver) {
  ASSERT_TRUE(emit(0));
  ASSERT_TRUE(store->checkpoint(tenant()));
  ASSERT_TRUE(rotate());
  ASSERT_TRUE(emit(1));
  const std::string second = store->verifier_key(tenant());
  EXPECT_NE(second, made.verifier_key);
  const std::string note = store->checkpoint(tenant()).value();
  EXPECT_TRUE(ledger::open_checkpoint(note, *ledger::VerifierKey::from_text(second)));
  EXPECT_FALSE(ledger::open_checkpoint(note, *ledger::VerifierKey::from_text(made.verifier_key)));

  const std::string handover = path() + "/checkpoints/default.handover-2";
  EXPECT_EQ(signed_size(handover, made.verifier_key), 5U);
  EXPECT_EQ(signed_size(handover, second), 5U);
  ASSERT_TRUE(rotate());
  store.reset();
  EXPECT_TRUE(fs::exists(path() + "/checkpoints/default.handover-3"));
  check_everything(path());
}

TEST_F(Keeping, H6_AHandoverThatACrashPreventedIsMadeAtTheNextStart) {
  ASSERT_TRUE(emit(0));
  ASSERT_TRUE(rotate());
  ASSERT_TRUE(emit(1));
  const std::string handover = path() + "/checkpoints/default.handover-2";
  store.reset();
  const std::string whole = read_file(handover).value();
  for (const std::string& left : {std::string(), whole.substr(0, whole.size() / 2)}) {
    fs::remove(handover);
    if (!left.empty()) std::ofstream(handover) << left;
    open();
    EXPECT_EQ(read_file(handover).value(), whole);
    store.reset();
  }
}

TEST_F(Keeping, AKeyIsRotatedFromTheOneThatIsThere) {
  const auto wrong = write([](Write& log) -> Result<void> {
    TRY(log.record({.type = "ledger.key_rotated",
                    .subject = "ledger/default",
                    .data = Json::object({{"generation", 3},
                                          {"verifierKey", "x"},
                                          {"previousVerifierKey", "y"},
                                          {"reason", "scheduled"}})}));
    return {};
  });
  EXPECT_EQ(wrong.error().code, Code::corrupt);
}

TEST_F(Keeping, H69_ARolledBackRotationIsNoticed) {
  store.reset();
  fs::copy_file(path() + "/ledger.db", directory / "old.db");
  open();
  ASSERT_TRUE(rotate());
  store.reset();
  fs::copy_file(directory / "old.db", path() + "/ledger.db", fs::copy_options::overwrite_existing);
  const Error error = try_open(path()).error();
  EXPECT_EQ(error.code, Code::rolled_back) << error.detail;
  ASSERT_EQ(error.fields.size(), 2U);
  EXPECT_NE(error.fields[0].message.find("4 events"), std::string::npos);
  EXPECT_NE(error.fields[0].message.find("written at"), std::string::npos);
  EXPECT_NE(error.fields[1].message.find("3 events"), std::string::npos);
}

TEST_F(Keeping, H69_ATornTailIsNoticed) {
  for (std::int64_t number = 0; number < 20; ++number) ASSERT_TRUE(emit(number));
  ASSERT_TRUE(store->checkpoint(tenant()));
  store.reset();
  ASSERT_TRUE(intruder(path())->script(
      "DROP TRIGGER events_are_never_deleted; DELETE FROM events WHERE position > (1 << 40) + 20"));
  EXPECT_EQ(try_open(path()).error().code, Code::corrupt) << "the head says otherwise";
}

TEST_F(Keeping, H69_ALostCheckpointIsNoticed) {
  ASSERT_TRUE(write([](Write& log) -> Result<void> {
    TRY(found_tenant(log, "acme"));
    return {};
  }));
  for (const std::string name : {"acme", "default"}) {
    store.reset();
    fs::rename(path() + "/checkpoints/" + name, directory / "note");
    fs::rename(path() + "/checkpoints/" + name + ".mark", directory / "mark");
    const auto opened = try_open(path());
    ASSERT_FALSE(opened) << name;
    EXPECT_EQ(opened.error().code, Code::rolled_back);
    EXPECT_NE(opened.error().detail.find(name), std::string::npos);
    // Either of the two will do.
    fs::rename(directory / "note", path() + "/checkpoints/" + name);
    open();
    store.reset();
    fs::remove(path() + "/checkpoints/" + name);
    open();
  }
}

TEST_F(Keeping, H69_ABackupIsTakenBesideAServerAndRestored) {
  const Hash blob = store->blobs().put(tenant().number, "a blob").value();
  for (std::int64_t number = 0; number < 20; ++number) ASSERT_TRUE(emit(number));
  ASSERT_TRUE(rotate());
  ASSERT_TRUE(store->checkpoint(tenant()));
  const auto backup = back_up_now();
  ASSERT_TRUE(backup) << backup.error().detail;
  EXPECT_EQ(backup->events, 24U);
  store.reset();
  const auto restored = restore_now();
  ASSERT_TRUE(restored) << restored.error().detail;
  check_everything(new_path());
  store = try_open(new_path()).value();
  EXPECT_EQ(store->blobs().get(tenant().number, blob).value(), "a blob");
  EXPECT_EQ(store->events(), 24U) << "nothing was lost, so nothing is recorded";
  ASSERT_TRUE(emit(20));
}

TEST_F(Keeping, ABackupHasTheKeyOnlyIfAskedTo) {
  ASSERT_TRUE(back_up({.from = path(), .to = backup_path()}, clock));
  EXPECT_FALSE(fs::exists(backup_path() + "/signing.key"));
  const RestoreOptions without{.from = backup_path(), .to = new_path()};
  EXPECT_EQ(restore(without, clock, random).error().code, Code::invalid_state);
  EXPECT_TRUE(fs::is_empty(new_path()));
  std::ofstream(directory / "other.key") << std::string(64, '0') << "\n";
  RestoreOptions with = without;
  with.signing_key = directory / "other.key";
  EXPECT_EQ(restore(with, clock, random).error().code, Code::unprocessable) << "another store's";
  with.signing_key = path() + "/signing.key";
  EXPECT_TRUE(restore(with, clock, random));
}

TEST_F(Keeping, H69_ATornBackupIsNoBackup) {
  ASSERT_TRUE(back_up_now());
  EXPECT_EQ(back_up_now().error().code, Code::invalid_state) << "the target is not empty";
  fs::remove(backup_path() + "/backup.json");
  EXPECT_EQ(restore_now().error().code, Code::invalid_state);
}

TEST_F(Keeping, H69_ATamperedBackupIsNotRestored) {
  ASSERT_TRUE(emit(0));
  ASSERT_TRUE(back_up_now());
  ASSERT_TRUE(intruder(backup_path())
                  ->script("UPDATE principals SET name = 'mallory' WHERE name = 'admin'"));
  const auto restored = restore_now();
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code, Code::corrupt);
  EXPECT_TRUE(fs::is_empty(new_path())) << "no half of a store is left";
}

TEST_F(Keeping, H69_AnOlderHeadIsRefusedUnlessTheLossIsAccepted) {
  ASSERT_TRUE(back_up_now());
  ASSERT_TRUE(emit(0));
  ASSERT_TRUE(rotate());
  const std::string promise = store->checkpoint(tenant()).value();
  store.reset();
  EXPECT_EQ(restore_now().error().code, Code::rolled_back);
  EXPECT_TRUE(fs::is_empty(new_path()));
  std::ofstream(directory / "kept") << promise;
  RestoreOptions pinned{.from = backup_path(), .to = new_path(), .checkpoint = directory / "kept"};
  EXPECT_EQ(restore(pinned, clock, random).error().code, Code::rolled_back);

  const auto restored = restore_now("the disk is gone");
  ASSERT_TRUE(restored) << restored.error().detail;
  EXPECT_EQ(restored->front().promised_size, 5U);
  const auto events = events_of(*intruder(new_path()), TenantNumber{1});
  ASSERT_EQ(events.size(), 4U);
  EXPECT_EQ(events[3].type, "ledger.restored");
  EXPECT_EQ(*events[3].data.find("size"), Json(3));
  EXPECT_EQ(*events[3].data.find("promisedSize"), Json(5));
  EXPECT_EQ(events[3].data.string_at("promiseHash"), content_hash_text(sha256(promise)));
  EXPECT_EQ(events[3].data.string_at("reason"), "the disk is gone");
  EXPECT_EQ(read_file(new_path() + "/checkpoints/default.lost-5").value(), promise);
  store = try_open(new_path()).value();
  ASSERT_TRUE(emit(1));
  store.reset();
  check_everything(new_path());
}

TEST_F(Keeping, H69_ARolledBackStoreIsGivenUpWithoutABackup) {
  store.reset();
  fs::copy_file(path() + "/ledger.db", directory / "old.db");
  open();
  ASSERT_TRUE(emit(0));
  store.reset();
  fs::copy_file(directory / "old.db", path() + "/ledger.db", fs::copy_options::overwrite_existing);
  RestoreOptions options{.to = new_path(), .replacing = path()};
  EXPECT_EQ(restore(options, clock, random).error().code, Code::rolled_back);
  options.accepted_loss = "no backup";
  ASSERT_TRUE(restore(options, clock, random));
  EXPECT_TRUE(try_open(new_path()));
  EXPECT_EQ(try_open(path()).error().code, Code::rolled_back) << "the old one is left as it was";
}

TEST_F(Keeping, AnInterruptedRestoreIsNoStore) {
  ASSERT_TRUE(back_up_now());
  ASSERT_TRUE(restore_now());
  fs::remove(new_path() + "/signing.key");
  std::ofstream(new_path() + "/restoring").flush();
  const Error error = try_open(new_path()).error();
  EXPECT_EQ(error.code, Code::invalid_state);
  EXPECT_NE(error.detail.find("interrupted"), std::string::npos);
}

TEST_F(Keeping, H61_TheStateIsMadeFromTheLogAgain) {
  ASSERT_TRUE(rotate());
  store.reset();
  EXPECT_FALSE(difference_from_replay(path()).value());
  ASSERT_TRUE(intruder(path())->script(
      "UPDATE principals SET roles = '[\"agent\"]'; DELETE FROM log_keys; DELETE FROM keys"));
  EXPECT_TRUE(difference_from_replay(path()).value());
  EXPECT_EQ(try_open(path()).error().code, Code::corrupt);
  const auto rebuilt = rebuild_state(path());
  ASSERT_TRUE(rebuilt) << rebuilt.error().detail;
  EXPECT_EQ(rebuilt->events, 4U);
  EXPECT_TRUE(rebuilt->difference);
  EXPECT_FALSE(rebuild_state(path())->difference);
  open();
  EXPECT_TRUE(admin().principal.has(Role::admin));
  store.reset();
  check_everything(path());
}

TEST_F(Keeping, TheSearchIsMadeAgainToItsEnd) {
  for (std::int64_t i = 0; i < 500; ++i) ASSERT_TRUE(emit(i));
  const std::uint64_t events = store->events();
  store.reset();
  EXPECT_EQ(rebuild_search(path()).value(), events);
  const auto connect = [this] { return open_sqlite({.path = path() + "/ledger.db"}); };
  const auto search = *Search::open({.directory = path() + "/search", .connect = connect});
  search->committed(TenantNumber{1}, events);
  EXPECT_EQ(search->lag(), 0U) << "what is not there yet would be indexed only now";
}

TEST_F(Keeping, ALogThatIsNotWholeIsNotReplayed) {
  ASSERT_TRUE(emit(0));
  EXPECT_EQ(rebuild_state(path()).error().code, Code::unavailable) << "it is being served";
  store.reset();
  ASSERT_TRUE(intruder(path())->script(
      "DROP TRIGGER events_are_never_updated; UPDATE events SET body = CAST(replace(body, 'admin', "
      "'nimda') AS BLOB) WHERE position = (1 << 40) + 1; UPDATE keys SET name = 'second'"));
  EXPECT_EQ(rebuild_state(path()).error().code, Code::corrupt);
  EXPECT_TRUE(difference_from_replay(path()).error().code == Code::corrupt);
}

TEST_F(Keeping, ASealedKeyOpensWithItsPassphraseOnly) {
  store.reset();
  const std::string file = directory / "passphrase";
  std::ofstream(file) << "correct horse\n";
  const std::string plain = read_file(path() + "/signing.key").value();
  ASSERT_TRUE(seal_master(path(), file, random));
  EXPECT_EQ(seal_master(path(), file, random).error().code, Code::invalid_state);
  EXPECT_EQ(read_file(path() + "/signing.key")->find(plain.substr(0, 64)), std::string::npos);
  EXPECT_EQ(try_open(path()).error().code, Code::invalid_state);
  std::ofstream(directory / "wrong") << "correct house\n";
  EXPECT_EQ(load_master(path(), directory / "wrong").error().code, Code::unprocessable);
  EXPECT_TRUE(Store::open({.directory = path(), .seal_file = file}, clock, random));
  ASSERT_TRUE(unseal_master(path(), file));
  EXPECT_EQ(unseal_master(path(), file).error().code, Code::invalid_state);
  EXPECT_EQ(read_file(path() + "/signing.key").value(), plain);
}

}  // namespace
}  // namespace assent::store
