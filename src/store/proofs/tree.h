// The stored Merkle tree of a tenant's log: its leaves are with the events, and every eighth level
// above them is in a table of its own, as C2SP tlog-tiles cuts a tree into tiles.
#pragma once

#include "base/result.h"
#include "domain/principal.h"
#include "ledger/merkle.h"
#include "store/connection.h"

#include <cstdint>

namespace assent::store {

// The hash of any perfect subtree that lies wholly within the committed log, as the connection sees
// it. Reads at most one tile (256 hashes) for each eight levels and remembers what it hashed, so
// that one source serves many proofs cheaply; memory is bounded. Code::corrupt if a hash that
// should be there is not. REQUIRES: `connection` outlives the source and all copies of it, which
// are for one thread at a time.
ledger::NodeSource stored_nodes(Connection& connection, TenantNumber tenant);

// Appends the leaf to the frontier and stores the nodes that this completes.
Result<void> grow_tree(Connection& connection, TenantNumber tenant, ledger::Frontier& frontier,
                       const Hash& leaf);

// Stores what is missing of the nodes of a log of that size; of one from before there were any,
// all. REQUIRES: no transaction is open.
Result<void> complete_tree(Connection& connection, TenantNumber tenant, std::uint64_t size);

}  // namespace assent::store
