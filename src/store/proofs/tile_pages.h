// The files of C2SP tlog-tiles, as they would lie on a disk, read from the store when asked for.
#pragma once

#include "base/result.h"
#include "domain/principal.h"
#include "ledger/tile.h"
#include "store/connection.h"

#include <cstdint>
#include <string>

namespace assent::store {

struct TileRequest {
  TenantNumber tenant{};
  ledger::TilePath path;
  std::uint64_t size = 0;  // Of the tree that is served: what was published.
};

// The bytes of the tile or of the bundle of entries. Code::not_found if it is not wholly within the
// tree of that size.
Result<std::string> tile_page(Connection& connection, const TileRequest& request);

}  // namespace assent::store
