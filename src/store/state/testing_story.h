// What happens in a small world: governed events with all their fields. For tests only.
#pragma once

#include "base/random.h"
#include "domain/approval.h"
#include "domain/event.h"
#include "store/blobs.h"
#include "store/connection.h"
#include "store/read.h"
#include "store/search/testing_search.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assent::store {

struct Step {
  Actor actor;
  Event event;
};

Actor human(const PrincipalId& id);
Actor agent(const PrincipalId& id);

// One approval, and the ids of what belongs to it.
struct Ask {
  ApprovalId id;
  std::string tool = "fs.delete";
  std::string content_hash;
  PrincipalId by;
  Timestamp asked_at;
  Timestamp expires_at;
  GrantId grant;
  std::string correlation_id;
};

class Story {
 public:
  explicit Story(Random& random) : random_(random) {}

  Timestamp now = from_microseconds(1'700'000'000'000'000);

  template <class IdType>
  IdType make() {
    return IdType::make(now, random_);
  }
  Ask ask(const PrincipalId& by, std::string tool = "fs.delete");

  Step founded(TenantNumber number, std::string_view name);
  Step principal(const PrincipalId& id, PrincipalType type, const std::vector<Role>& roles);
  Step key(const KeyId& id, const PrincipalId& principal);
  Step key_revoked(const KeyId& id, const PrincipalId& principal);
  Step policy(std::int64_t version, const std::string& sha256,
              const std::optional<std::string>& previous);

  Step requested(const Ask& ask);
  Step auto_approved(const Ask& ask);
  Step attempted(const Ask& ask, const PrincipalId& by, Verdict verdict = Verdict::approve);
  Step blocked(const Ask& ask, const PrincipalId& by, Refusal refusal);
  Step recorded(const Ask& ask, const PrincipalId& by);
  Step succeeded(const Ask& ask, const PrincipalId& by);
  Step rejected(const Ask& ask, const PrincipalId& by);
  Step rejected_by_rule(const Ask& ask);
  Step cancelled(const Ask& ask);
  Step expired(const Ask& ask);

  Step attached(const Ask& ask, const EvidenceId& id);
  Step withdrawn(const Ask& ask, const EvidenceId& id);

  Step issued(const Ask& ask);
  Step consumed(const Ask& ask);
  Step grant_expired(const Ask& ask);
  Step started(const Ask& ask, const ExecutionId& id, std::int64_t attempt = 1);
  Step ended(const Ask& ask, const ExecutionId& id, ExecutionState state);
  Step renewed(const Ask& ask, const ExecutionId& id, Timestamp until);
  Step resolved(const Ask& ask, const ExecutionId& id, const PrincipalId& by, ExecutionState as);
  Step escalated(const Ask& ask, const EscalationId& id, const ExecutionId& execution);

 private:
  Random& random_;
};

// An empty state in memory, to which facts can be told directly.
class TestState {
 public:
  TestState();

  Connection& connection() { return *connection_; }
  const Blobs& blobs() const { return *blobs_; }

  // Applies the step, or nothing of it. The order of the calls is the order of the log.
  Result<void> tell(const Step& step, Timestamp at, TenantNumber tenant = TenantNumber{1});

  // A reader's view of a tenant. The reference is valid until the next call.
  Read& read(Timestamp now, TenantNumber tenant = TenantNumber{1});

 private:
  std::unique_ptr<Connection> connection_;
  TemporaryDirectory directory_;
  std::unique_ptr<Blobs> blobs_;
  Caller caller_;
  std::optional<Read> read_;
  std::map<TenantNumber, std::uint64_t> sizes_;
};

}  // namespace assent::store
