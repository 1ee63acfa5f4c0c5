#include "edge/witness/witnessing.h"

#include "base/log.h"
#include "ledger/witness_policy.h"
#include "store/files.h"

#include <optional>
#include <utility>

namespace assent::witness {

namespace {

// Nothing where there is no such file.
Result<std::optional<std::string>> read_if_there(const std::string& path) {
  auto text = store::read_file(path);
  if (text) return std::optional(*std::move(text));
  if (text.error().code == Code::not_found) return std::optional<std::string>();
  return std::move(text).error();
}

}  // namespace

Result<std::unique_ptr<Witnessing>> Witnessing::start(store::Store& store,
                                                      const std::string& directory,
                                                      net::Handler& rest) {
  std::unique_ptr<Witnessing> all(new Witnessing(rest));
  if (const auto text = TRY(read_if_there(directory + "/witnessed-logs"))) {
    auto logs = TRY(parse_witnessed_logs(*text));
    log_line(LogLevel::info, "witness.logs", {{"count", std::to_string(logs.size())}});
    auto cosigner = TRY(store.cosigner());
    all->witness_ = TRY(Witness::open({.directory = directory + "/witness",
                                       .cosigner = std::move(cosigner),
                                       .logs = std::move(logs),
                                       .clock = store.clock()}));
    all->pages_ = std::make_unique<Pages>(*all->witness_, rest);
  }
  if (const auto text = TRY(read_if_there(directory + "/witness-policy"))) {
    auto policy = TRY(ledger::parse_witness_policy(*text));
    TRY(check_usable(policy));
    log_line(LogLevel::info, "witness.policy",
             {{"witnesses", std::to_string(policy.witnesses.size())}});
    all->client_ = std::make_unique<Client>(store, std::move(policy));
  }
  return all;
}

Report Witnessing::report() const {
  Report report = client_ ? client_->report() : Report{};
  report.is_witness = witness_ != nullptr;
  if (witness_) report.asked = witness_->counts();
  return report;
}

}  // namespace assent::witness
