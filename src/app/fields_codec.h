// How each type of field is read from JSON, written to JSON and described as JSON Schema, and the
// walkers over them. Included by fields.h only.
#pragma once

#include <algorithm>
#include <type_traits>

namespace assent::app {

namespace internal {

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};

// Leaf readers, compiled once in fields.cc. Each reports under `path` and returns nothing on error.
std::optional<std::string> read_string(const Json&, const Bounds&, const std::string& path,
                                       FieldErrors&);
std::optional<std::int64_t> read_integer(const Json&, const Bounds&, const std::string& path,
                                         FieldErrors&);
std::optional<Timestamp> read_time(const Json&, const std::string& path, FieldErrors&);
void add_error(FieldErrors&, const std::string& path, std::string message);

Json string_schema(const Bounds&);
Json integer_schema(const Bounds&);
Json array_schema(const Bounds&, Json items);
Json enum_schema(std::span<const std::string_view> words);
Json pattern_schema(std::string_view pattern);

// Reads the members of an object with the decoding walker; used for nested structs.
class Decoder final : public Fields {
 public:
  Decoder(const Source& source, std::string prefix, FieldErrors& errors);
  // Reports every member that no field asked for.
  void refuse_the_rest();

 protected:
  void visit(const FieldSpec& spec, const Reader& read, const Writer& write) override;

 private:
  const Json* find(const FieldSpec& spec, Json& from_text);

  const Source& source_;
  std::string prefix_;
  FieldErrors& errors_;
  std::vector<std::string_view> seen_;
};

class Encoder final : public Fields {
 public:
  Json take() { return std::move(out_); }

 protected:
  void visit(const FieldSpec& spec, const Reader& read, const Writer& write) override;

 private:
  Json out_ = Json::object();
};

class Describer final : public Fields {
 public:
  std::vector<FieldDoc> take() { return std::move(docs_); }

 protected:
  void visit(const FieldSpec& spec, const Reader& read, const Writer& write) override;

 private:
  std::vector<FieldDoc> docs_;
};

Json object_schema(const std::vector<FieldDoc>& docs);
Error invalid(FieldErrors errors);

}  // namespace internal

template <>
struct Codec<std::string> {
  static void read(const Json& json, std::string& out, const Bounds& bounds,
                   const std::string& path, FieldErrors& errors) {
    if (auto text = internal::read_string(json, bounds, path, errors)) out = std::move(*text);
  }
  static Json write(const std::string& value) { return value; }
  static Json schema(const Bounds& bounds) { return internal::string_schema(bounds); }
};

template <>
struct Codec<bool> {
  static void read(const Json& json, bool& out, const Bounds&, const std::string& path,
                   FieldErrors& errors) {
    if (json.is_bool()) {
      out = json.boolean();
    } else {
      internal::add_error(errors, path, "must be true or false");
    }
  }
  static Json write(bool value) { return value; }
  static Json schema(const Bounds&) { return Json::object({{"type", "boolean"}}); }
};

template <>
struct Codec<std::int64_t> {
  static void read(const Json& json, std::int64_t& out, const Bounds& bounds,
                   const std::string& path, FieldErrors& errors) {
    if (const auto value = internal::read_integer(json, bounds, path, errors)) out = *value;
  }
  static Json write(std::int64_t value) { return value; }
  static Json schema(const Bounds& bounds) { return internal::integer_schema(bounds); }
};

template <>
struct Codec<Json> {
  static void read(const Json& json, Json& out, const Bounds&, const std::string&, FieldErrors&) {
    out = json;
  }
  static Json write(const Json& value) { return value; }
  static Json schema(const Bounds&) { return Json::object(); }
};

template <>
struct Codec<JsonObject> {
  static void read(const Json& json, JsonObject& out, const Bounds&, const std::string& path,
                   FieldErrors& errors) {
    if (json.is_object()) {
      out.value = json;
    } else {
      internal::add_error(errors, path, "must be an object");
    }
  }
  static Json write(const JsonObject& value) { return value.value; }
  static Json schema(const Bounds&) { return Json::object({{"type", "object"}}); }
};

template <>
struct Codec<Timestamp> {
  static void read(const Json& json, Timestamp& out, const Bounds&, const std::string& path,
                   FieldErrors& errors) {
    if (const auto at = internal::read_time(json, path, errors)) out = *at;
  }
  static Json write(Timestamp value) { return to_rfc3339(value); }
  static Json schema(const Bounds&) {
    return Json::object({{"type", "string"}, {"format", "date-time"}});
  }
};

template <>
struct Codec<Hash> {
  static void read(const Json& json, Hash& out, const Bounds&, const std::string& path,
                   FieldErrors& errors) {
    // With or without its prefix: both are how people write a SHA-256.
    auto hash = json.is_string() ? content_hash_from_text(json.string()) : std::nullopt;
    if (!hash && json.is_string()) hash = content_hash_from_text("sha256:" + json.string());
    if (hash) {
      out = *hash;
    } else {
      internal::add_error(errors, path,
                          "must be 64 lower-case hex digits, with or without sha256:");
    }
  }
  static Json write(const Hash& value) { return content_hash_text(value); }
  static Json schema(const Bounds&) { return internal::pattern_schema("^(sha256:)?[0-9a-f]{64}$"); }
};

template <FixedString Prefix>
struct Codec<Id<Prefix>> {
  static void read(const Json& json, Id<Prefix>& out, const Bounds&, const std::string& path,
                   FieldErrors& errors) {
    const auto id = json.is_string() ? Id<Prefix>::parse(json.string()) : std::nullopt;
    if (id) {
      out = *id;
    } else {
      internal::add_error(
          errors, path,
          "must be an id of the form " + std::string(Prefix.view()) + "_ and 26 characters");
    }
  }
  static Json write(const Id<Prefix>& value) { return value.text(); }
  static Json schema(const Bounds&) {
    return internal::pattern_schema("^" + std::string(Prefix.view()) + "_[0-9a-hjkmnp-tv-z]{26}$");
  }
};

template <class E>
struct Codec<E, std::enable_if_t<std::is_enum_v<E>>> {
  static void read(const Json& json, E& out, const Bounds&, const std::string& path,
                   FieldErrors& errors) {
    const auto value = json.is_string() ? from_word<E>(json.string()) : std::nullopt;
    if (value) {
      out = *value;
      return;
    }
    std::string message = "must be one of";
    for (const auto each : words<E>()) message += " " + std::string(each);
    internal::add_error(errors, path, std::move(message));
  }
  static Json write(E value) { return word(value); }
  static Json schema(const Bounds&) { return internal::enum_schema(words<E>()); }
};

template <class T>
struct Codec<std::vector<T>> {
  static void read(const Json& json, std::vector<T>& out, const Bounds& bounds,
                   const std::string& path, FieldErrors& errors) {
    if (!json.is_array()) return internal::add_error(errors, path, "must be an array");
    if (json.items().size() > bounds.length_max) {
      return internal::add_error(errors, path,
                                 "has more than " + std::to_string(bounds.length_max) + " items");
    }
    for (std::size_t i = 0; i < json.items().size(); ++i) {
      T item{};
      Codec<T>::read(json.items()[i], item, Bounds{}, path + "[" + std::to_string(i) + "]", errors);
      out.push_back(std::move(item));
    }
  }
  static Json write(const std::vector<T>& value) {
    Json out = Json::array();
    for (const T& item : value) out.push(Codec<T>::write(item));
    return out;
  }
  static Json schema(const Bounds& bounds) {
    return internal::array_schema(bounds, Codec<T>::schema(Bounds{}));
  }
};

// A struct with describe(Fields&, T&).
template <class T>
struct Codec<T, std::void_t<decltype(describe(std::declval<Fields&>(), std::declval<T&>()))>> {
  static void read(const Json& json, T& out, const Bounds&, const std::string& path,
                   FieldErrors& errors) {
    if (!json.is_object()) return internal::add_error(errors, path, "must be an object");
    const Source source{.path = {}, .query = {}, .body = &json};
    internal::Decoder decoder(source, path, errors);
    describe(decoder, out);
    decoder.refuse_the_rest();
  }
  static Json write(const T& value) { return encode(value); }
  static Json schema(const Bounds&) { return body_schema<T>(); }
};

namespace internal {
template <class T>
struct IsOverride : std::false_type {};
template <class T>
struct IsOverride<Override<T>> : std::true_type {};

template <class T>
Json nullable_schema(const Bounds& bounds) {
  Json schema = Codec<T>::schema(bounds);
  schema.set("type", Json(Json::Array{*schema.find("type"), "null"}));
  return schema;
}
}  // namespace internal

template <class T>
void Fields::visit_value(std::string_view name, T& value, std::string_view help, Place place,
                         const Bounds& bounds) {
  if constexpr (internal::IsOptional<T>::value) {
    using Inner = typename T::value_type;
    visit(
        {name, help, place, false, bounds, &Codec<Inner>::schema},
        [&](const Json& json, const std::string& path, FieldErrors& errors) {
          Inner inner{};
          Codec<Inner>::read(json, inner, bounds, path, errors);
          value = std::move(inner);
        },
        [&]() -> std::optional<Json> {
          if (!value) return std::nullopt;
          return Codec<Inner>::write(*value);
        });
  } else if constexpr (internal::IsOverride<T>::value) {
    using Inner = typename decltype(T::value)::value_type;
    visit(
        {.name = name,
         .help = help,
         .place = place,
         .is_required = false,
         .bounds = bounds,
         .schema = &internal::nullable_schema<Inner>,
         .takes_null = true},
        [&](const Json& json, const std::string& path, FieldErrors& errors) {
          value = T::null();
          if (json.is_null()) return;
          Inner inner{};
          Codec<Inner>::read(json, inner, bounds, path, errors);
          value = T::of(std::move(inner));
        },
        [&]() -> std::optional<Json> {
          if (!value.is_present) return std::nullopt;
          return value.value ? Codec<Inner>::write(*value.value) : Json();
        });
  } else {
    visit(
        {name, help, place, !internal::IsVector<T>::value, bounds, &Codec<T>::schema},
        [&](const Json& json, const std::string& path, FieldErrors& errors) {
          Codec<T>::read(json, value, bounds, path, errors);
        },
        [&]() -> std::optional<Json> { return Codec<T>::write(value); });
  }
}

template <class In>
Result<void> decode(const Source& source, In& in) {
  FieldErrors errors;
  internal::Decoder decoder(source, "", errors);
  describe(decoder, in);
  decoder.refuse_the_rest();
  if (!errors.empty()) return internal::invalid(std::move(errors));
  return {};
}

template <class Out>
Json encode(const Out& out) {
  internal::Encoder encoder;
  Out copy = out;  // describe() takes a reference to what it may fill; encoding only looks.
  describe(encoder, copy);
  return encoder.take();
}

template <class T>
std::vector<FieldDoc> field_docs() {
  internal::Describer describer;
  T value{};
  describe(describer, value);
  return describer.take();
}

template <class T>
Json body_schema() {
  return internal::object_schema(field_docs<T>());
}

}  // namespace assent::app
