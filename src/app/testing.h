// A whole engine in a temporary directory, driven without a network: for the tests of this folder.
//
// The clock is a variable. Every test ends with a full verification of the store (destructor).
#pragma once

#include "app/operation.h"
#include "app/runner.h"
#include "base/random.h"
#include "base/time.h"
#include "store/store.h"

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assent::app {

// Whether the suite runs at its large size (`./test --long`).
bool is_long_run();

// What came of one call.
struct Reply {
  std::optional<Error> error;
  std::optional<Refused> refused;
  Json data;
  std::optional<std::string> next_cursor;
  TraceId trace;
  bool is_replay = false;

  bool is_ok() const { return !error && !refused; }
  std::string id() const { return std::string(data.string_at("id").value_or("")); }
  std::string at(std::string_view name) const {
    return std::string(data.string_at(name).value_or(""));
  }
  // "ok", the refusal's code, or the error's code as a number in words: for comparing in tests.
  std::string outcome() const;
};

// A principal of the world, with a key.
struct Person {
  std::string id;
  std::string key;
};

// A decision with a reason, which a no needs.
Json because(std::string_view reason = "it was tested");

struct Ask {
  std::string operation;
  Person by;
  std::vector<std::pair<std::string, std::string>> path = {};
  std::vector<std::pair<std::string, std::string>> query = {};
  Json body = Json::object();
  std::string raw_body = {};  // For operations whose body is no JSON object.
  std::string content_type = "application/json";
  std::optional<std::string> idempotency_key = std::nullopt;
};

class World {
 public:
  World();
  ~World();  // Closes the store and verifies all of it.
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  Reply call(Ask ask);
  std::future<Reply> start(Ask ask);  // The same without waiting.

  // Shorthands.
  Person make(std::string_view type, std::string_view name, std::vector<std::string> roles,
              std::optional<std::string> owner = std::nullopt);
  void put_policy(std::string_view yaml);
  Reply request(const Person& by, Json body);
  Reply request_tool(const Person& by, std::string_view tool, Json arguments = Json::object());
  Reply decide(std::string_view verb, const Person& by, std::string_view approval,
               Json body = Json::object());
  Reply attach(const Person& by, std::string_view approval, Json body);
  Reply show(std::string_view approval);
  std::vector<Json> trail(std::string_view approval);
  std::vector<std::string> trail_types(std::string_view approval);
  std::uint64_t log_size();  // Of the default tenant.

  void restart();  // Closes and opens the store again.
  // What kill -9 leaves behind, opened again: a copy of the files as they are while the store is
  // open, without the search index, which is then made again. REQUIRES: no call is in flight.
  void crash();

  ManualClock clock;
  SystemRandom random;
  Person admin;
  std::string directory;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<Runner> runner;
};

}  // namespace assent::app
