#include "store/proofs/tile_pages.h"

#include "store/proofs/tree.h"
#include "store/read.h"

namespace assent::store {

namespace {

constexpr std::string_view kBodies = R"sql(
  SELECT position, body
    FROM events
   WHERE position >= $1 AND position < $2
   ORDER BY position)sql";

Result<std::string> entry_bundle(Connection& connection, TenantNumber tenant,
                                 const ledger::TilePath& path) {
  const std::uint64_t begin = path.index * ledger::kTileWidth;
  std::string bundle;
  std::uint64_t next = begin;
  const auto rows = TRY(connection.query(
      kBodies, {position_of(tenant, begin), position_of(tenant, begin + path.width)}));
  while (TRY(rows->next())) {
    if (rows->integer(0) != position_of(tenant, next)) break;
    ledger::append_entry(bundle, rows->bytes(1));
    ++next;
  }
  if (next == begin + path.width) return bundle;
  return Error{Code::corrupt, "the log lacks the event " + std::to_string(next)};
}

}  // namespace

Result<std::string> tile_page(Connection& connection, const TileRequest& request) {
  const ledger::TilePath& path = request.path;
  const std::uint64_t hashes = ledger::tile_hashes(path.level, ledger::Size{request.size});
  // Nothing of a tile is shown before a checkpoint that vouches for all of it.
  if (path.index > hashes / ledger::kTileWidth ||
      path.index * ledger::kTileWidth + path.width > hashes) {
    return Error{Code::not_found, "the log has no such tile"};
  }
  if (path.is_entries) return entry_bundle(connection, request.tenant, path);
  return ledger::tile_bytes(path, stored_nodes(connection, request.tenant));
}

}  // namespace assent::store
