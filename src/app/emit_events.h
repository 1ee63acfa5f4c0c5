// Side effects told to the log by those who caused them: one, an array, or NDJSON; all or nothing.
#pragma once

#include "app/emitted_proof.h"
#include "app/operation.h"
#include "domain/event.h"

#include <optional>
#include <string>
#include <vector>

namespace assent::app {

struct EmittedTarget {
  std::string type, id;
};
void describe(Fields& fields, EmittedTarget& target);

// Who an emitter may say it was: not a rule, which only the engine follows. `user` is what some
// programs call a human.
enum class EmittedActorType { human, agent, service, system, webhook, user };

struct EmittedActor {
  EmittedActorType type = EmittedActorType::agent;
  std::string id;
  std::optional<std::string> name;
};
void describe(Fields& fields, EmittedActor& actor);

// The program that emits, and its count of its own events: from 1, one more with each.
struct EmittedBy {
  std::string id;
  std::int64_t sequence = 0;
};
void describe(Fields& fields, EmittedBy& producer);

struct EmittedEvent {
  std::string type;
  EmittedTarget target;
  EmitOutcome outcome = EmitOutcome::success;
  std::optional<EmittedActor> actor;
  std::optional<EmittedProof> proof;
  std::optional<JsonObject> metadata;
  std::optional<std::string> id;  // `evt_…` or a UUIDv7; makes a retry harmless.
  std::optional<Timestamp> occurred_at;
  std::optional<std::string> causation_id;
  std::optional<std::string> correlation_id;
  std::optional<std::string> tenant_id;  // Whose the emitter believes the event to be.
  std::optional<EmittedBy> producer;
};
void describe(Fields& fields, EmittedEvent& event);

struct EmitEvents {
  std::vector<EmittedEvent> events;
  bool is_single = false;

  // Made by prepare(): the rendered event; whether the emitter brought its id, and where an event
  // with that id was found in the log; and what it was rendered from, where the state is to hear of
  // it.
  struct Rendered {
    PreparedEvent event;
    bool is_own_id = false;
    std::optional<std::uint64_t> found;
    std::optional<Event> said;
  };
  std::vector<Rendered> rendered;
};
void describe(Fields& fields, EmitEvents& in);
Result<void> take_body(EmitEvents& in, const RawBody& body);
Result<void> prepare(EmitEvents& in, const Preparation& preparation);
bool blocks(const EmitEvents& in, const store::Store& store);

// `events[3].proof`, or `proof` if the request is one event.
std::string path_of(const EmitEvents& in, std::size_t index, std::string_view field);

// What one event's place looks like; of an array, `events` has one for each.
struct EmittedAt {
  EventId id;
  std::int64_t sequence = 0;
  Timestamp time;
};

struct Emitted {
  std::vector<store::EventRef> events;
  bool is_single = false;
};
void describe(Fields& fields, Emitted& out);
std::string to_data_text(const Emitted& out);

Result<Emitted> emit_events(store::Write& write, const EmitEvents& in);

}  // namespace assent::app
