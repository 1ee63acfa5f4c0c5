#include "edge/cli/emit_command.h"

#include "base/canonical.h"
#include "base/hash.h"
#include "base/text.h"
#include "edge/cli/commands.h"
#include "edge/cli/emit_answer.h"
#include "edge/cli/import/import_row.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <unistd.h>

namespace assent::cli {
namespace {

constexpr std::string_view kLines = "application/x-ndjson";
// What one request may have …
constexpr std::size_t kEventsMax = 1000;
constexpr std::size_t kBytesMax = 1048576;
// … and what each of several has.
constexpr std::size_t kBatchEvents = 500;
constexpr std::size_t kBatchBytes = 524288;

Error bad(std::string field, std::string what) {
  return error_at(Code::validation_error, std::move(field), std::move(what));
}

// `type/id` or `type:id` at the first such mark.
Result<Json> typed(const std::string& field, const std::string& text, char mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string::npos || at == 0 || at + 1 == text.size()) {
    return bad(field, std::string("is written TYPE") + mark + "ID");
  }
  return Json::object({{"id", text.substr(at + 1)}, {"type", text.substr(0, at)}});
}

Result<Json> actor_of(const std::string& text) {
  Json actor = TRY(typed("actor", text, ':'));
  if (actor.string_at("type") == "user") actor.set("type", "human");
  return actor;
}

Result<Json> metadata_of(const EmitOptions& options) {
  auto metadata = arguments_from(options.metadata, options.json_metadata);
  if (!metadata) return bad("metadata", "is written KEY=VALUE, or as JSON with --metadata-json");
  if (!options.error_code.empty()) metadata->set("errorCode", options.error_code);
  if (!options.error_message.empty()) metadata->set("errorMessage", options.error_message);
  return metadata;
}

// Of what else is given: data is an answer, a file or a hash is a hash, a URL is a URL.
std::string proof_type_of(const EmitOptions& options) {
  if (!options.proof_type.empty()) return options.proof_type;
  if (!options.proof_data.empty()) return "api_response";
  return options.proof_url.empty() ? "hash" : "url";
}

Result<Json> proof_of(const EmitOptions& options) {
  if (!options.proof_file.empty() && !options.proof_data.empty()) {
    return bad("proof-file", "and --proof-data exclude each other");
  }
  Json proof = Json::object({{"type", proof_type_of(options)}});
  if (!options.proof_url.empty()) proof.set("url", options.proof_url);
  if (!options.proof_hash.empty()) {
    auto hash = content_hash_from_text(options.proof_hash);
    if (!hash) hash = content_hash_from_text("sha256:" + options.proof_hash);
    if (!hash) return bad("proof-hash", "must be a SHA-256 of 64 hex digits");
    proof.set("sha256", content_hash_text(*hash));
  }
  if (!options.proof_data.empty()) {
    auto data = parse_json(TRY(read_data(options.proof_data)));
    if (!data) return bad("proof-data", "must be JSON");
    proof.set("data", std::move(*data));
  }
  return proof;
}

Result<void> upload(const Session& session, std::string bytes) {
  const std::string hash = content_hash_text(sha256(bytes));
  const Reply reply = TRY(call(session.client, {.method = "PUT",
                                                .path = "/v1/blobs",
                                                .body = std::move(bytes),
                                                .content_type = "application/octet-stream",
                                                .answer_bytes_max = kAnswerBytesMax}));
  if (reply.http.is_success()) return check_upload(reply, hash);
  if (!is_own_error(reply)) return not_an_answer(reply, "the proof");
  return Error{Code::unprocessable,
               "the proof was not accepted: HTTP " + std::to_string(reply.http.status)};
}

// A proof's file, and data that is too large to stand in an event, go before the event that names
// them.
Result<void> upload_proof(const Session& session, const EmitOptions& options, Json& event) {
  if (auto data = detach_large_data(event)) TRY(upload(session, *std::move(data)));
  if (options.proof_file.empty()) return {};
  std::string bytes = TRY(read_input(options.proof_file));
  const std::string hash = content_hash_text(sha256(bytes));
  Json proof = *event.find("proof");
  if (proof.string_at("sha256").value_or(hash) != hash) {
    return bad("proof-hash", "is not that of the file, which is " + hash);
  }
  TRY(upload(session, std::move(bytes)));
  event.set("proof", proof.set("sha256", hash).set("blob", hash));
  return {};
}

Result<Reply> post(const Session& session, std::string body, std::string_view content_type,
                   bool wants_receipt) {
  HttpRequest request{.method = "POST",
                      .path = wants_receipt ? "/v1/events?proof=true" : "/v1/events",
                      .body = std::move(body),
                      .content_type = std::string(content_type),
                      .answer_bytes_max = kAnswerBytesMax};
  // The trace that the script is part of, if whatever started it said so.
  if (const auto trace = traceparent_from_environment()) {
    request.headers.push_back("traceparent: " + *trace);
  }
  return call(session.client, std::move(request));
}

// What failed, in the server's words if they are its own.
Exit fail_as_told(const Session& session, const Reply& reply) {
  if (is_own_error(reply)) return fail(session, reply);
  return fail(not_an_answer(reply, "whether the events are recorded"));
}

void print_told(const Session& session, const EmitOptions& options, const Json& data) {
  if (!options.is_id_alone) {
    print(session.output, data);
    return;
  }
  const Json* const events = data.find("events");
  const Json one = Json(Json::Array{data});
  for (const Json& event : (events == nullptr ? one : *events).items()) {
    std::printf("%s\n", std::string(event.string_at("id").value_or("")).c_str());
  }
}

std::vector<std::optional<EventId>> ids_in(const Json& said) {
  std::vector<std::optional<EventId>> ids;
  if (!said.is_array()) return {id_in(said)};
  for (const Json& event : said.items()) ids.push_back(id_in(event));
  return ids;
}

// What the answer is to.
Exit emit_one(const Session& session, const EmitOptions& options, const Json& said,
              std::string body) {
  const auto reply = post(session, std::move(body), "application/json", !options.receipt.empty());
  if (!reply) return fail(reply.error());
  if (!reply->http.is_success()) return fail_as_told(session, *reply);
  if (const auto places = places_in(*reply, ids_in(said)); !places) return fail(places.error());
  print_told(session, options, reply->data());
  return options.receipt.empty() ? Exit::done : write_receipt(options.receipt, *reply);
}

// The answer with the lines of the input instead of places in the request.
Reply with_lines(Reply reply, const EmitBatch& batch) {
  const Json* const error = reply.body.find("error");
  const Json* const fields = error == nullptr ? nullptr : error->find("fieldErrors");
  if (fields == nullptr || !fields->is_array()) return reply;
  Json placed = Json::array();
  for (Json field : fields->items()) {
    placed.push(field.set("path", place_in(batch, field.string_at("path").value_or(""))));
  }
  Json told = *error;
  reply.body.set("error", told.set("fieldErrors", std::move(placed)));
  return reply;
}

// Of a batch that was recorded as a whole; else an Error, of which the answer may know more.
Result<std::vector<std::uint64_t>> places_of(const Result<Reply>& reply, const EmitBatch& batch) {
  if (!reply) return reply.error();
  return places_in(*reply, batch.ids);
}

Exit emit_lines(const Session& session, const EmitOptions& options,
                const std::vector<EmitBatch>& batches) {
  if (batches.size() > 1 && !options.receipt.empty()) {
    return fail(bad("receipt", "is of one request, and this is more than one can have"));
  }
  Json events = Json::array();
  std::size_t all = 0;
  for (const EmitBatch& batch : batches) all += batch.lines.size();
  for (const EmitBatch& batch : batches) {
    const auto reply = post(session, batch.body, kLines, !options.receipt.empty());
    const auto places = places_of(reply, batch);
    if (!places) {
      if (batches.size() > 1) {
        std::fprintf(stderr, "%zu of %zu events are in the log; line %zu is the next one\n",
                     events.items().size(), all, batch.lines.front());
      }
      return reply && !reply->http.is_success() ? fail_as_told(session, with_lines(*reply, batch))
                                                : fail(places.error());
    }
    if (!options.receipt.empty()) {
      const Exit exit = write_receipt(options.receipt, *reply);
      if (exit != Exit::done) return exit;
    }
    if (const Json* const told = reply->data().find("events")) {
      for (const Json& event : told->items()) events.push(event);
    }
  }
  print_told(session, options, Json::object({{"events", std::move(events)}}));
  return Exit::done;
}

// What is written down already: an event or an array is sent as it is.
Result<Exit> emit_written(const Session& session, const EmitOptions& options) {
  const bool is_given = !options.file.empty() || !options.data.empty();
  if (!is_given && isatty(STDIN_FILENO) == 1) {
    return bad("type", "is required: say the event with flags, or give a file or a pipe");
  }
  std::string text =
      TRY(!options.data.empty() ? read_data(options.data)
                                : read_input(options.file.empty() ? "-" : options.file));
  if (const auto said = parse_json(text)) return emit_one(session, options, *said, text);
  return emit_lines(session, options, TRY(batches_of(text)));
}

Result<Exit> run_emit(const Session& session, const EmitOptions& options) {
  if (!options.has_flags()) return emit_written(session, options);
  if (!options.file.empty() || !options.data.empty()) {
    return bad("type", "and the other flags say an event: that excludes a file and --data");
  }
  Json event = TRY(event_of(options));
  TRY(upload_proof(session, options, event));
  return emit_one(session, options, event, canonical_json(event));
}

void add_event_flags(CLI::App& command, EmitOptions& options) {
  const auto add = [&command](const char* flag, std::string& text, const char* help) {
    // Nobody means "none" by a variable of the shell that is not set.
    return command.add_option(flag, text, help)->check([](const std::string& given) {
      return given.empty() ? std::string("must not be empty") : std::string();
    });
  };
  add("--type", options.type, "what was done, such as backup.run");
  add("--target", options.target, "TYPE/ID: what it was done to");
  add("--outcome", options.outcome, "success, failure, partial or pending");
  add("--actor", options.actor, "TYPE:ID: who did it; default: whose key this is");
  command.add_option("--metadata", options.metadata, "KEY=VALUE")->expected(1)->take_all();
  command.add_option("--metadata-json", options.json_metadata, "KEY=JSON")->expected(1)->take_all();
  add("--error-code", options.error_code, "of a failure: metadata errorCode");
  add("--error-message", options.error_message, "of a failure: metadata errorMessage");
  add("--proof-data", options.proof_data, "what shows it, as JSON, @FILE, or -");
  add("--proof-file", options.proof_file, "a file that shows it: uploaded, named by its hash");
  add("--proof-url", options.proof_url, "where that is which shows it");
  add("--proof-hash", options.proof_hash, "the SHA-256 of what shows it");
  add("--proof-type", options.proof_type, "default: by what is given")
      ->check(CLI::IsMember({"screenshot", "api_response", "hash", "url"}));
  add("--correlation-id", options.correlation_id, "the workflow; default: of TRACEPARENT");
  add("--causation-id", options.causation_id, "the event that caused it");
  add("--occurred-at", options.occurred_at, "when it happened, as 2026-01-31T09:00:00Z");
  add("--id", options.id, "your own id, a UUIDv7 or evt_…, so that a retry is harmless");
}

}  // namespace

bool EmitOptions::has_proof() const {
  return !(proof_type.empty() && proof_url.empty() && proof_hash.empty() && proof_data.empty() &&
           proof_file.empty());
}

bool EmitOptions::has_flags() const {
  const auto texts = {&type,          &target,         &outcome,      &actor,       &error_code,
                      &error_message, &correlation_id, &causation_id, &occurred_at, &id};
  return std::ranges::any_of(texts, [](const auto* text) { return !text->empty(); }) ||
         !metadata.empty() || !json_metadata.empty() || has_proof();
}

Result<Json> event_of(const EmitOptions& options) {
  if (options.type.empty()) return bad("type", "is required");
  if (options.target.empty()) return bad("target", "is required");
  const bool has_error = !options.error_code.empty() || !options.error_message.empty();
  if (options.outcome.empty() && !has_error) return bad("outcome", "is required");
  Json event = Json::object({{"type", options.type}});
  event.set("outcome", options.outcome.empty() ? "failure" : options.outcome);
  event.set("target", TRY(typed("target", options.target, '/')));
  if (!options.actor.empty()) event.set("actor", TRY(actor_of(options.actor)));
  Json metadata = TRY(metadata_of(options));
  if (!metadata.members().empty()) event.set("metadata", std::move(metadata));
  if (options.has_proof()) event.set("proof", TRY(proof_of(options)));
  if (!options.correlation_id.empty()) event.set("correlationId", options.correlation_id);
  if (!options.causation_id.empty()) event.set("causationId", options.causation_id);
  if (!options.occurred_at.empty()) event.set("occurredAt", options.occurred_at);
  if (!options.id.empty()) event.set("id", options.id);
  return event;
}

Result<std::vector<EmitBatch>> batches_of(std::string_view ndjson) {
  struct Line {
    std::size_t number = 0;
    std::string_view text;
    std::optional<EventId> id;
  };
  std::vector<Line> lines;
  std::size_t bytes = 0;
  for (std::size_t number = 1; !ndjson.empty(); ++number) {
    const std::size_t end = std::min(ndjson.find('\n'), ndjson.size());
    const std::string_view line = ndjson.substr(0, end);
    ndjson.remove_prefix(std::min(end + 1, ndjson.size()));
    if (is_blank(line)) continue;
    const auto event = parse_json(line);
    if (!event || !event->is_object()) {
      return bad("line " + std::to_string(number), event ? "is no object" : event.error().detail);
    }
    lines.push_back({number, line, id_in(*event)});
    bytes += line.size() + 1;
  }
  if (lines.empty()) return bad("events", "must not be empty");
  const bool is_one = lines.size() <= kEventsMax && bytes <= kBytesMax;
  std::vector<EmitBatch> batches;
  for (const auto& [number, line, id] : lines) {
    const bool is_full = batches.empty() ||
                         (!is_one && (batches.back().lines.size() == kBatchEvents ||
                                      batches.back().body.size() + line.size() + 1 > kBatchBytes));
    if (is_full) batches.emplace_back();
    batches.back().body.append(line).push_back('\n');
    batches.back().lines.push_back(number);
    batches.back().ids.push_back(id);
  }
  return batches;
}

std::string place_in(const EmitBatch& batch, std::string_view path) {
  constexpr std::string_view kEvents = "events[";
  const std::size_t close = path.find(']');
  if (!path.starts_with(kEvents) || close == std::string_view::npos) return std::string(path);
  const auto index = from_decimal(path.substr(kEvents.size(), close - kEvents.size()));
  if (!index || *index >= batch.lines.size()) return std::string(path);
  std::string_view rest = path.substr(close + 1);
  if (rest.starts_with('.')) rest.remove_prefix(1);
  return "line " + std::to_string(batch.lines[*index]) + ": " + std::string(rest);
}

void add_emit(CLI::App& root, EmitOptions& options, const std::function<void()>& chosen) {
  auto* command = root.add_subcommand(
      "emit", "Record side effects: one by flags, or an event, an array, or NDJSON.");
  add_event_flags(*command, options);
  command->add_option("--data", options.data, "the events as JSON, @FILE, or - for standard input");
  command->add_option("file", options.file, "a file; default: standard input");
  command->add_option("--receipt", options.receipt, "a file for the proof that this is in the log");
  command->add_flag("-q,--quiet", options.is_id_alone, "print the events' ids alone, one a line");
  command->callback(chosen);
}

int emit_command(const Session& session, const EmitOptions& options) {
  const auto exit = run_emit(session, options);
  return static_cast<int>(exit ? *exit : fail(exit.error()));
}

}  // namespace assent::cli
