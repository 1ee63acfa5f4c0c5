#include "store/state/fact_fields.h"
#include "store/state/project_parts.h"

namespace assent::store {
namespace {

constexpr std::string_view kLatest = R"sql(
  SELECT version, sha256
    FROM policies
   WHERE tenant = $1
   ORDER BY version DESC
   LIMIT 1)sql";

constexpr std::string_view kInsert = R"sql(
  INSERT INTO policies (tenant, version, id, sha256, created_at)
       VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT DO NOTHING)sql";

struct Latest {
  std::int64_t version = 0;
  std::optional<std::string> sha256;
};

Result<Latest> latest(Connection& connection, std::int64_t tenant) {
  const auto rows = TRY(connection.query(kLatest, {tenant}));
  if (!TRY(rows->next())) return Latest{};
  return Latest{.version = rows->integer(0), .sha256 = std::string(rows->text(1))};
}

}  // namespace

Result<void> project_policy_changed(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const auto id = fields.id<PolicyId>("policyId");
  const auto version = fields.integer("version");
  const auto sha256 = fields.content_hash("sha256");
  const auto previous = fields.optional_content_hash("previousSha256");
  TRY(fields.finish());

  // Nobody replaces a document that they have not named.
  const Latest before = TRY(latest(connection, fact.tenant));
  if (version != before.version + 1 || previous != before.sha256) return impossible(fact);
  return require_one(fact, TRY(connection.run(kInsert, {fact.tenant, version, bytes_of(id), sha256,
                                                        to_microseconds(fact.time)})));
}

}  // namespace assent::store
