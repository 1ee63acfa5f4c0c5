// `rtv`, an audit emitter: one row of its table audit_events for each event of the log.
//
// That table was made for side effects. What the engine itself writes has a row as well, so that a
// trail is whole: its target is the event's subject, its outcome says how the target stands after
// it, and its metadata is what the log has. That system had four kinds of actors, four outcomes and
// five kinds of proof; the nearest one stands for each of ours.
#include "domain/dialect/system.h"
#include "domain/words.h"

#include <utility>

namespace assent::dialect {
namespace {

// ---- actors ----

// A service and a rule are of the system; that table knew no other automatons.
std::string_view actor_kind(const StoredEvent& event) {
  const auto type = from_word<ActorType>(actor_type_of(event)).value_or(ActorType::system);
  switch (type) {
    case ActorType::human:
      return "user";
    case ActorType::agent:
    case ActorType::webhook:
      return word(type);
    case ActorType::service:
    case ActorType::rule:
    case ActorType::system:
      return "system";
  }
  return "system";
}

// Whom the emitter named is called what it called them; principals are bare UUIDs.
std::string actor_id(const StoredEvent& event) {
  const std::string_view id = actor_id_of(event);
  return event.data.find("recordedBy") == nullptr ? bare_id(id) : std::string(id);
}

// ---- outcomes ----

struct Ended {
  std::string_view type;
  EmitOutcome outcome;
};

// What is not in the table was done when it was written: success.
constexpr std::array kEnded = {
    Ended{"approval.abandoned", EmitOutcome::failure},
    Ended{"approval.attempted", EmitOutcome::pending},
    Ended{"approval.cancelled", EmitOutcome::failure},
    Ended{"approval.deferred", EmitOutcome::pending},
    Ended{"approval.expired", EmitOutcome::failure},
    Ended{"approval.recorded", EmitOutcome::pending},
    Ended{"approval.rejected", EmitOutcome::failure},
    Ended{"approval.requested", EmitOutcome::pending},
    Ended{"escalation.acknowledged", EmitOutcome::pending},
    Ended{"escalation.repeated", EmitOutcome::pending},
    Ended{"escalation.triggered", EmitOutcome::pending},
    Ended{"execution.failed", EmitOutcome::failure},
    Ended{"execution.partial", EmitOutcome::partial},
    Ended{"execution.renewed", EmitOutcome::pending},
    Ended{"execution.started", EmitOutcome::pending},
    Ended{"execution.unknown", EmitOutcome::pending},
    Ended{"grant.expired", EmitOutcome::failure},
    Ended{"grant.refused", EmitOutcome::failure},
    Ended{"ir.dag_diff_failed", EmitOutcome::failure},
    Ended{"ir.validated_escalate", EmitOutcome::pending},
    Ended{"ir.validated_reject", EmitOutcome::failure},
    Ended{"notification.failed", EmitOutcome::failure},
};
constexpr bool kIsSorted = std::is_sorted(
    kEnded.begin(), kEnded.end(), [](const Ended& a, const Ended& b) { return a.type < b.type; });
static_assert(kIsSorted);

EmitOutcome outcome_by_type(const StoredEvent& event) {
  if (event.type.starts_with("approval.blocked.")) return EmitOutcome::failure;
  const auto by_type = [](const Ended& ended, std::string_view type) { return ended.type < type; };
  const auto found = std::lower_bound(kEnded.begin(), kEnded.end(), event.type, by_type);
  return found == kEnded.end() || found->type != event.type ? EmitOutcome::success : found->outcome;
}

// Of an emitted event its own; of a settled unknown what it was settled as; of a deadline what it
// led to.
EmitOutcome outcome_of(const StoredEvent& event) {
  const bool is_emitted = !is_governed_type(event.type);
  if (is_emitted || event.type == "execution.resolved") {
    const auto said = event.data.string_at(is_emitted ? "outcome" : "as");
    if (const auto outcome = from_word<EmitOutcome>(said.value_or(""))) return *outcome;
  }
  if (event.type == "approval.expired" &&
      event.data.string_at("resultingStatus") == word(Status::approved)) {
    return EmitOutcome::success;
  }
  return outcome_by_type(event);
}

// ---- targets ----

std::pair<std::string, std::string> target_of(const StoredEvent& event) {
  const auto type = event.data.string_at("targetType");
  const auto id = event.data.string_at("targetId");
  if (!is_governed_type(event.type) && type && id) return {std::string(*type), std::string(*id)};
  const std::size_t slash = event.subject.find('/');
  if (slash == std::string::npos) return {"subject", bare_id(event.subject)};
  return {event.subject.substr(0, slash), bare_id(event.subject.substr(slash + 1))};
}

// ---- proof ----

bool is_proof_type(std::string_view type) {
  constexpr std::array<std::string_view, 5> kTypes = {"screenshot", "api_response", "hash", "url",
                                                      "none"};
  return std::find(kTypes.begin(), kTypes.end(), type) != kTypes.end();
}

void set_text(Json& out, std::string_view name, const Json& proof, std::string_view from) {
  out.set_if(std::string(name), proof.string_at(from));
}

// The data was an object there; data that is a blob is named by its hash.
void set_data(Json& out, const Json& proof) {
  const Json* const data = proof.find("data");
  if (data != nullptr) {
    out.set("data", data->is_object() ? *data : Json::object({{"value", *data}}));
  } else if (const auto blob = proof.string_at("blob")) {
    out.set("data", Json::object({{"blob", *blob}}));
  }
}

// What has none of that system's types was given as an answer: it is the data.
Json proof_of(const StoredEvent& event) {
  const Json* const proof = event.data.find("proof");
  if (proof == nullptr || !proof->is_object() || proof->members().empty()) {
    return Json::object({{"type", "none"}});
  }
  const auto type = proof->string_at("type");
  if (!type || !is_proof_type(*type)) {
    return Json::object({{"type", "api_response"}, {"data", *proof}});
  }
  Json out = Json::object({{"type", *type}});
  set_data(out, *proof);
  set_text(out, "url", *proof, "url");
  set_text(out, "hash", *proof, "sha256");
  set_text(out, "capturedAt", *proof, "capturedAt");
  return out;
}

// ---- metadata ----

// The emitter's; and when it says that it happened, for createdAt is when the log was told.
Json emitted_metadata(const StoredEvent& event) {
  Json metadata = value_at(event.data, "metadata");
  if (!metadata.is_object()) metadata = Json::object();
  if (metadata.find("occurredAt") == nullptr) {
    metadata.set_if("occurredAt", event.data.string_at("occurredAt"));
  }
  return metadata;
}

// What the log says beside what has a column; that system's two members for an error besides.
Json governed_metadata(const StoredEvent& event) {
  Json metadata = event.data;
  std::erase_if(metadata.members(), [](const auto& member) {
    return member.first == "actor" || member.first == "proof" || member.first == "outcome";
  });
  const Json error = value_at(event.data, "error");
  if (error.is_string()) metadata.set("errorMessage", error);
  if (error.is_object()) {
    metadata.set_if("errorCode", error.string_at("code"));
    metadata.set_if("errorMessage", error.string_at("message"));
  }
  return metadata;
}

std::optional<Json> translate(const StoredEvent& event) {
  auto target = target_of(event);
  Json parent = event.causation ? Json(uuid_text(event.causation->bytes())) : Json();
  const bool is_governed = is_governed_type(event.type);
  return Json::object(
      {{"id", uuid_text(event.id.bytes())},
       {"clientId", event.tenant},
       {"actionType", event.type},
       {"actorType", actor_kind(event)},
       {"actorId", actor_id(event)},
       {"targetType", std::move(target.first)},
       {"targetId", std::move(target.second)},
       {"outcome", word(outcome_of(event))},
       {"proof", proof_of(event)},
       {"metadata", is_governed ? governed_metadata(event) : emitted_metadata(event)},
       {"correlationId", event.correlation_id},
       {"parentEventId", std::move(parent)},
       {"createdAt", to_rfc3339(event.time)}});
}

}  // namespace

const System& rtv() {
  static constexpr System kSystem{{}, "actionType", &translate};
  return kSystem;
}

}  // namespace assent::dialect
