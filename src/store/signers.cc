#include "store/signers.h"

#include "base/hash.h"

#include <optional>
#include <utility>

namespace assent::store {

namespace {

// Another label than the log keys', so that neither tells anything of the other. The version is in
// it: other secrets need another label.
constexpr std::string_view kExecutorLabel = "assent tenant executor secret v1\n";
constexpr std::string_view kWitnessLabel = "assent witness key v1\n";

}  // namespace

Secret Signers::executor_secret(std::string_view origin) const {
  const Hash secret =
      hkdf_sha256(master_.reveal(), std::string(kExecutorLabel) + std::string(origin));
  return Secret{std::string(as_bytes(secret))};
}

ledger::Generation generation_at(const LogKeys& keys, std::uint64_t size) {
  ledger::Generation generation = ledger::kFirstGeneration;
  for (const LogKey& key : keys) {
    if (key.from_size <= size) generation = key.generation;
  }
  return generation;
}

Result<ledger::Cosigner> Signers::witness(const std::string& name) const {
  const Hash seed = hkdf_sha256(master_.reveal(), std::string(kWitnessLabel) + name);
  auto cosigner = ledger::Cosigner::from_seed(name, Secret{std::string(as_bytes(seed))});
  if (!cosigner) return Error{Code::validation_error, "no witness can have this name"};
  return std::move(*cosigner);
}

Result<const ledger::Signer*> Signers::of(std::string_view origin,
                                          ledger::Generation generation) const {
  const std::lock_guard lock(mutex_);
  LogKeyName name(origin, generation);
  const auto found = signers_.find(name);
  if (found != signers_.end()) return found->second.get();

  auto signer = ledger::Ed25519Signer::from_seed(std::string(origin),
                                                 ledger::derive_seed(master_, origin, generation));
  if (!signer) return Error{Code::validation_error, "no log can have this name"};
  auto kept = std::make_unique<const ledger::Ed25519Signer>(std::move(*signer));
  return signers_.emplace(std::move(name), std::move(kept)).first->second.get();
}

}  // namespace assent::store
