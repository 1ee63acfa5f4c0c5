// The fields of one fact's data, taken strictly: what projection.cc's parts share.
#pragma once

#include "base/canonical.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "domain/words.h"
#include "store/state/projection.h"
#include "store/state/row.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace assent::store {

// A missing or mistyped field yields a default and is remembered: ask finish() before using any.
class FactFields {
 public:
  explicit FactFields(const Fact& fact) : FactFields(fact, fact.data) {}

  template <class IdType>
  IdType id(std::string_view name) {
    const auto id = IdType::parse(text(name));
    if (!id) spoil(name);
    return id.value_or(IdType{});
  }
  template <class IdType>
  std::optional<IdType> optional_id(std::string_view name) {
    if (!has(name)) return std::nullopt;
    return id<IdType>(name);
  }
  template <class Word>
  Word as_word(std::string_view name) {
    const auto value = from_word<Word>(text(name));
    if (!value) spoil(name);
    return value.value_or(Word{});
  }
  // An array of words, as the text of a JSON array. Empty is well-formed.
  template <class Word>
  std::string word_list(std::string_view name) {
    for (const Json& item : array(name).items()) {
      if (!item.is_string() || !from_word<Word>(item.string())) spoil(name);
    }
    return canonical_json(array(name));
  }
  // Views are of the fact's data.
  std::string_view text(std::string_view name);
  std::optional<std::string_view> optional_text(std::string_view name);
  std::int64_t integer(std::string_view name);
  std::optional<std::int64_t> optional_integer(std::string_view name);
  bool flag(std::string_view name);
  Timestamp time(std::string_view name);
  std::optional<Timestamp> optional_time(std::string_view name);
  std::string_view content_hash(std::string_view name);  // `sha256:…`
  std::optional<std::string_view> optional_content_hash(std::string_view name);
  const Json& array(std::string_view name);
  FactFields object(std::string_view name);  // Ask finish() of it too.

  // Neither absent nor null.
  bool has(std::string_view name) const { return find(name) != nullptr; }
  // Whatever is there, or null.
  const Json& any(std::string_view name) const;

  // For what a caller finds wrong itself.
  void spoil(std::string_view name);
  // Code::corrupt with the type and the first wrong field.
  Result<void> finish() const;

 private:
  FactFields(const Fact& fact, const Json& data) : fact_(fact), data_(data) {}
  const Json* find(std::string_view name) const;

  const Fact& fact_;
  const Json& data_;
  std::string path_ = {};
  std::optional<std::string> spoilt_ = {};
};

// Who did it. Code::corrupt unless a principal.
Result<PrincipalId> acting_principal(const Fact& fact);

// Code::corrupt saying that the state does not allow the fact, unless exactly one row changed.
Result<void> require_one(const Fact& fact, std::int64_t changed);
Error impossible(const Fact& fact);

}  // namespace assent::store
