#include "edge/cli/import/import_row.h"

#include "app/emit_events.h"
#include "base/canonical.h"
#include "base/hash.h"
#include "base/redact.h"
#include "base/time.h"
#include "domain/event.h"

#include <algorithm>
#include <array>

namespace assent::cli {
namespace {

enum class Need { always, may_be_null };

struct Column {
  std::string_view name;
  std::string_view in_table;
  Need need = Need::always;
};

constexpr std::array kColumns = {
    Column{"id", "id"},
    Column{"clientId", "client_id"},
    Column{"actionType", "action_type"},
    Column{"actorType", "actor_type"},
    Column{"actorId", "actor_id"},
    Column{"targetType", "target_type"},
    Column{"targetId", "target_id"},
    Column{"outcome", "outcome"},
    Column{"createdAt", "created_at"},
    Column{"proof", "proof", Need::may_be_null},
    Column{"metadata", "metadata", Need::may_be_null},
    Column{"correlationId", "correlation_id", Need::may_be_null},
    Column{"parentEventId", "parent_event_id", Need::may_be_null},
};

constexpr std::size_t kIdLengthMax = 255;
// Beyond the first, data is a blob; beyond the second, it is refused.
constexpr std::size_t kDataBytesMax = 16384;
constexpr std::size_t kDataBlobBytesMax = 1048576;

Error bad(std::string_view column, std::string_view what) {
  return error_at(Code::validation_error, std::string(column), std::string(what));
}

Result<std::string> text_at(const Json& row, std::string_view column) {
  const Json* const value = row.find(column);
  if (value == nullptr || value->is_null()) return bad(column, "is required");
  if (!value->is_string()) return bad(column, "must be a string");
  if (value->string().empty()) return bad(column, "is required");
  return value->string();
}

Result<std::string> id_at(const Json& row, std::string_view column) {
  std::string id = TRY(text_at(row, column));
  if (id.size() > kIdLengthMax) return bad(column, "has more than 255 bytes");
  return id;
}

// ---- times ----

// `2026-01-19 22:26:59.79+00`, as PostgreSQL prints it, and RFC 3339, which it nearly is.
std::optional<Timestamp> time_from(std::string_view told, NoZone no_zone) {
  constexpr std::size_t kDateLength = 10;
  constexpr std::size_t kSecondsEnd = 19;
  if (told.size() < kSecondsEnd) return std::nullopt;
  std::string text(told);
  if (text[kDateLength] == ' ') text[kDateLength] = 'T';
  const std::size_t zone = text.find_first_not_of("0123456789.", kSecondsEnd);
  if (zone == std::string::npos) {
    if (no_zone == NoZone::is_a_fault) return std::nullopt;
    text += 'Z';
  } else if (text[zone] != 'Z' && text.size() == zone + 3) {
    text += ":00";
  }
  return from_rfc3339(text);
}

Result<Timestamp> created_at(const Json& row, NoZone no_zone) {
  const auto time = time_from(TRY(text_at(row, "createdAt")), no_zone);
  if (time) return *time;
  return bad("createdAt",
             "must be a time with its zone, to the microsecond, such as "
             "2026-01-31T09:00:00.25Z");
}

// ---- proof ----

// The column's value in the event's spelling, or nothing if that cannot say all of it.
std::optional<Json> clean_proof(const Json& proof) {
  constexpr std::array<std::string_view, 4> kTypes = {"screenshot", "api_response", "hash", "url"};
  const std::string type(proof.string_at("type").value_or(""));
  if (std::ranges::find(kTypes, type) == kTypes.end()) return std::nullopt;
  Json out = Json::object();
  for (const auto& [name, value] : proof.members()) {
    if (value.is_null()) continue;
    if (name == "data") {
      out.set(name, value);
      continue;
    }
    if (!value.is_string()) return std::nullopt;
    if (name == "type" || name == "url") {
      out.set(name, value);
    } else if (name == "hash") {
      auto hash = content_hash_from_text(value.string());
      if (!hash) hash = content_hash_from_text("sha256:" + value.string());
      if (!hash) return std::nullopt;
      out.set("sha256", content_hash_text(*hash));
    } else if (name == "capturedAt") {
      const auto time = from_rfc3339(value.string());
      if (!time) return std::nullopt;
      out.set(name, to_rfc3339(*time));
    } else {
      return std::nullopt;
    }
  }
  // What each type is nothing without.
  const std::string_view needed = type == "hash"           ? "sha256"
                                  : type == "api_response" ? "data"
                                                           : "url";
  return out.find(needed) == nullptr ? std::nullopt : std::optional(std::move(out));
}

bool is_none(const Json& proof) {
  return proof.members().empty() ||
         (proof.members().size() == 1 && proof.string_at("type") == "none");
}

// Nothing for {"type": "none"}. A proof of another shape is kept whole, as an answer's data.
Result<std::optional<Json>> proof_of(const Json& row) {
  const Json* const proof = row.find("proof");
  if (proof == nullptr || proof->is_null()) return std::optional<Json>();
  if (!proof->is_object()) return bad("proof", "must be an object");
  if (is_none(*proof)) return std::optional<Json>();
  auto clean = clean_proof(*proof);
  if (!clean) clean = Json::object({{"data", *proof}, {"type", "api_response"}});
  const Json* const data = clean->find("data");
  if (data != nullptr && canonical_json(*data).size() > kDataBlobBytesMax) {
    return bad("proof.data", "is too large: more than 1 MiB");
  }
  return clean;
}

// ---- the event ----

Result<Json> metadata_of(const Json& row, Json imported) {
  const Json* const given = row.find("metadata");
  Json metadata = given == nullptr || given->is_null() ? Json::object() : *given;
  if (!metadata.is_object()) return bad("metadata", "must be an object");
  if (const Json* const before = metadata.find("imported")) imported.set("before", *before);
  return metadata.set("imported", std::move(imported));
}

Json actor_of_row(const std::string& type, std::string id) {
  return Json::object({{"id", std::move(id)}, {"type", type == "user" ? "human" : type}});
}

Result<void> check_action(std::string_view type) {
  if (!is_event_type(type)) {
    return bad("actionType", "must be dotted lower-case words such as content.publish");
  }
  if (is_governed_type(type)) return bad("actionType", "is of a family that only Assent writes");
  return {};
}

// What the server would say, said before anything is sent; by the row's names of the fields.
Result<void> check_event(const Json& event) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kNames = {
      {{"actor.id", "actorId"},
       {"actor.type", "actorType"},
       {"target.id", "targetId"},
       {"target.type", "targetType"},
       {"type", "actionType"},
       {"occurredAt", "createdAt"},
       {"id", "id"}}};
  app::EmittedEvent checked;
  app::FieldErrors errors;
  app::Codec<app::EmittedEvent>::read(event, checked, app::Bounds{}, "", errors);
  if (errors.empty()) return {};
  const auto* const name = std::ranges::find(kNames, std::string_view(errors.front().path),
                                             [](const auto& each) { return each.first; });
  return bad(name == kNames.end() ? std::string_view(errors.front().path) : name->second,
             errors.front().message);
}

Result<void> check_columns(const Json& row) {
  for (const auto& [name, value] : row.members()) {
    if (!column_from(name)) return bad(name, "is no column of the table");
  }
  return {};
}

}  // namespace

std::optional<std::string_view> column_from(std::string_view spelling) {
  for (const Column& column : kColumns) {
    if (spelling == column.name || spelling == column.in_table) return column.name;
  }
  return std::nullopt;
}

bool is_json_column(std::string_view column) {
  return column == "proof" || column == "metadata";
}

std::optional<std::string_view> missing_column(const std::vector<std::string_view>& columns) {
  for (const Column& column : kColumns) {
    const bool is_there = std::ranges::find(columns, column.name) != columns.end();
    if (column.need == Need::always && !is_there) return column.name;
  }
  return std::nullopt;
}

EventId event_id_of(std::string_view client_id, std::string_view id) {
  const auto own = uuid_from_text(id);
  if (own && is_uuid7(*own)) return EventId(*own);
  const Hash hash = sha256("assent import 1\n" + std::to_string(client_id.size()) + "\n" +
                           std::string(client_id) + std::string(id));
  constexpr std::size_t kTimeBytes = 6;
  UuidBytes bytes{};
  std::copy_n(hash.begin(), bytes.size() - kTimeBytes, bytes.begin() + kTimeBytes);
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0F) | 0x70);  // Version 7.
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3F) | 0x80);  // The variant of RFC 9562.
  return EventId(bytes);
}

Result<ImportRow> row_from(const Json& row, NoZone no_zone) {
  if (!row.is_object()) return Error{Code::validation_error, "must be an object"};
  TRY(check_columns(row));
  auto id = TRY(id_at(row, "id"));
  auto client_id = TRY(id_at(row, "clientId"));
  ImportRow out{.id = std::move(id),
                .client_id = std::move(client_id),
                .parent = std::nullopt,
                .event = Json::object()};
  Json imported = Json::object({{"clientId", out.client_id}, {"id", out.id}});
  const Json* const parent = row.find("parentEventId");
  if (parent != nullptr && !parent->is_null()) {
    out.parent = TRY(id_at(row, "parentEventId"));
    imported.set("parentEventId", *out.parent);
  }
  const std::string type = TRY(text_at(row, "actionType"));
  TRY(check_action(type));
  const std::string actor_type = TRY(text_at(row, "actorType"));
  out.event.set("actor", actor_of_row(actor_type, TRY(text_at(row, "actorId"))));
  const Json* const flow = row.find("correlationId");
  if (flow != nullptr && !flow->is_null()) out.event.set("correlationId", *flow);
  const std::string target_id = TRY(text_at(row, "targetId"));
  const std::string target_type = TRY(text_at(row, "targetType"));
  out.event.set("id", event_id_of(out.client_id, out.id).text())
      .set("metadata", TRY(metadata_of(row, std::move(imported))))
      .set("occurredAt", to_rfc3339(TRY(created_at(row, no_zone))))
      .set("outcome", TRY(text_at(row, "outcome")))
      .set_if("proof", TRY(proof_of(row)))
      .set("target", Json::object({{"id", target_id}, {"type", target_type}}))
      .set("type", type);
  TRY(check_event(out.event));
  return out;
}

std::optional<std::string> detach_large_data(Json& event) {
  const Json* const proof = event.find("proof");
  const Json* const data = proof == nullptr ? nullptr : proof->find("data");
  if (data == nullptr) return std::nullopt;
  if (canonical_json(*data).size() <= kDataBytesMax) return std::nullopt;
  // What goes into a blob is stored as it is, so its secrets are taken out here.
  Json clean = *data;
  Redactor().redact(clean);
  std::string bytes = canonical_json(clean);
  Json smaller = *proof;
  std::erase_if(smaller.members(), [](const auto& member) { return member.first == "data"; });
  event.set("proof", smaller.set("blob", content_hash_text(sha256(bytes))));
  return bytes;
}

}  // namespace assent::cli
