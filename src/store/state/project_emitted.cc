// What emitted events do to the state: their producers' numbers, and what is still pending.
#include "store/state/fact_fields.h"
#include "store/state/project_parts.h"

#include <algorithm>

namespace assent::store {
namespace {

// Nearly every event of a producer is the next one of its principal, and this is all that it costs.
constexpr std::string_view kCountNext = R"sql(
  UPDATE producers
     SET next = next + 1, last_seen_at = $4
   WHERE tenant = $1 AND id = $2 AND next = $3 AND principal IS $5)sql";

constexpr std::string_view kKnown = R"sql(
  SELECT next, principal
    FROM producers
   WHERE tenant = $1 AND id = $2)sql";

constexpr std::string_view kInsertProducer = R"sql(
  INSERT INTO producers (tenant, id, next, missing, last_seen_at, principal)
       VALUES ($1, $2, $3, $4, $5, $6))sql";

constexpr std::string_view kBind = R"sql(
  UPDATE producers
     SET principal = $3
   WHERE tenant = $1 AND id = $2 AND principal IS NULL)sql";

constexpr std::string_view kSkip = R"sql(
  UPDATE producers
     SET next = $3, missing = missing + $4, last_seen_at = $5
   WHERE tenant = $1 AND id = $2)sql";

constexpr std::string_view kFound = R"sql(
  UPDATE producers
     SET missing = missing - 1, last_seen_at = $3
   WHERE tenant = $1 AND id = $2)sql";

constexpr std::string_view kGapAt = R"sql(
  SELECT first, last
    FROM producer_gaps
   WHERE tenant = $1 AND producer = $2 AND first <= $3
   ORDER BY first DESC
   LIMIT 1)sql";

constexpr std::string_view kDeleteGap = R"sql(
  DELETE FROM producer_gaps
   WHERE tenant = $1 AND producer = $2 AND first = $3)sql";

constexpr std::string_view kInsertGap = R"sql(
  INSERT INTO producer_gaps (tenant, producer, first, last)
       VALUES ($1, $2, $3, $4))sql";

constexpr std::string_view kOpen = R"sql(
  INSERT INTO obligations (tenant, id, type, target_type, target_id, actor_type, actor_id,
                           correlation_id, opened_at, due_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
  ON CONFLICT DO NOTHING)sql";

constexpr std::string_view kObligation = R"sql(
  SELECT target_type, target_id
    FROM obligations
   WHERE tenant = $1 AND id = $2)sql";

constexpr std::string_view kClose = R"sql(
  UPDATE obligations
     SET closed_at = $3, closed_by = $4, outcome = $5
   WHERE tenant = $1 AND id = $2 AND closed_at IS NULL)sql";

// What of the numbers of one producer is to be done.
struct Count {
  std::string_view producer;
  std::int64_t sequence = 0;
  // Whose event it is; nothing: it is of before names were bound to principals.
  std::optional<PrincipalId> principal;
};

struct Known {
  std::int64_t next = 1;
  std::optional<PrincipalId> principal;
};

struct Gap {
  std::int64_t first = 0;
  std::int64_t last = 0;
};

Result<void> insert_gap(Connection& connection, const Fact& fact, std::string_view producer,
                        const Gap& gap) {
  if (gap.first > gap.last) return {};
  TRY(connection.run(kInsertGap, {fact.tenant, producer, gap.first, gap.last}));
  return {};
}

Result<std::optional<Known>> find_known(Connection& connection, const Fact& fact,
                                        std::string_view producer) {
  const auto rows = TRY(connection.query(kKnown, {fact.tenant, producer}));
  if (!TRY(rows->next())) return std::optional<Known>();
  RowReader row(*rows, "producers");
  const Known known{.next = row.integer(0), .principal = row.optional_id<PrincipalId>(1)};
  TRY(row.finish());
  return std::optional(known);
}

// The name is the first principal's that uses it. What follows in the log knows whose it is.
Result<void> bind(Connection& connection, const Fact& fact, const Count& count,
                  const Known& known) {
  if (count.principal == known.principal) return {};
  if (known.principal) return impossible(fact);
  return require_one(
      fact,
      TRY(connection.run(kBind, {fact.tenant, count.producer, nullable_bytes(count.principal)})));
}

Result<std::optional<Gap>> gap_at(Connection& connection, const Fact& fact, const Count& count) {
  const auto rows = TRY(connection.query(kGapAt, {fact.tenant, count.producer, count.sequence}));
  if (!TRY(rows->next())) return std::optional<Gap>();
  return std::optional(Gap{.first = rows->integer(0), .last = rows->integer(1)});
}

// One that comes late, into the gap that it left.
Result<void> fill_gap(Connection& connection, const Fact& fact, const Count& count) {
  const auto gap = TRY(gap_at(connection, fact, count));
  if (!gap || gap->last < count.sequence) return impossible(fact);
  TRY(connection.run(kDeleteGap, {fact.tenant, count.producer, gap->first}));
  TRY(insert_gap(connection, fact, count.producer, {gap->first, count.sequence - 1}));
  TRY(insert_gap(connection, fact, count.producer, {count.sequence + 1, gap->last}));
  TRY(connection.run(kFound, {fact.tenant, count.producer, to_microseconds(fact.time)}));
  return {};
}

Result<void> count_event(Connection& connection, const Fact& fact, const Count& count) {
  const std::int64_t at = to_microseconds(fact.time);
  const std::int64_t sequence = count.sequence;
  const Parameter principal = nullable_bytes(count.principal);
  const auto counted =
      TRY(connection.run(kCountNext, {fact.tenant, count.producer, sequence, at, principal}));
  if (counted == 1) return {};

  const auto known = TRY(find_known(connection, fact, count.producer));
  if (!known) {
    TRY(connection.run(kInsertProducer,
                       {fact.tenant, count.producer, sequence + 1, sequence - 1, at, principal}));
    return insert_gap(connection, fact, count.producer, {1, sequence - 1});
  }
  TRY(bind(connection, fact, count, *known));
  const std::int64_t next = known->next;
  if (sequence < next) return fill_gap(connection, fact, count);
  TRY(connection.run(kSkip, {fact.tenant, count.producer, sequence + 1, sequence - next, at}));
  return insert_gap(connection, fact, count.producer, {next, sequence - 1});
}

Result<void> project_producer(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  FactFields producer = fields.object("producer");
  const Count count{.producer = producer.text("id"),
                    .sequence = producer.integer("sequence"),
                    .principal = producer.optional_id<PrincipalId>("principal")};
  if (!is_producer_name(count.producer)) producer.spoil("id");
  if (count.sequence < 1 || count.sequence > kProducerSequenceMax) producer.spoil("sequence");
  TRY(fields.finish());
  TRY(producer.finish());
  return count_event(connection, fact, count);
}

Result<void> open_obligation(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const auto outcome = fields.as_word<EmitOutcome>("outcome");
  if (outcome != EmitOutcome::pending) fields.spoil("outcome");
  const auto target_type = fields.text("targetType");
  const auto target_id = fields.text("targetId");
  const auto due_at = fields.time("dueAt");
  FactFields actor = fields.object("actor");
  const auto actor_type = actor.as_word<ActorType>("type");
  const auto actor_id = actor.text("id");
  TRY(fields.finish());
  TRY(actor.finish());
  return require_one(
      fact, TRY(connection.run(kOpen, {fact.tenant, bytes_of(fact.id), fact.type, target_type,
                                       target_id, word(actor_type), actor_id, fact.correlation_id,
                                       to_microseconds(fact.time), to_microseconds(due_at)})));
}

Result<bool> owes_this(Connection& connection, const Fact& fact) {
  const auto rows = TRY(connection.query(kObligation, {fact.tenant, bytes_of(*fact.causation)}));
  if (!TRY(rows->next())) return false;
  return fact.data.string_at("targetType") == rows->text(0) &&
         fact.data.string_at("targetId") == rows->text(1);
}

// Of all that an obligation causes, what ends it is what has an end and the same target.
Result<void> close_obligation(Connection& connection, const Fact& fact) {
  const auto outcome = from_word<EmitOutcome>(fact.data.string_at("outcome").value_or(""));
  if (!outcome || *outcome == EmitOutcome::pending) return {};
  if (!TRY(owes_this(connection, fact))) return {};
  return require_one(fact, TRY(connection.run(kClose, {fact.tenant, bytes_of(*fact.causation),
                                                       to_microseconds(fact.time),
                                                       bytes_of(fact.id), word(*outcome)})));
}

}  // namespace

// The two names are written by nobody else: what an emitter says stands below `metadata` and
// `proof`. Events of before there were obligations have none of the two.
Result<void> project_emitted(Connection& connection, const Fact& fact) {
  if (fact.data.find("producer") != nullptr) TRY(project_producer(connection, fact));
  if (fact.data.find("dueAt") != nullptr) TRY(open_obligation(connection, fact));
  if (fact.causation) TRY(close_obligation(connection, fact));
  return {};
}

// Canonical JSON writes a name in one way only, so that whoever does not find it need not read.
bool may_have_state(const EventView& event) {
  return event.causation.has_value() ||
         event.data.find(R"("producer":)") != std::string_view::npos ||
         event.data.find(R"("dueAt":)") != std::string_view::npos;
}

}  // namespace assent::store
