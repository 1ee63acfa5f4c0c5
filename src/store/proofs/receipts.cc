#include "store/proofs/receipts.h"

#include "base/log.h"
#include "store/proofs/tree.h"

#include <algorithm>
#include <utility>

namespace assent::store {

namespace {

// As many writes as can wait for the writer.
constexpr std::size_t kOrdersMax = 8192;
// Of how many tenants the tree is remembered: at most 4 MiB each, mostly a few tiles.
constexpr std::size_t kSourcesMax = 32;

struct SignedHead {
  std::string note;
  ledger::TreeHead head;
};

// Everything committed, or more; the note is durable.
Result<SignedHead> published_head(const Receipts::Parts& parts, const Tenant& tenant) {
  std::string note = TRY(parts.checkpoints.publish(tenant, parts.committed.head(tenant.number)));
  const auto checkpoint = ledger::claimed_checkpoint(note);
  if (!checkpoint) return Error{Code::internal, "the checkpoint just signed cannot be read"};
  return SignedHead{.note = std::move(note), .head = checkpoint->head};
}

Result<Receipt> prove(std::uint64_t sequence, const SignedHead& checkpoint,
                      const ledger::NodeSource& nodes) {
  const ledger::Index index{sequence};
  if (sequence >= ledger::number(checkpoint.head.size)) {
    return Error{Code::internal, "a receipt was asked for what is not committed"};
  }
  const auto leaf = TRY(nodes({.level = 0, .index = sequence}));
  auto path = TRY(ledger::inclusion_proof(index, checkpoint.head.size, nodes));
  return Receipt{
      .sequence = sequence, .leaf = leaf, .checkpoint = checkpoint.note, .path = std::move(path)};
}

}  // namespace

Receipts::Receipts(Parts parts) : parts_(std::move(parts)), thread_([this] { run(); }) {}

Receipts::~Receipts() {
  close();
}

void Receipts::close() {
  {
    const std::lock_guard lock(mutex_);
    is_closing_ = true;
  }
  work_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Receipts::make(const Tenant& tenant, std::uint64_t sequence, ReceiptDone done) {
  {
    const std::lock_guard lock(mutex_);
    if (!is_closing_ && waiting_.size() < kOrdersMax) {
      waiting_.push_back({.tenant = tenant, .sequence = sequence, .done = std::move(done)});
      work_.notify_one();
      return;
    }
  }
  done(Error{Code::overloaded, "there is no receipt to be had now"});
}

void Receipts::run() {
  for (;;) {
    std::vector<Order> orders = next_orders();
    if (orders.empty()) return;
    serve(std::move(orders));
  }
}

std::vector<Receipts::Order> Receipts::next_orders() {
  std::unique_lock lock(mutex_);
  work_.wait(lock, [this] { return is_closing_ || !waiting_.empty(); });
  return std::exchange(waiting_, {});
}

void Receipts::serve(std::vector<Order> orders) {
  while (!orders.empty()) {
    const Tenant tenant = orders.front().tenant;
    const auto others = std::stable_partition(
        orders.begin(), orders.end(),
        [&](const Order& order) { return order.tenant.number == tenant.number; });
    std::vector<Order> rest(std::make_move_iterator(others), std::make_move_iterator(orders.end()));
    orders.erase(others, orders.end());
    serve_tenant(orders, tenant);
    orders = std::move(rest);
  }
}

void Receipts::serve_tenant(std::vector<Order>& orders, const Tenant& tenant) {
  const auto checkpoint = published_head(parts_, tenant);
  if (!checkpoint) {
    log_line(LogLevel::warning, "store.receipts", {{"why", checkpoint.error().detail}});
    for (const Order& order : orders) order.done(checkpoint.error());
    return;
  }
  if (nodes_.size() >= kSourcesMax && !nodes_.contains(tenant.number)) nodes_.clear();
  const auto& nodes =
      nodes_.try_emplace(tenant.number, stored_nodes(*parts_.connection, tenant.number))
          .first->second;
  for (const Order& order : orders) order.done(prove(order.sequence, *checkpoint, nodes));
}

}  // namespace assent::store
