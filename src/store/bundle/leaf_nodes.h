// The nodes of a tenant's tree, from the leaves in its log.
#pragma once

#include "domain/principal.h"
#include "ledger/merkle.h"
#include "store/connection.h"

namespace assent::store {

// Reads each leaf about once, however many proofs are made in the order of the log: it remembers
// every node of 256 leaves or more (80 bytes each) and the block of 256 that was asked for last.
// The connection must outlive it; one thread.
ledger::NodeSource leaf_nodes(Connection& connection, TenantNumber tenant);

}  // namespace assent::store
