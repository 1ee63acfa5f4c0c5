#include "app/testing.h"

#include "base/canonical.h"
#include "store/verify/verify_store.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace assent::app {

namespace {

Timestamp start_of_world() {
  return *from_rfc3339("2026-01-19T22:26:59.79Z");
}

std::string code_word(Code code) {
  static constexpr std::array kWords = {"validation_error",
                                        "unprocessable",
                                        "unauthenticated",
                                        "insufficient_permissions",
                                        "reserved_event_type",
                                        "not_found",
                                        "method_not_allowed",
                                        "invalid_state",
                                        "idempotency_conflict",
                                        "expired",
                                        "precondition_required",
                                        "too_large",
                                        "unsupported_media_type",
                                        "rate_limited",
                                        "unavailable",
                                        "overloaded",
                                        "uncertain",
                                        "corrupt",
                                        "rolled_back",
                                        "not_ready",
                                        "internal"};
  return kWords[static_cast<std::size_t>(code)];
}

template <class T>
T must(Result<T> result) {
  if (!result) ADD_FAILURE() << result.error().detail;
  CHECK(result.has_value());
  return std::move(*result);
}

}  // namespace

bool is_long_run() {
  return std::getenv("ASSENT_LONG") != nullptr;
}

std::string Reply::outcome() const {
  if (error) return code_word(error->code);
  return refused ? refused->code : "ok";
}

World::World() : clock(start_of_world()) {
  directory = (std::filesystem::temp_directory_path() /
               ("assent_" + PrincipalId::make(clock.now(), random).text()))
                  .string();
  const auto made = must(store::Store::create(directory, "assent.test", clock, random));
  admin.key = made.admin_key;
  restart();
}

World::~World() {
  runner.reset();
  store.reset();
  const auto report = store::verify_store(directory, {});
  if (!report) {
    ADD_FAILURE() << "verify: " << report.error().detail;
  } else if (report->finding) {
    ADD_FAILURE() << "verify: sequence " << report->finding->sequence.value_or(0) << ": "
                  << report->finding->what;
  }
  std::filesystem::remove_all(directory);
}

void World::restart() {
  runner.reset();
  store.reset();
  store = must(store::Store::open({.directory = directory}, clock, random));
  runner = std::make_unique<Runner>(*store);
}

void World::crash() {
  namespace fs = std::filesystem;
  const fs::path from = directory;
  const fs::path to = directory + "_crashed";
  // The write-ahead log first: whatever moves into the database while we copy is in it too.
  const fs::path wal = "ledger.db-wal";
  fs::create_directories(to);
  if (fs::exists(from / wal)) fs::copy_file(from / wal, to / wal);
  for (const auto& entry : fs::directory_iterator(from)) {
    const fs::path name = entry.path().filename();
    const bool is_made_again = name == "search" || name == "ledger.db-shm" || name == wal;
    if (!is_made_again) fs::copy(entry.path(), to / name, fs::copy_options::recursive);
  }
  runner.reset();
  store.reset();
  fs::remove_all(from);
  fs::rename(to, from);
  restart();
}

Json because(std::string_view reason) {
  return Json::object({{"rationale", reason}});
}

std::future<Reply> World::start(Ask ask) {
  auto promise = std::make_shared<std::promise<Reply>>();
  auto future = promise->get_future();
  Reply failed;
  const auto caller = store->identities()->authenticate(ask.by.key, clock.now());
  if (!caller) {
    failed.error = Error{Code::unauthenticated, "no such key"};
    promise->set_value(std::move(failed));
    return future;
  }
  const Operation* operation = find_operation(ask.operation);
  CHECK(operation != nullptr);
  const bool has_fields =
      operation->about.body == BodyKind::json && !operation->about.route.starts_with("GET");
  const Source source{
      .path = ask.path, .query = ask.query, .body = has_fields ? &ask.body : nullptr};
  auto decoded =
      operation->decode(source, {.text = ask.raw_body, .content_type = ask.content_type});
  if (!decoded) {
    failed.error = std::move(decoded).error();
    promise->set_value(std::move(failed));
    return future;
  }
  Invocation invocation{.operation = operation,
                        .call = std::move(*decoded),
                        .caller = *caller,
                        .trace = make_trace(random),
                        .idempotency_key = ask.idempotency_key,
                        .fingerprint = sha256(canonical_json(ask.body) + ask.raw_body)};
  runner->run(std::move(invocation), [promise](Completed completed) {
    Reply reply;
    reply.trace = completed.trace;
    reply.is_replay = completed.is_replay;
    if (!completed.answer) {
      reply.error = completed.answer.error();
    } else {
      reply.refused = completed.answer->refused;
      reply.next_cursor = completed.answer->next_cursor;
      reply.data = completed.answer->data_text ? *parse_json(*completed.answer->data_text)
                                               : completed.answer->data;
    }
    promise->set_value(std::move(reply));
  });
  return future;
}

Reply World::call(Ask ask) {
  return start(std::move(ask)).get();
}

Person World::make(std::string_view type, std::string_view name, std::vector<std::string> roles,
                   std::optional<std::string> owner) {
  Json words = Json::array();
  for (const std::string& role : roles) words.push(role);
  Json body = Json::object({{"type", type}, {"name", name}, {"roles", std::move(words)}});
  body.set_if("ownerId", owner);
  Person person;
  const Reply made = call({.operation = "create_principal", .by = admin, .body = std::move(body)});
  EXPECT_EQ(made.outcome(), "ok");
  person.id = made.id();
  const Reply key = call({.operation = "create_key", .by = admin, .path = {{"id", person.id}}});
  EXPECT_EQ(key.outcome(), "ok");
  person.key = key.at("key");
  return person;
}

void World::put_policy(std::string_view yaml) {
  const Reply put = call({.operation = "put_policy",
                          .by = admin,
                          .raw_body = std::string(yaml),
                          .content_type = "application/yaml"});
  ASSERT_EQ(put.outcome(), "ok") << put.error->detail;
}

Reply World::request(const Person& by, Json body) {
  return call({.operation = "request_approval", .by = by, .body = std::move(body)});
}

Reply World::request_tool(const Person& by, std::string_view tool, Json arguments) {
  return request(
      by,
      Json::object({{"kind", "tool_call"}, {"tool", tool}, {"arguments", std::move(arguments)}}));
}

Reply World::decide(std::string_view verb, const Person& by, std::string_view approval, Json body) {
  return call({.operation = std::string(verb),
               .by = by,
               .path = {{"id", std::string(approval)}},
               .body = std::move(body)});
}

Reply World::attach(const Person& by, std::string_view approval, Json body) {
  return decide("attach_evidence", by, approval, std::move(body));
}

Reply World::show(std::string_view approval) {
  return call({.operation = "get_approval", .by = admin, .path = {{"id", std::string(approval)}}});
}

std::vector<Json> World::trail(std::string_view approval) {
  const Reply reply =
      call({.operation = "approval_trail", .by = admin, .path = {{"id", std::string(approval)}}});
  EXPECT_EQ(reply.outcome(), "ok");
  return reply.data.is_array() ? reply.data.items() : std::vector<Json>();
}

std::vector<std::string> World::trail_types(std::string_view approval) {
  std::vector<std::string> types;
  for (const Json& event : trail(approval)) types.emplace_back(*event.string_at("type"));
  return types;
}

std::uint64_t World::log_size() {
  auto promise = std::make_shared<std::promise<std::uint64_t>>();
  Caller engine;
  engine.tenant = *store->identities()->tenant("default");
  const auto accepted =
      store->read({.caller = engine, .run = [promise](Result<void>, const store::Read* read) {
                     promise->set_value(read == nullptr ? 0 : read->size());
                   }});
  CHECK(accepted.has_value());
  return promise->get_future().get();
}

}  // namespace assent::app
