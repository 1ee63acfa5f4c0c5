#include "store/verify/verify_nodes.h"

#include "base/hash.h"

#include <string>

namespace assent::store {
namespace {

constexpr std::string_view kNode = R"sql(
  SELECT hash
    FROM nodes
   WHERE tenant = $1 AND level = $2 AND position = $3)sql";

constexpr std::string_view kCount = R"sql(
  SELECT count(*)
    FROM nodes
   WHERE tenant = $1)sql";

Error corrupt(const ledger::FullTile& tile, const std::string& what) {
  return {Code::corrupt, "the node " + std::to_string(tile.position) + " of level " +
                             std::to_string(tile.level) + " of the stored tree " + what};
}

}  // namespace

Result<void> VerifyNodes::add(const ledger::FullTile& tile) {
  ++count_;
  const auto rows =
      TRY(source_.query(kNode, {static_cast<std::int64_t>(tenant_), std::int64_t{tile.level},
                                static_cast<std::int64_t>(tile.position)}));
  if (!TRY(rows->next())) return corrupt(tile, "is missing");
  if (rows->bytes(0) != as_bytes(tile.node)) return corrupt(tile, "is not that of the events");
  return {};
}

Result<void> VerifyNodes::finish() {
  const auto rows = TRY(source_.query(kCount, {static_cast<std::int64_t>(tenant_)}));
  if (TRY(rows->next()) && rows->integer(0) == count_) return {};
  return Error{Code::corrupt, "the stored tree has nodes that no events make"};
}

}  // namespace assent::store
