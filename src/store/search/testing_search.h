// Logs full of made-up events, for tests of what is found in them.
#pragma once

#include "base/canonical.h"
#include "base/json.h"
#include "base/time.h"
#include "store/migrations.h"
#include "store/read.h"
#include "store/search/search.h"
#include "store/sqlite/sqlite_connection.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace assent::store {

// A directory that goes with the test.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "assent-test-XXXXXX").string();
    CHECK(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// Repeatable choices.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t below(std::uint64_t end) { return engine_() % end; }
  bool one_in(std::uint64_t count) { return below(count) == 0; }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[below(from.size())];
  }

 private:
  std::mt19937_64 engine_;
};

inline const std::vector<std::string>& event_types() {
  static const std::vector<std::string> types = {"approval.requested", "approval.succeeded",
                                                 "content.publish", "mail.send"};
  return types;
}

// Names from a small stock, so that they repeat, some of which need escapes or contain separators.
inline std::string made_up_name(Dice& dice) {
  static const std::vector<std::string> odd = {"",   "a\"b",  "back\\slash", "line\nbreak", "\x01",
                                               "/",  "x/1",   "human:1",     "grüße",       "\\\"",
                                               "\t", "human", "content/2"};
  return dice.one_in(4) ? dice.pick(odd) : std::to_string(dice.below(12));
}

inline Json made_up_data(Dice& dice) {
  static const std::vector<std::string> kinds = {"human", "agent", "content", "a/b"};
  Json data = Json::object();
  const auto maybe = [&](Json& object, const char* name, std::uint64_t one_in) {
    if (!dice.one_in(one_in)) return;
    object.set(name, dice.one_in(10) ? Json(7) : Json(made_up_name(dice)));
  };
  Json actor = Json::object();
  if (!dice.one_in(8)) actor.set("type", dice.pick(kinds));
  if (!dice.one_in(8)) actor.set("id", made_up_name(dice));
  data.set("actor", dice.one_in(20) ? Json("nobody") : std::move(actor));
  maybe(data, "approvalId", 2);
  maybe(data, "outcome", 2);
  maybe(data, "targetId", 2);
  if (dice.one_in(2)) data.set("targetType", dice.pick(kinds));
  if (dice.one_in(4)) {
    Json target = Json::object();
    maybe(target, "id", 2);
    maybe(target, "type", 2);
    data.set("target", dice.one_in(8) ? Json(Json::Array{target, 1}) : target);
  }
  // Where the same names mean nothing.
  data.set("metadata", Json::object({{"outcome", "0"}, {"type", "mail.send"}, {"n", 1.5}}));
  return data;
}

struct MadeUpEvent {
  std::uint64_t sequence = 0;
  Timestamp time;
  Json document;
  std::string bytes;
};

inline MadeUpEvent made_up_event(Dice& dice, std::uint64_t sequence, Timestamp time) {
  const std::string trace = "trace-" + std::to_string(dice.below(40));
  UuidBytes id = {};
  for (auto& byte : id) byte = static_cast<std::uint8_t>(dice.below(256));
  Json document = Json::object({
      {"specversion", "1.0"},
      {"id", EventId(id).text()},
      {"source", "assent.test/t/a"},
      {"type", dice.pick(event_types())},
      {"subject", dice.one_in(2) ? "approval/" + made_up_name(dice) : made_up_name(dice)},
      {"time", to_rfc3339(time)},
      {"sequence", std::to_string(sequence)},
      {"tenantid", "a"},
      {"traceid", trace},
      {"correlationid", dice.one_in(3) ? "trace-" + std::to_string(dice.below(40)) : trace},
      {"dataschema", "assent:x:1"},
      {"data", made_up_data(dice)},
  });
  std::string bytes = canonical_json(document);
  return {sequence, time, std::move(document), std::move(bytes)};
}

// A database with the logs of a few tenants, written directly.
class TestLog {
 public:
  explicit TestLog(std::string path) : path_(std::move(path)), connection_(connect().value()) {
    CHECK(migrate(*connection_, sqlite_migrations()).has_value());
  }

  Result<std::unique_ptr<Connection>> connect() const { return open_sqlite({.path = path_}); }
  Connection& connection() { return *connection_; }

  // Commits the events, which follow what the tenant has.
  void append(TenantNumber tenant, const std::vector<std::string>& events) {
    auto& size = sizes_[static_cast<std::size_t>(tenant)];
    CHECK(connection_->begin().has_value());
    for (const auto& bytes : events) {
      const Hash leaf = sha256_prefixed(0, bytes);
      CHECK(connection_
                ->run("INSERT INTO events (position, leaf, body) VALUES ($1, $2, $3)",
                      {position_of(tenant, size++), Bytes{as_bytes(leaf)}, Bytes{bytes}})
                .has_value());
    }
    CHECK(connection_
              ->run("INSERT INTO heads (tenant, size, time, peaks) VALUES ($1, $2, 0, x'') "
                    "ON CONFLICT (tenant) DO UPDATE SET size = $2",
                    {static_cast<std::int64_t>(tenant), static_cast<std::int64_t>(size)})
              .has_value());
    CHECK(connection_->commit().has_value());
  }

  std::uint64_t size(TenantNumber tenant) const { return sizes_[static_cast<std::size_t>(tenant)]; }

 private:
  std::string path_;
  std::unique_ptr<Connection> connection_;
  std::vector<std::uint64_t> sizes_ = std::vector<std::uint64_t>(16);
};

}  // namespace assent::store
