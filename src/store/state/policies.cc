#include "store/state/policies.h"

#include "store/blobs.h"

#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace assent::store {
namespace {

constexpr std::string_view kCurrent = R"sql(
  SELECT version, sha256
    FROM policies
   WHERE tenant = $1
   ORDER BY version DESC
   LIMIT 1)sql";

constexpr std::string_view kVersion = R"sql(
  SELECT version, sha256
    FROM policies
   WHERE tenant = $1 AND version = $2)sql";

using Parsed = std::shared_ptr<const Policy>;

// Documents by their hash. What a hash names never changes, so that one for the whole process,
// whoever owns the document, cannot tell anybody anything. Thread-safe.
class PolicyCache {
 public:
  Parsed find(const std::string& sha256) const {
    const std::scoped_lock lock(mutex_);
    const auto found = parsed_.find(sha256);
    return found == parsed_.end() ? nullptr : found->second;
  }

  void keep(std::string sha256, Parsed policy) {
    const std::scoped_lock lock(mutex_);
    // One per tenant is in use; whoever has so many starts again from nothing now and then.
    if (parsed_.size() >= kPoliciesMax) parsed_.clear();
    parsed_.insert_or_assign(std::move(sha256), std::move(policy));
  }

 private:
  static constexpr std::size_t kPoliciesMax = 1024;

  mutable std::mutex mutex_;
  std::map<std::string, Parsed> parsed_;  // Guarded by mutex_.
};

PolicyCache& cache() {
  static PolicyCache cache;
  return cache;
}

Result<std::optional<PolicyVersion>> version_from(std::unique_ptr<Rows> rows) {
  if (!TRY(rows->next())) return std::optional<PolicyVersion>();
  return std::optional(
      PolicyVersion{.number = rows->integer(0), .sha256 = std::string(rows->text(1))});
}

Result<std::string> document(const Blobs& blobs, TenantNumber tenant, const std::string& sha256) {
  const auto hash = content_hash_from_text(sha256);
  if (!hash) return Error{Code::corrupt, "A policy has no proper hash."};
  auto text = blobs.get(tenant, *hash);
  if (!text && text.error().code == Code::not_found) {
    return Error{Code::corrupt, "The document of a policy is lost: there is no blob " + sha256};
  }
  return text;
}

Result<PolicyVersion> find_version(const Read& read, std::int64_t version) {
  auto found =
      TRY(version_from(TRY(read.connection().query(kVersion, {read.tenant_key(), version}))));
  if (!found) return Error{Code::not_found, "There is no such version of the policy."};
  return *std::move(found);
}

Result<CurrentPolicy> policy_from(const Read& read, const PolicyVersion& version) {
  auto policy = TRY(policy_document(read.blobs(), read.tenant().number, version.sha256));
  return CurrentPolicy{
      .version = version.number, .sha256 = version.sha256, .policy = std::move(policy)};
}

}  // namespace

std::shared_ptr<const Policy> built_in_policy() {
  static const Parsed kBuiltIn = std::make_shared<const Policy>(default_policy());
  return kBuiltIn;
}

Result<std::optional<PolicyVersion>> newest_policy(Connection& connection, TenantNumber tenant) {
  return version_from(TRY(connection.query(kCurrent, {static_cast<std::int64_t>(tenant)})));
}

Result<std::shared_ptr<const Policy>> policy_document(const Blobs& blobs, TenantNumber tenant,
                                                      const std::string& sha256) {
  if (Parsed policy = cache().find(sha256)) return policy;
  auto parsed = parsed_policy(TRY(document(blobs, tenant, sha256)));
  // It was parsed before it was recorded, so it cannot be what was put.
  if (!parsed) return Error{Code::corrupt, "A policy is none: " + parsed.error().detail};
  return parsed;
}

Result<CurrentPolicy> current_policy(const Read& read) {
  const auto version = TRY(newest_policy(read.connection(), read.tenant().number));
  if (!version) return CurrentPolicy{.version = 0, .sha256 = "", .policy = built_in_policy()};
  return policy_from(read, *version);
}

Result<CurrentPolicy> policy_of_version(const Read& read, std::int64_t version) {
  if (version == 0) return CurrentPolicy{.version = 0, .sha256 = "", .policy = built_in_policy()};
  return policy_from(read, TRY(find_version(read, version)));
}

Result<std::string> policy_text(const Read& read, std::int64_t version) {
  return document(read.blobs(), read.tenant().number, TRY(find_version(read, version)).sha256);
}

Result<std::shared_ptr<const Policy>> parsed_policy(std::string_view text) {
  std::string sha256 = content_hash_text(assent::sha256(text));
  if (Parsed policy = cache().find(sha256)) return policy;
  Parsed policy = std::make_shared<const Policy>(TRY(policy_from_yaml(text)));
  cache().keep(std::move(sha256), policy);
  return policy;
}

}  // namespace assent::store
