// The tenant's policy in force, and the documents it ever had. Errors as in approvals.h.
#pragma once

#include "base/result.h"
#include "domain/policy.h"
#include "store/read.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace assent::store {

struct CurrentPolicy {
  std::int64_t version = 0;              // 0: the built-in one, which has no document.
  std::string sha256;                    // `sha256:…` of the document; empty for version 0.
  std::shared_ptr<const Policy> policy;  // Never null.
};
Result<CurrentPolicy> current_policy(const Read& read);

// The number and the document's hash of what is in force; nothing: the built-in policy is.
struct PolicyVersion {
  std::int64_t number = 0;
  std::string sha256;
};
Result<std::optional<PolicyVersion>> newest_policy(Connection& connection, TenantNumber tenant);
// The document of that hash, parsed. Code::corrupt if it is lost or can be read no longer.
Result<std::shared_ptr<const Policy>> policy_document(const Blobs& blobs, TenantNumber tenant,
                                                      const std::string& sha256);
std::shared_ptr<const Policy> built_in_policy();

// What was in force as `version`; 0 is the built-in one. Code::not_found for one that never was,
// Code::corrupt if its document is lost or can be read no longer.
Result<CurrentPolicy> policy_of_version(const Read& read, std::int64_t version);

// The document as it was put. Code::not_found for version 0 and for one that never was.
Result<std::string> policy_text(const Read& read, std::int64_t version);

// The document parsed, and kept by its hash for current_policy(). Whoever is about to put a policy
// calls this on its own thread, so that the writer finds it parsed. Thread-safe. Errors:
// policy_from_yaml()'s.
Result<std::shared_ptr<const Policy>> parsed_policy(std::string_view text);

}  // namespace assent::store
