#include "app/fields.h"

#include "base/text.h"

namespace assent::app::internal {

namespace {

std::string join(const std::string& prefix, std::string_view name) {
  if (prefix.empty()) return std::string(name);
  return prefix + "." + std::string(name);
}

// NUL and its kin hide things from people and from C programs; they are never needed.
bool has_forbidden_control(std::string_view text, bool allows_newlines) {
  return std::ranges::any_of(text, [&](char c) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == '\n' || byte == '\t') return !allows_newlines;
    return byte < 0x20 || byte == 0x7f;
  });
}

}  // namespace

void add_error(FieldErrors& errors, const std::string& path, std::string message) {
  errors.push_back({path, std::move(message)});
}

std::optional<std::string> read_string(const Json& json, const Bounds& bounds,
                                       const std::string& path, FieldErrors& errors) {
  if (!json.is_string()) {
    add_error(errors, path, "must be a string");
    return std::nullopt;
  }
  const std::string& text = json.string();
  if (text.size() > bounds.length_max) {
    add_error(errors, path, "is longer than " + std::to_string(bounds.length_max) + " bytes");
    return std::nullopt;
  }
  if (text.size() < bounds.length_min) {
    add_error(errors, path,
              bounds.length_min == 1
                  ? std::string("must not be empty")
                  : "is shorter than " + std::to_string(bounds.length_min) + " bytes");
    return std::nullopt;
  }
  if (has_forbidden_control(text, bounds.allows_newlines)) {
    add_error(errors, path, "has a control character");
    return std::nullopt;
  }
  return text;
}

std::optional<std::int64_t> read_integer(const Json& json, const Bounds& bounds,
                                         const std::string& path, FieldErrors& errors) {
  if (!json.is_integer()) {
    add_error(errors, path, "must be an integer");
    return std::nullopt;
  }
  const std::int64_t value = json.integer();
  if (value < bounds.min || value > bounds.max) {
    add_error(
        errors, path,
        "must be between " + std::to_string(bounds.min) + " and " + std::to_string(bounds.max));
    return std::nullopt;
  }
  return value;
}

std::optional<Timestamp> read_time(const Json& json, const std::string& path, FieldErrors& errors) {
  const auto at = json.is_string() ? from_rfc3339(json.string()) : std::nullopt;
  if (!at) add_error(errors, path, "must be an RFC 3339 date-time");
  return at;
}

Json string_schema(const Bounds& bounds) {
  Json schema = Json::object({{"type", "string"}});
  schema.set("maxLength", static_cast<std::int64_t>(bounds.length_max));
  if (bounds.length_min > 0) schema.set("minLength", static_cast<std::int64_t>(bounds.length_min));
  if (!bounds.format.empty()) schema.set("format", bounds.format);
  return schema;
}

Json integer_schema(const Bounds& bounds) {
  Json schema = Json::object({{"type", "integer"}});
  if (bounds.min != Bounds{}.min) schema.set("minimum", bounds.min);
  if (bounds.max != Bounds{}.max) schema.set("maximum", bounds.max);
  return schema;
}

Json array_schema(const Bounds& bounds, Json items) {
  return Json::object({{"type", "array"},
                       {"items", std::move(items)},
                       {"maxItems", static_cast<std::int64_t>(bounds.length_max)}});
}

Json enum_schema(std::span<const std::string_view> all) {
  Json values = Json::array();
  for (const auto each : all) values.push(each);
  return Json::object({{"type", "string"}, {"enum", std::move(values)}});
}

Json pattern_schema(std::string_view pattern) {
  return Json::object({{"type", "string"}, {"pattern", pattern}});
}

Json object_schema(const std::vector<FieldDoc>& docs) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const FieldDoc& doc : docs) {
    if (doc.place != Place::body) continue;
    Json property = doc.schema;
    property.set("description", doc.help);
    properties.set(doc.name, std::move(property));
    if (doc.is_required) required.push(doc.name);
  }
  Json schema = Json::object({{"type", "object"}, {"properties", std::move(properties)}});
  if (!required.items().empty()) schema.set("required", std::move(required));
  schema.set("additionalProperties", false);
  return schema;
}

Error invalid(FieldErrors errors) {
  const FieldError& first = errors.front();
  std::string detail = first.path.empty() ? first.message : first.path + " " + first.message;
  return {Code::validation_error, std::move(detail), std::move(errors)};
}

Decoder::Decoder(const Source& source, std::string prefix, FieldErrors& errors)
    : source_(source), prefix_(std::move(prefix)), errors_(errors) {}

// A text parameter as the JSON its schema wants: numbers and booleans are spelt as in JSON.
static Json json_of_text(const std::string& text, Json (*schema)(const Bounds&)) {
  const Json wanted = schema(Bounds{});  // Kept, because `type` is a view of it.
  const auto type = wanted.string_at("type").value_or("string");
  if (type == "integer" || type == "boolean") {
    auto parsed = parse_json(text);
    if (parsed && !parsed->is_string()) return std::move(*parsed);
  }
  return text;
}

const Json* Decoder::find(const FieldSpec& spec, Json& from_text) {
  if (spec.place == Place::body) {
    return source_.body == nullptr ? nullptr : source_.body->find(spec.name);
  }
  const auto& parameters = spec.place == Place::path ? source_.path : source_.query;
  const auto found = std::ranges::find_if(
      parameters, [&](const auto& parameter) { return parameter.first == spec.name; });
  if (found == parameters.end()) return nullptr;
  from_text = json_of_text(found->second, spec.schema);
  return &from_text;
}

void Decoder::visit(const FieldSpec& spec, const Reader& read, const Writer&) {
  seen_.push_back(spec.name);
  Json from_text;
  const Json* value = find(spec, from_text);
  // An explicit null means "absent", except where it is a value of the type.
  if (value == nullptr || (value->is_null() && !spec.takes_null)) {
    if (spec.is_required) add_error(errors_, join(prefix_, spec.name), "is required");
    return;
  }
  read(*value, join(prefix_, spec.name), errors_);
}

void Decoder::refuse_the_rest() {
  const auto is_known = [&](std::string_view name) {
    return std::ranges::find(seen_, name) != seen_.end();
  };
  if (source_.body != nullptr && source_.body->is_object()) {
    for (const auto& [name, value] : source_.body->members()) {
      if (!is_known(name))
        add_error(errors_, join(prefix_, name), "is not a field of this request");
    }
  }
  for (std::size_t i = 0; i < source_.query.size(); ++i) {
    const std::string& name = source_.query[i].first;
    if (!is_known(name)) add_error(errors_, name, "is not a parameter of this request");
    const auto is_same = [&](const auto& other) { return other.first == name; };
    if (std::any_of(source_.query.begin(), source_.query.begin() + static_cast<std::ptrdiff_t>(i),
                    is_same)) {
      add_error(errors_, name, "is given twice");
    }
  }
}

void Encoder::visit(const FieldSpec& spec, const Reader&, const Writer& write) {
  if (auto value = write()) out_.set(std::string(spec.name), std::move(*value));
}

void Describer::visit(const FieldSpec& spec, const Reader&, const Writer&) {
  docs_.push_back({std::string(spec.name), std::string(spec.help), spec.place, spec.is_required,
                   spec.schema(spec.bounds)});
}

}  // namespace assent::app::internal
