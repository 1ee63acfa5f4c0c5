#include "store/state/row.h"

#include <algorithm>

namespace assent::store {

std::optional<std::string> RowReader::optional_text(int column) const {
  if (rows_.is_null(column)) return std::nullopt;
  return text(column);
}

std::optional<std::int64_t> RowReader::optional_integer(int column) const {
  if (rows_.is_null(column)) return std::nullopt;
  return integer(column);
}

std::optional<Timestamp> RowReader::optional_time(int column) const {
  if (rows_.is_null(column)) return std::nullopt;
  return time(column);
}

Hash RowReader::hash(int column) {
  const auto hash = hash_from_bytes(rows_.bytes(column));
  if (!hash) spoil(column);
  return hash.value_or(Hash{});
}

Json RowReader::json(int column) {
  if (rows_.is_null(column)) return {};
  auto value = parse_json(rows_.text(column), {.depth = 80});
  if (value) return *std::move(value);
  spoil(column);
  return {};
}

UuidBytes RowReader::uuid(int column) {
  UuidBytes uuid{};
  const std::string_view bytes = rows_.bytes(column);
  if (bytes.size() == uuid.size()) {
    std::copy(bytes.begin(), bytes.end(), uuid.begin());
  } else {
    spoil(column);
  }
  return uuid;
}

std::vector<std::string> RowReader::texts(int column) {
  std::vector<std::string> texts;
  const Json list = json(column);
  if (!list.is_array()) {
    spoil(column);
    return texts;
  }
  for (const Json& item : list.items()) {
    if (!item.is_string()) spoil(column);
    texts.push_back(item.is_string() ? item.string() : std::string());
  }
  return texts;
}

void RowReader::spoil(int column) {
  if (!spoilt_) spoilt_ = column;
}

Result<void> RowReader::finish() const {
  if (!spoilt_) return {};
  return Error{Code::corrupt, "A row of " + std::string(table_) + " has a value in column " +
                                  std::to_string(*spoilt_) + " that was never written there."};
}

}  // namespace assent::store
