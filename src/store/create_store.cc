// What `assent init` does (Store::create).
#include "base/text.h"
#include "store/blobs.h"
#include "store/checkpoints.h"
#include "store/files.h"
#include "store/keeping/copying.h"
#include "store/keeping/master_key.h"
#include "store/sqlite/sqlite_connection.h"
#include "store/store.h"
#include "store/tenants.h"

#include <array>

namespace assent::store {

namespace {

constexpr std::string_view kFirstTenant = "default";
constexpr std::size_t kSeedBytes = 32;
constexpr std::size_t kTraceBytes = 16;

template <std::size_t N>
std::string random_hex(Random& random) {
  std::array<std::uint8_t, N> bytes;
  random.fill(bytes);
  return to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

struct Founding {
  Connection& connection;
  const Blobs& blobs;
  const Signers& signers;
  const Clock& clock;
  Random& random;
  std::string host;
};

struct Founded {
  NewTenant tenant;
  Head head;
};

// The one transaction that is not the writer's: there is no writer yet.
Result<Founded> found_in_transaction(const Founding& founding) {
  Heads heads;
  Batch batch({.connection = founding.connection,
               .heads = heads,
               .signers = founding.signers,
               .sample = founding.clock.now()});
  const Caller engine{.tenant = {}, .principal = {}, .key = std::nullopt};
  const TraceId trace = random_hex<kTraceBytes>(founding.random);
  TRY(founding.connection.begin());
  TRY(batch.begin_job());
  const Timestamp now = TRY(batch.now(engine.tenant.number));
  Write write({.connection = founding.connection,
               .blobs = founding.blobs,
               .search = nullptr,
               .caller = engine,
               .now = now,
               .size = 0},
              batch, trace, founding.random);
  NewTenant tenant = TRY(found_first_tenant(write, kFirstTenant, founding.host));
  TRY(batch.keep_job());
  TRY(batch.write_heads());
  TRY(founding.connection.commit());
  const TenantNumber number = tenant.tenant.number;
  return Founded{std::move(tenant), heads.at(number)};
}

}  // namespace

// A crash on the way leaves a directory that neither open() nor create() takes; nothing of value is
// in it, because no key of it was ever shown.
Result<NewStore> Store::create(const std::string& directory, const std::string& host,
                               const Clock& clock, Random& random, const std::string& seal_file) {
  TRY(make_empty_directory(directory));
  const DirectoryLock lock = TRY(DirectoryLock::take(directory));
  const Secret seed(*from_hex(random_hex<kSeedBytes>(random)));
  const Signers signers(seed);
  if (!signers.of(host + "/t/" + std::string(kFirstTenant), ledger::kFirstGeneration)) {
    return Error{Code::validation_error, "no log can be called after this host name"};
  }
  TRY(write_durably(directory, std::string(kMasterFile),
                    TRY(master_text(seed, seal_file, random))));
  TRY(make_directory(directory + "/checkpoints"));
  const auto blobs = TRY(Blobs::open(directory + "/blobs"));
  const auto connection =
      TRY(open_sqlite({.path = directory + "/ledger.db", .mode = SqliteMode::create}));
  TRY(migrate(*connection, sqlite_migrations()));
  const Founded founded = TRY(found_in_transaction({.connection = *connection,
                                                    .blobs = *blobs,
                                                    .signers = signers,
                                                    .clock = clock,
                                                    .random = random,
                                                    .host = host}));
  // From here on a start knows that there was something.
  Checkpoints checkpoints(
      directory + "/checkpoints", signers,
      [&](const Tenant& tenant, ledger::Frontier& frontier, std::uint64_t size) {
        return extend(*connection, tenant, frontier, size);
      });
  checkpoints.know(TRY(Identities::load(*connection)));
  TRY(checkpoints.publish(founded.tenant.tenant, founded.head));
  return NewStore{.tenant = founded.tenant.tenant.name,
                  .admin_key = founded.tenant.admin_key,
                  .verifier_key = founded.tenant.verifier_key};
}

}  // namespace assent::store
