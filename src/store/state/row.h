// Reads one row of a state table into the domain's types, and writes them as parameters.
#pragma once

#include "base/hash.h"
#include "base/id.h"
#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "domain/words.h"
#include "store/connection.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assent::store {

// Takes the columns of the current row. What is not as project() wrote it yields a default and is
// remembered: ask finish() before using anything.
class RowReader {
 public:
  // REQUIRES: both outlive this.
  RowReader(const Rows& rows, std::string_view table) : rows_(rows), table_(table) {}

  template <class IdType>
  IdType id(int column) {
    return IdType(uuid(column));
  }
  template <class IdType>
  std::optional<IdType> optional_id(int column) {
    if (rows_.is_null(column)) return std::nullopt;
    return id<IdType>(column);
  }
  template <class Word>
  Word as_word(int column) {
    const auto value = from_word<Word>(rows_.text(column));
    if (!value) spoil(column);
    return value.value_or(Word{});
  }
  template <class Word>
  std::vector<Word> word_list(int column) {
    std::vector<Word> list;
    for (const std::string& text : texts(column)) {
      const auto value = from_word<Word>(text);
      if (!value) spoil(column);
      list.push_back(value.value_or(Word{}));
    }
    return list;
  }
  std::string text(int column) const { return std::string(rows_.text(column)); }
  std::optional<std::string> optional_text(int column) const;
  std::int64_t integer(int column) const { return rows_.integer(column); }
  std::optional<std::int64_t> optional_integer(int column) const;
  bool flag(int column) const { return rows_.integer(column) != 0; }
  Timestamp time(int column) const { return from_microseconds(rows_.integer(column)); }
  std::optional<Timestamp> optional_time(int column) const;
  Hash hash(int column);
  Json json(int column);  // null for a NULL.

  // For what a caller finds wrong in a column itself.
  void spoil(int column);
  // Code::corrupt with table and column if any was wrong.
  Result<void> finish() const;

 private:
  UuidBytes uuid(int column);
  std::vector<std::string> texts(int column);

  const Rows& rows_;
  std::string_view table_;
  std::optional<int> spoilt_;
};

// REQUIRES: `id` outlives the result.
template <FixedString Prefix>
Bytes bytes_of(const Id<Prefix>& id) {
  return {{reinterpret_cast<const char*>(id.bytes().data()), id.bytes().size()}};
}
template <FixedString Prefix>
Parameter nullable_bytes(const std::optional<Id<Prefix>>& id) {
  if (!id) return std::monostate{};
  return bytes_of(*id);
}
inline Parameter nullable_time(const std::optional<Timestamp>& at) {
  if (!at) return std::monostate{};
  return to_microseconds(*at);
}

}  // namespace assent::store
