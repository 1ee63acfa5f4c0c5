#include "store/batch.h"
#include "store/read.h"
#include "store/state/policies.h"
#include "store/state/policies_in_force.h"
#include "store/state/projection.h"

namespace assent::store {

Result<EventRef> Write::record(const Event& event) {
  return record_as(actor_of(caller()), event);
}

Result<EventRef> Write::record_as(const Actor& actor, const Event& event) {
  // Stamped here, over whatever was there: who acted is not for an operation to say.
  Event stamped = event;
  stamped.data.set("actor", to_json(actor));
  const EventId id = stamped.id ? *stamped.id : make_event_id(now(), random_);
  const PreparedEvent prepared = prepare(stamped, actor, tenant(), trace_, id);
  const EventRef where = TRY(batch_.append(tenant().number, prepared));
  batch_.note(tenant().number, stamped);
  TRY(project(connection(),
              {.tenant = tenant_key(),
               .sequence = where.sequence,
               .time = where.time,
               .id = where.id,
               .type = stamped.type,
               .subject = stamped.subject,
               .correlation_id = stamped.correlation_id ? *stamped.correlation_id : trace_,
               .data = stamped.data,
               .causation = stamped.causation}));
  return where;
}

Result<EventRef> Write::record_prepared(const PreparedEvent& event,
                                        const std::optional<Event>& said) {
  CHECK(!is_governed_type(event.type));
  const EventRef where = TRY(batch_.append(tenant().number, event));
  batch_.note_emitted();
  if (!said) return where;
  TRY(project(connection(),
              {.tenant = tenant_key(),
               .sequence = where.sequence,
               .time = where.time,
               .id = where.id,
               .type = said->type,
               .subject = said->subject,
               .correlation_id = said->correlation_id ? *said->correlation_id : trace_,
               .data = said->data,
               .causation = said->causation}));
  return where;
}

Result<Write> Write::as(const Caller& caller) const {
  const TenantNumber number = caller.tenant.number;
  const Timestamp now = TRY(batch_.now(number));
  const auto size = TRY(batch_.size(number));
  return Write({.connection = connection(),
                .blobs = blobs(),
                .search = nullptr,
                .caller = caller,
                .now = now,
                .size = size,
                .policies = parts_.policies},
               batch_, trace_, random_);
}

Result<std::string> Write::verifier_key(std::string_view origin,
                                        ledger::Generation generation) const {
  return TRY(batch_.signers().of(origin, generation))->verifier_key().text();
}

// What is in memory is what was committed, and only the writer commits: nothing but this very batch
// can be newer.
Result<KeptPolicy> Write::policy() const {
  if (parts_.policies == nullptr || batch_.has_changed_policy(tenant().number)) {
    return TRY(current_policy(*this)).policy;
  }
  return parts_.policies->of(tenant().number);
}

Result<std::optional<std::uint64_t>> Write::last_recorded() const {
  const std::uint64_t now = TRY(batch_.size(tenant().number));
  if (now == size()) return std::optional<std::uint64_t>();
  return std::optional(now - 1);
}

}  // namespace assent::store
