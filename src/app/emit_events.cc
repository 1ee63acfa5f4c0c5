#include "app/emit_events.h"

#include "app/emission_guard.h"
#include "app/emitted_before.h"
#include "domain/policy.h"
#include "store/event_ids.h"

#include <algorithm>
#include <array>

namespace assent {

template <>
std::span<const std::string_view> words<app::EmittedActorType>() {
  static constexpr std::array<std::string_view, 6> kWords = {"human",  "agent",   "service",
                                                             "system", "webhook", "user"};
  return kWords;
}

}  // namespace assent

namespace assent::app {

namespace {

constexpr std::size_t kEventsPerRequestMax = 1000;

Result<void> take_item(EmitEvents& in, const Json& item) {
  const std::string path =
      in.is_single ? std::string() : "events[" + std::to_string(in.events.size()) + "]";
  FieldErrors errors;
  EmittedEvent event;
  Codec<EmittedEvent>::read(item, event, Bounds{}, path, errors);
  if (!errors.empty()) return internal::invalid(std::move(errors));
  in.events.push_back(std::move(event));
  return {};
}

Result<void> take_lines(EmitEvents& in, std::string_view text) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    auto item = parse_json(line);
    if (!item) {
      for (FieldError& field : item.error().fields) {
        field.path =
            "line " + std::to_string(number) + (field.path.empty() ? "" : ": ") + field.path;
      }
      return std::move(item).error();
    }
    if (in.events.size() == kEventsPerRequestMax) break;
    TRY(take_item(in, *item));
    if (in.events.size() == kEventsPerRequestMax && !text.empty()) {
      return error_at(Code::too_large, "events", "has more than 1000 items");
    }
  }
  return {};
}

std::optional<EventId> event_id_from(std::string_view text) {
  if (const auto id = EventId::parse(text)) return id;
  const auto uuid = uuid_from_text(text);
  if (!uuid || !is_uuid7(*uuid)) return std::nullopt;
  return EventId(*uuid);
}

Result<void> check_type(const EmitEvents& in, std::size_t index) {
  const std::string& type = in.events[index].type;
  if (!is_event_type(type)) {
    return error_at(Code::validation_error, path_of(in, index, "type"),
                    "must be dotted lower-case words such as content.publish");
  }
  if (is_governed_type(type)) {
    return error_at(Code::reserved_event_type, path_of(in, index, "type"),
                    "is of a family that only the engine writes");
  }
  return {};
}

void redact(EmittedEvent& event, const Redactor& redactor) {
  redactor.redact(event.target.type);
  redactor.redact(event.target.id);
  if (event.actor) {
    redactor.redact(event.actor->id);
    if (event.actor->name) redactor.redact(*event.actor->name);
  }
  if (event.proof && event.proof->data) redactor.redact(*event.proof->data);
  if (event.proof && event.proof->url) redactor.redact(*event.proof->url);
  if (event.metadata) redactor.redact(event.metadata->value);
  if (event.correlation_id) redactor.redact(*event.correlation_id);
}

// A tenant's events are written with a key of that tenant; one that says otherwise went astray.
Result<void> check_tenant(const EmitEvents& in, std::size_t index, const Caller& caller) {
  const auto& tenant = in.events[index].tenant_id;
  if (!tenant || *tenant == caller.tenant.name) return {};
  return error_at(Code::insufficient_permissions, path_of(in, index, "tenantId"),
                  "is not the tenant of your key");
}

Result<void> check_producer(const EmitEvents& in, std::size_t index) {
  const auto& producer = in.events[index].producer;
  if (!producer || is_producer_name(producer->id)) return {};
  return error_at(Code::validation_error, path_of(in, index, "producer.id"),
                  "must be letters, digits, dots, hyphens and underscores");
}

ActorType actor_type_of(EmittedActorType type) {
  switch (type) {
    case EmittedActorType::human:
    case EmittedActorType::user:
      return ActorType::human;
    case EmittedActorType::agent:
      return ActorType::agent;
    case EmittedActorType::service:
      return ActorType::service;
    case EmittedActorType::system:
      return ActorType::system;
    case EmittedActorType::webhook:
      return ActorType::webhook;
  }
  return ActorType::system;
}

Json data_of(const EmittedEvent& event, const Caller& caller) {
  Json data = Json::object({{"actionType", event.type},
                            {"targetType", event.target.type},
                            {"targetId", event.target.id},
                            {"outcome", word(event.outcome)}});
  if (event.actor) {
    data.set("actor", to_json(Actor{.type = actor_type_of(event.actor->type),
                                    .id = event.actor->id,
                                    .name = event.actor->name}));
    data.set("recordedBy", to_json(actor_of(caller)));
  }
  if (event.proof) data.set("proof", to_json(*event.proof));
  if (event.metadata) data.set("metadata", event.metadata->value);
  if (event.occurred_at) data.set("occurredAt", to_rfc3339(*event.occurred_at));
  if (event.producer) {
    data.set("producer", Json::object({{"id", event.producer->id},
                                       {"principal", caller.principal.id.text()},
                                       {"sequence", event.producer->sequence}}));
  }
  return data;
}

// The cause must be an event of this tenant: of the log, or an earlier one of this request.
Result<EventId> cause_of(const EmitEvents& in, std::size_t index, const Preparation& preparation) {
  const auto id = event_id_from(*in.events[index].causation_id);
  const std::string path = path_of(in, index, "causationId");
  if (!id) return error_at(Code::validation_error, path, "must be an event id");
  const auto is_it = [&](const EmitEvents::Rendered& earlier) { return earlier.event.id == *id; };
  if (std::ranges::any_of(in.rendered, is_it)) return *id;
  if (TRY(look_up(*id, preparation))) return *id;
  return error_at(Code::unprocessable, path, "is no event of this log");
}

// The proof itself, and that what it names is there.
Result<void> check_proof(const EmitEvents& in, std::size_t index, const Preparation& preparation) {
  const auto& proof = in.events[index].proof;
  if (!proof) return {};
  TRY(check(*proof, path_of(in, index, "proof")));
  if (!proof->blob) return {};
  if (preparation.blobs.size(preparation.caller.tenant.number, *proof->blob)) return {};
  return error_at(Code::unprocessable, path_of(in, index, "proof.blob"),
                  "is no blob of this tenant: upload it first");
}

Result<EventId> own_id_of(const EmitEvents& in, std::size_t index) {
  if (const auto own = event_id_from(*in.events[index].id)) return *own;
  return error_at(Code::validation_error, path_of(in, index, "id"),
                  "must be evt_ and 26 characters, or a UUID of version 7");
}

// Whether the state is to hear of it: a number, something that is owed, or what may settle it.
bool has_state(const EmittedEvent& event) {
  return event.producer || event.outcome == EmitOutcome::pending || event.causation_id;
}

Result<void> check_all(const EmitEvents& in, std::size_t index, const Preparation& preparation) {
  TRY(check_tenant(in, index, preparation.caller));
  TRY(check_type(in, index));
  TRY(check_producer(in, index));
  return check_proof(in, index, preparation);
}

// `due_at` is when what is pending becomes overdue.
Result<void> render(EmitEvents& in, std::size_t index, const Preparation& preparation,
                    Timestamp due_at) {
  const EmittedEvent& emitted = in.events[index];
  TRY(check_all(in, index, preparation));
  Event event{.type = emitted.type,
              .subject = emitted.target.type + "/" + emitted.target.id,
              .data = data_of(emitted, preparation.caller),
              .correlation_id = emitted.correlation_id};
  if (emitted.causation_id) event.causation = TRY(cause_of(in, index, preparation));
  EmitEvents::Rendered rendered;
  if (emitted.id) {
    event.id = TRY(own_id_of(in, index));
    rendered.is_own_id = true;
  } else {
    event.id = make_event_id(preparation.now, preparation.random);
  }
  if (emitted.outcome == EmitOutcome::pending) event.data.set("dueAt", to_rfc3339(due_at));
  const Actor actor = actor_of(preparation.caller);
  rendered.event = prepare(event, actor, preparation.caller.tenant, preparation.trace, *event.id);
  if (has_state(emitted)) {
    if (!emitted.actor) event.data.set("actor", to_json(actor));
    rendered.said = std::move(event);
  }
  in.rendered.push_back(std::move(rendered));
  return {};
}

// Nothing in it needs an escape.
void append_text(std::string& out, const store::EventRef& event) {
  out.append(R"({"id":")").append(event.id.text());
  out.append(R"(","sequence":)").append(std::to_string(event.sequence));
  out.append(R"(,"time":")").append(to_rfc3339(event.time)).append("\"}");
}

Result<store::EventRef> record(store::Write& write, EmissionGuard& guard, const EmitEvents& in,
                               std::size_t index) {
  TRY(guard.check(index));
  return write.record_prepared(in.rendered[index].event, in.rendered[index].said);
}

}  // namespace

std::string path_of(const EmitEvents& in, std::size_t index, std::string_view field) {
  if (in.is_single) return std::string(field);
  return "events[" + std::to_string(index) + "]." + std::string(field);
}

Result<void> take_body(EmitEvents& in, const RawBody& body) {
  if (body.content_type == "application/x-ndjson") {
    TRY(take_lines(in, body.text));
  } else {
    const Json value = TRY(parse_json(body.text));
    in.is_single = !value.is_array();
    if (in.is_single) return take_item(in, value);
    if (value.items().size() > kEventsPerRequestMax) {
      return error_at(Code::too_large, "events", "has more than 1000 items");
    }
    for (const Json& item : value.items()) TRY(take_item(in, item));
  }
  if (in.events.empty()) return error_at(Code::validation_error, "events", "must not be empty");
  return {};
}

bool blocks(const EmitEvents& in, const store::Store& store) {
  // Looking a cause or an old id up may wait for the index; a blob is on the disk.
  return std::ranges::any_of(in.events, [&](const EmittedEvent& event) {
    if (event.causation_id || (event.proof && event.proof->blob)) return true;
    const auto id = event.id ? event_id_from(*event.id) : std::nullopt;
    return id && !store.remembered_ids().decide(*id, store.clock().now());
  });
}

Result<void> prepare(EmitEvents& in, const Preparation& preparation) {
  const auto policy = TRY(preparation.policies.of(preparation.caller.tenant.number));
  for (EmittedEvent& event : in.events) redact(event, policy->redactor);
  in.rendered.clear();  // A request that had to wait is prepared again.
  in.rendered.reserve(in.events.size());
  std::size_t left = kComparedBytesMax;
  const Timestamp due_at = preparation.now + policy->obligations.due_after;
  for (std::size_t i = 0; i < in.events.size(); ++i) {
    TRY(render(in, i, preparation, due_at));
    // Without a snapshot there is nothing to look for.
    if (in.events[i].id && preparation.read != nullptr) TRY(settle(in, i, preparation, left));
  }
  return {};
}

Result<Emitted> emit_events(store::Write& write, const EmitEvents& in) {
  Emitted out{.events = {}, .is_single = in.is_single};
  out.events.reserve(in.rendered.size());
  EmissionGuard guard(write, in);
  std::size_t left = kComparedOnWriterMax;
  for (std::size_t i = 0; i < in.rendered.size(); ++i) {
    auto earlier = in.rendered[i].recorded;
    if (in.rendered[i].same_as) {
      earlier = out.events[*in.rendered[i].same_as];
    } else if (in.rendered[i].is_own_id && !earlier) {
      earlier = TRY(recorded_before(write, in, i, left));
    }
    out.events.push_back(earlier ? *earlier : TRY(record(write, guard, in, i)));
  }
  return out;
}

// As text at once: of a thousand events the tree would cost the writer more than their checks.
std::string to_data_text(const Emitted& out) {
  constexpr std::size_t kBytesOfOne = 100;
  std::string text;
  if (out.is_single) {
    append_text(text, out.events.front());
    return text;
  }
  text.reserve((out.events.size() + 1) * kBytesOfOne);
  text.append(R"({"events":[)");
  for (const auto& event : out.events) {
    if (!text.ends_with('[')) text.push_back(',');
    append_text(text, event);
  }
  return text.append("]}");
}

void describe(Fields& fields, EmittedTarget& target) {
  fields.field("type", target.type, "the kind of thing", {.length_max = 100, .length_min = 1});
  fields.field("id", target.id, "which one", {.length_max = 255, .length_min = 1});
}

void describe(Fields& fields, EmittedActor& actor) {
  fields.field("type", actor.type, "what kind of actor it was");
  fields.field("id", actor.id, "which one", {.length_max = 255, .length_min = 1});
  fields.field("name", actor.name, "what it is called", {.length_max = 255});
}

void describe(Fields& fields, EmittedBy& producer) {
  fields.field("id", producer.id, "which program: letters, digits, . _ -",
               {.length_max = kProducerBytesMax, .length_min = 1});
  fields.field("sequence", producer.sequence, "the number of this event among the program's own",
               {.min = 1, .max = kProducerSequenceMax});
}

void describe(Fields& fields, EmittedEvent& event) {
  fields.field("type", event.type, "what was done, such as content.publish", {.length_max = 100});
  fields.field("target", event.target, "what it was done to");
  fields.field("outcome", event.outcome, "success, failure, partial or pending");
  fields.field("actor", event.actor, "who did it, if not the caller");
  fields.field("proof", event.proof, "what shows the outcome");
  fields.field("metadata", event.metadata, "anything else worth keeping");
  fields.field("id", event.id, "the emitter's own id, so that a retry is harmless",
               {.length_max = 64});
  fields.field("occurredAt", event.occurred_at, "when it happened, kept beside the log's time");
  fields.field("causationId", event.causation_id, "the event that caused it", {.length_max = 64});
  fields.field("correlationId", event.correlation_id, "the workflow",
               {.length_max = 255, .length_min = 1});
  fields.field("tenantId", event.tenant_id, "the tenant, which must be that of the key",
               {.length_max = 63});
  fields.field("producer", event.producer,
               "the program that numbers its events, so that a gap shows");
}

void describe(Fields&, EmitEvents&) {
  // The body is one event, an array of them or NDJSON: take_body() reads it.
}

void describe(Fields& fields, Emitted& out) {
  EmittedAt event;
  if (!out.events.empty()) event = {out.events.front().id, 0, out.events.front().time};
  fields.field("id", event.id, "the event");
  fields.field("sequence", event.sequence, "its place in the tenant's log, from 0");
  fields.field("time", event.time, "the commit's time");
}

}  // namespace assent::app
