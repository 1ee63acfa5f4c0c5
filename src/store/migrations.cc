#include "store/migrations.h"

#include "base/hash.h"

#include <string>
#include <vector>

namespace assent::store {

namespace {

constexpr std::string_view kMakeTable = R"sql(
  CREATE TABLE IF NOT EXISTS migrations (
    name   TEXT NOT NULL PRIMARY KEY,
    sha256 TEXT NOT NULL
  ))sql";

constexpr std::string_view kApplied = R"sql(
  SELECT name, sha256
    FROM migrations
   ORDER BY name)sql";

constexpr std::string_view kRecord = R"sql(
  INSERT INTO migrations (name, sha256)
       VALUES ($1, $2))sql";

struct Applied {
  std::string name;
  std::string sha256;
};

Result<std::vector<Applied>> applied_to(Connection& connection) {
  std::vector<Applied> applied;
  const auto rows = TRY(connection.query(kApplied));
  while (TRY(rows->next())) {
    applied.push_back({std::string(rows->text(0)), std::string(rows->text(1))});
  }
  return applied;
}

Result<void> apply(Connection& connection, const Migration& migration) {
  const std::string hash = content_hash_text(sha256(migration.sql));
  TRY(connection.script(migration.sql));
  TRY(connection.run(kRecord, {migration.name, hash}));
  return {};
}

Result<void> apply_in_transaction(Connection& connection, const Migration& migration) {
  TRY(connection.begin());
  auto result = apply(connection, migration);
  if (!result) {
    connection.rollback();
    return result;
  }
  return connection.commit();
}

}  // namespace

Result<void> migrate(Connection& connection, std::span<const Migration> migrations) {
  TRY(connection.run(kMakeTable));
  const auto applied = TRY(applied_to(connection));
  if (applied.size() > migrations.size()) {
    return Error{
        Code::corrupt,
        "the database was made by a newer version: it knows the migration " + applied.back().name};
  }
  for (std::size_t i = 0; i < applied.size(); ++i) {
    if (applied[i].name != migrations[i].name ||
        applied[i].sha256 != content_hash_text(sha256(migrations[i].sql))) {
      return Error{Code::corrupt,
                   "the database was made by another text of the migration " + applied[i].name};
    }
  }
  for (const Migration& migration : migrations.subspan(applied.size())) {
    TRY(apply_in_transaction(connection, migration));
  }
  return {};
}

}  // namespace assent::store
