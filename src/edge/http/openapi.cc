#include "edge/http/openapi.h"

#include "app/emit_events.h"
#include "app/operation.h"

#include <algorithm>
#include <map>

namespace assent::http {

namespace {

Json ref(std::string_view name) {
  return Json::object({{"$ref", "#/components/" + std::string(name)}});
}

Json content(std::string_view type, Json schema) {
  return Json::object({{std::string(type), Json::object({{"schema", std::move(schema)}})}});
}

// `POST /v1/approvals/{id}/approve` belongs to `approvals`.
std::string tag_of(const app::About& about) {
  const std::string_view path = about.route.substr(about.route.find("/v1/") + 4);
  return std::string(path.substr(0, path.find('/')));
}

Json parameters_of(const app::Operation& operation) {
  Json parameters = Json::array();
  for (const app::FieldDoc& field : operation.inputs()) {
    if (field.place == app::Place::body) continue;
    const bool is_path = field.place == app::Place::path;
    parameters.push(Json::object({{"name", field.name},
                                  {"in", is_path ? "path" : "query"},
                                  {"required", is_path || field.is_required},
                                  {"description", field.help},
                                  {"schema", field.schema}}));
  }
  if (operation.about.route.starts_with("POST")) parameters.push(ref("parameters/IdempotencyKey"));
  if (!operation.about.route.starts_with("GET")) parameters.push(ref("parameters/Proof"));
  if (operation.about.name == "get_approval") parameters.push(ref("parameters/Prefer"));
  return parameters;
}

Json object_of(const std::vector<app::FieldDoc>& fields) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const app::FieldDoc& field : fields) {
    if (field.place != app::Place::body) continue;
    Json property = field.schema;
    property.set("description", field.help);
    properties.set(field.name, std::move(property));
    if (field.is_required) required.push(field.name);
  }
  Json schema = Json::object({{"type", "object"}, {"properties", std::move(properties)}});
  if (!required.items().empty()) schema.set("required", std::move(required));
  return schema;
}

// What a body that is not an object of fields looks like.
Json body_of(const app::Operation& operation) {
  const Json text = Json::object({{"type", "string"}});
  switch (operation.about.body) {
    case app::BodyKind::json: {
      Json schema = object_of(operation.inputs());
      schema.set("additionalProperties", false);
      return content("application/json", std::move(schema));
    }
    case app::BodyKind::events: {
      const Json one = ref("schemas/EmittedEvent");
      Json body = content(
          "application/json",
          Json::object({{"oneOf", Json(Json::Array{
                                      one, Json::object({{"type", "array"}, {"items", one}})})}}));
      body.set("application/x-ndjson", Json::object({{"schema", text}}));
      return body;
    }
    case app::BodyKind::document: {
      Json body = content("application/json", Json::object({{"type", "object"}}));
      for (const std::string type : {"application/yaml", "application/x-yaml", "text/yaml"}) {
        body.set(type, Json::object({{"schema", text}}));
      }
      return body;
    }
    case app::BodyKind::plan:
      return content("application/json", Json::object({{"type", "object"}}));
    case app::BodyKind::bytes:
      return content("application/octet-stream",
                     Json::object({{"type", "string"}, {"format", "binary"}}));
  }
  return Json::object();
}

Json success_of(const app::Operation& operation) {
  const std::string_view name = operation.about.name;
  if (!operation.about.raw_type.empty()) {
    return content(operation.about.raw_type,
                   Json::object({{"type", "string"}, {"format", "binary"}}));
  }
  Json data = object_of(operation.outputs());
  // A list is the array itself, and an event or a list of them is what the log holds.
  if (name.starts_with("list_"))
    data = *data.find("properties")->members().front().second.find("items");
  if (name == "get_event" || name == "query_events" || name == "approval_trail") {
    data = Json::object(
        {{"anyOf", Json(Json::Array{ref("schemas/Event"), ref("schemas/DialectRow")})}});
  }
  const bool is_list =
      name.starts_with("list_") || name == "query_events" || name == "approval_trail";
  if (is_list) data = Json::object({{"type", "array"}, {"items", std::move(data)}});
  return content("application/json",
                 Json::object({{"type", "object"},
                               {"required", Json(Json::Array{"data", "meta"})},
                               {"properties", Json::object({{"data", std::move(data)},
                                                            {"meta", ref("schemas/Meta")}})}}));
}

Json responses_of(const app::Operation& operation) {
  const std::string status = operation.about.is_creation ? "201" : "200";
  Json responses = Json::object(
      {{status, Json::object({{"description", "Done."}, {"content", success_of(operation)}})}});
  for (const std::string code :
       {"400", "401", "403", "404", "409", "410", "413", "415", "422", "500", "503"}) {
    responses.set(code, ref("responses/Problem"));
  }
  return responses;
}

Json operation_of(const app::Operation& operation) {
  const app::About& about = operation.about;
  Json out = Json::object({{"operationId", about.name},
                           {"summary", about.help},
                           {"description", about.help},
                           {"tags", Json(Json::Array{tag_of(about)})},
                           {"parameters", parameters_of(operation)}});
  if (!about.route.starts_with("GET")) {
    out.set("requestBody", Json::object({{"required", about.body != app::BodyKind::json},
                                         {"content", body_of(operation)}}));
  }
  out.set("responses", responses_of(operation));
  return out;
}

Json paths() {
  Json all = Json::object();
  for (const app::Operation& operation : app::operations()) {
    const std::string_view route = operation.about.route;
    const std::size_t space = route.find(' ');
    std::string method(route.substr(0, space));
    std::ranges::transform(method, method.begin(),
                           [](char c) { return static_cast<char>(c | 0x20); });
    const std::string path(route.substr(space + 1));
    if (all.find(path) == nullptr) all.set(path, Json::object());
    auto row = std::ranges::find(all.members(), path, &Json::Member::first);
    row->second.set(std::move(method), operation_of(operation));
  }
  return all;
}

Json parse(std::string_view text) {
  auto parsed = parse_json(text);
  CHECK(parsed.has_value());
  return std::move(*parsed);
}

Json components() {
  return parse(R"json({
  "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "An API key."}},
  "parameters": {
    "IdempotencyKey": {"name": "Idempotency-Key", "in": "header", "required": false,
      "description": "The same key and body give the stored answer and no new event.",
      "schema": {"type": "string", "minLength": 1, "maxLength": 255}},
    "Proof": {"name": "proof", "in": "query", "required": false,
      "description": "true answers with meta.receipt: the last event that was recorded, proven.",
      "schema": {"type": "boolean"}},
    "Prefer": {"name": "Prefer", "in": "header", "required": false,
      "description": "wait=N answers when the approval changes, or after N seconds.",
      "schema": {"type": "string"}}
  },
  "responses": {"Problem": {
    "description": "Refused or impossible; nothing but the events of a refusal was written.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}},
  "schemas": {
    "Meta": {"type": "object", "required": ["traceId"], "properties": {
      "traceId": {"type": "string", "format": "uuid"}, "nextCursor": {"type": "string"},
      "receipt": {"oneOf": [{"$ref": "#/components/schemas/Receipt"}, {"type": "null"}]}}},
    "Receipt": {"type": "object",
      "description": "The write's proof. null: nothing was recorded, or no checkpoint can be made.",
      "required": ["sequence", "leafHash", "checkpoint", "inclusionProof"], "properties": {
        "sequence": {"type": "integer"}, "leafHash": {"type": "string"},
        "checkpoint": {"type": "string", "description": "A C2SP checkpoint, signed."},
        "inclusionProof": {"type": "array", "items": {"type": "string"}}}},
    "Problem": {"type": "object",
      "required": ["type", "title", "status", "code", "traceId", "error"],
      "properties": {
        "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
        "detail": {"type": "string"}, "code": {"type": "string"},
        "traceId": {"type": "string", "format": "uuid"},
        "error": {"type": "object", "required": ["code", "message", "traceId"], "properties": {
          "code": {"type": "string"}, "message": {"type": "string"},
          "traceId": {"type": "string", "format": "uuid"}, "details": {"type": "object"},
          "fieldErrors": {"type": "array", "items": {"type": "object", "properties": {
            "path": {"type": "string"}, "message": {"type": "string"}}}}}}}},
    "Event": {"type": "object", "description": "CloudEvents 1.0, as in the log.",
      "required": ["specversion", "id", "source", "type", "subject", "time", "sequence",
        "tenantid", "traceid", "correlationid", "dataschema", "data"],
      "properties": {
        "specversion": {"const": "1.0"}, "id": {"type": "string"}, "source": {"type": "string"},
        "type": {"type": "string"}, "subject": {"type": "string"},
        "time": {"type": "string", "format": "date-time"},
        "sequence": {"type": "string", "pattern": "^[0-9]{20}$"},
        "tenantid": {"type": "string"}, "traceid": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        "correlationid": {"type": "string"}, "causationid": {"type": "string"},
        "dataschema": {"type": "string"}, "data": {"type": "object"}}},
    "DialectRow": {"type": "object",
      "description": "What `dialect` asks for instead: schemas/dialects/ has each one's members."}
  }
})json");
}

std::string document() {
  Json tags = Json::array();
  std::map<std::string, bool> seen;
  for (const app::Operation& operation : app::operations()) {
    const std::string tag = tag_of(operation.about);
    if (seen.emplace(tag, true).second) {
      tags.push(Json::object({{"name", tag}, {"description", "Everything about " + tag + "."}}));
    }
  }
  Json parts = components();
  auto schemas = std::ranges::find(parts.members(), "schemas", &Json::Member::first);
  schemas->second.set("EmittedEvent", app::body_schema<app::EmittedEvent>());
  Json security = Json::array();
  security.push(Json::object({{"key", Json::array()}}));
  Json servers = Json::array();
  servers.push(
      Json::object({{"url", "http://127.0.0.1:8700"}, {"description", "A local server."}}));
  const Json root = Json::object({{"openapi", "3.1.1"},
                                  {"info", parse(R"json({"title": "Assent", "version": "1.0.0",
          "description": "Decides whether an autonomous agent may do something, and proves it.",
          "contact": {"name": "The Assent project", "url": "https://assent.example"},
          "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}})json")},
                                  {"servers", std::move(servers)},
                                  {"security", std::move(security)},
                                  {"tags", std::move(tags)},
                                  {"paths", paths()},
                                  {"components", std::move(parts)}});
  return json_text(root, 2) + "\n";
}

}  // namespace

const std::string& openapi_text() {
  static const std::string text = document();
  return text;
}

}  // namespace assent::http
