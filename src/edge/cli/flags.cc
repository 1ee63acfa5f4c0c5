#include "edge/cli/flags.h"

namespace assent::cli {

namespace {

bool is_array(const app::FieldDoc& field) {
  return field.schema.string_at("type") == "array";
}

Result<Json> scalar_of(const app::FieldDoc& field, const Json& schema, const std::string& text) {
  if (schema.string_at("type") == "string") return Json(text);
  auto value = parse_json(text);
  if (value) return value;
  // A field that takes anything takes plain words too.
  if (!schema.find("type")) return Json(text);
  return Error{Code::validation_error,
               flag_of(field.name) + " must be JSON",
               {{field.name, "must be JSON"}}};
}

// The route's path with its parameters filled in.
std::string path_of(std::string_view route, const Given& given) {
  std::string path;
  while (!route.empty()) {
    const std::size_t open = route.find('{');
    path += route.substr(0, open);
    if (open == std::string_view::npos) break;
    const std::size_t close = route.find('}', open);
    const auto value = given.find(std::string(route.substr(open + 1, close - open - 1)));
    if (value != given.end() && !value->second.empty())
      path += percent_encoded(value->second.front());
    route.remove_prefix(close + 1);
  }
  return path;
}

}  // namespace

std::string flag_of(std::string_view field) {
  std::string flag = "--";
  for (const char c : field) {
    if (c >= 'A' && c <= 'Z') {
      flag += '-';
      flag += static_cast<char>(c | 0x20);
    } else {
      flag += c;
    }
  }
  return flag;
}

Result<Json> value_of(const app::FieldDoc& field, const std::vector<std::string>& texts) {
  if (!is_array(field)) return scalar_of(field, field.schema, texts.back());
  Json values = Json::array();
  const Json* items = field.schema.find("items");
  for (const std::string& text : texts) {
    values.push(TRY(scalar_of(field, items == nullptr ? Json::object() : *items, text)));
  }
  return values;
}

Result<HttpRequest> request_of(const app::Operation& operation, const Given& given,
                               const Json& extra) {
  const std::string_view route = operation.about.route;
  const std::size_t space = route.find(' ');
  HttpRequest request{.method = std::string(route.substr(0, space)),
                      .path = path_of(route.substr(space + 1), given),
                      .body = ""};
  std::vector<std::pair<std::string, std::string>> query;
  Json body = Json::object();
  for (const app::FieldDoc& field : operation.inputs()) {
    const auto found = given.find(field.name);
    if (found == given.end() || found->second.empty()) continue;
    if (field.place == app::Place::query) query.emplace_back(field.name, found->second.back());
    if (field.place == app::Place::body) body.set(field.name, TRY(value_of(field, found->second)));
  }
  for (const auto& [name, value] : extra.members()) {
    if (body.find(name) == nullptr) body.set(name, value);
  }
  if (!query.empty()) request.path += '?' + query_text(query);
  if (request.method != "GET" && operation.about.body == app::BodyKind::json) {
    request.body = json_text(body);
  }
  return request;
}

}  // namespace assent::cli
