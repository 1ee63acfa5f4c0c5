// Receipts: what a writer takes home. A checkpoint that covers the write, durable and signed, and
// the path that leads from the event to it, so that the event can never again be denied.
//
// Made by a thread of their own, so that the writer is at its next batch meanwhile. All that wait
// together share a checkpoint (one signature, one write to the disk) and a walk of the tree.
//
//   commit ─► make() ─► publish the checkpoint ─► prove each event in it ─► done()
#pragma once

#include "base/result.h"
#include "domain/principal.h"
#include "store/checkpoints.h"
#include "store/committed.h"
#include "store/connection.h"
#include "store/proofs/receipt.h"

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace assent::store {

class Receipts {
 public:
  struct Parts {
    std::unique_ptr<Connection> connection;  // For reading; the thread's from now on.
    Checkpoints& checkpoints;
    const CommittedState& committed;
  };
  explicit Receipts(Parts parts);
  ~Receipts();  // close().

  // `done` is called exactly once, on the thread of the receipts, and must not block. An Error
  // means that there is no receipt now; the event is in the log all the same. Code::overloaded and
  // Code::unavailable (closing) may come before this returns. REQUIRES: the event is committed.
  // Thread-safe; never blocks.
  void make(const Tenant& tenant, std::uint64_t sequence, ReceiptDone done);

  // Answers what waits and refuses what comes later. Not from within `done`.
  void close();

 private:
  struct Order {
    Tenant tenant;
    std::uint64_t sequence = 0;
    ReceiptDone done;
  };

  void run();
  std::vector<Order> next_orders();  // Empty: closing, and nothing waits.
  void serve(std::vector<Order> orders);
  void serve_tenant(std::vector<Order>& orders, const Tenant& tenant);

  Parts parts_;
  // The thread's. They remember what they read: each round only adds the events that are new.
  std::map<TenantNumber, ledger::NodeSource> nodes_;

  std::mutex mutex_;
  std::condition_variable work_;
  std::vector<Order> waiting_;  // Guarded by mutex_.
  bool is_closing_ = false;     // Guarded by mutex_.

  std::thread thread_;  // Last: it uses everything above.
};

}  // namespace assent::store
