// Walks a document that people write by hand, and collects what is wrong with it, with paths.
//
// What has a fault keeps its default; with a fault anywhere there is no document, so that nobody
// sees one. Not thread-safe.
#pragma once

#include "base/json.h"
#include "base/result.h"
#include "domain/words.h"

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assent {

// `path.name` and `path[3]`; a name of endless length is cut, because errors go to logs and
// screens.
std::string below(const std::string& path, std::string_view name);
std::string below(const std::string& path, std::size_t index);

// Whether it is `[a-z0-9][a-z0-9_-]{0,62}`.
bool is_document_name(std::string_view name);

class DocumentReader {
 public:
  // The shape is wrong, or the meaning of what has the right shape. Up to a screenful of each.
  void fault(std::string path, std::string message);
  void impossible(std::string path, std::string message);
  void faults(std::vector<FieldError> fields);

  // Whether `value` is a map; members other than `known` are faults.
  bool object(const Json& value, const std::string& path, std::span<const std::string_view> known);
  template <class E>
  void choice(const Json& value, const std::string& path, E& out);
  void flag(const Json& value, const std::string& path, bool& out);
  void whole(const Json& value, const std::string& path, std::int64_t min, std::int64_t max,
             std::int64_t& out);
  void text(const Json& value, const std::string& path, std::string& out);
  void duration(const Json& value, const std::string& path, std::chrono::seconds& out);
  // The same within bounds, which `bounds` words: "from 1s to 7d".
  struct Between {
    std::chrono::seconds min, max;
    std::string_view bounds;
  };
  void duration(const Json& value, const std::string& path, const Between& between,
                std::chrono::seconds& out);
  void names(const Json& value, const std::string& path, std::vector<std::string>& out);

  // Nothing wrong, or an Error with the faults: Code::validation_error for the shape, then
  // Code::unprocessable for the meaning. `what` begins the sentence.
  Result<void> judge(std::string_view what) &&;

 private:
  std::vector<FieldError> faults_;
  std::vector<FieldError> contradictions_;
};

template <class E>
void DocumentReader::choice(const Json& value, const std::string& path, E& out) {
  const auto chosen = value.is_string() ? from_word<E>(value.string()) : std::optional<E>();
  if (chosen) {
    out = *chosen;
    return;
  }
  std::string message = "must be one of";
  for (const auto each : words<E>()) message.append(" ").append(each);
  fault(path, std::move(message));
}

}  // namespace assent
