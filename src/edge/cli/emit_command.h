// `assent emit`: side effects told to the log by shell scripts. One event by flags, or what a file
// or standard input has: an event, an array of them, or NDJSON of any length.
#pragma once

#include "base/id.h"
#include "edge/cli/session.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11's own.
class App;
}

namespace assent::cli {

// What the parser writes into; lives as long as the tree of commands. Empty: not given.
struct EmitOptions {
  std::string type, target, outcome, actor;
  std::vector<std::string> metadata, json_metadata;  // `key=value`, `key=JSON`.
  std::string error_code, error_message;
  std::string proof_type, proof_url, proof_hash, proof_data, proof_file;
  std::string correlation_id, causation_id, occurred_at, id;
  std::string file, data;  // Instead of flags.
  std::string receipt;
  bool is_id_alone = false;

  bool has_flags() const;  // Of the event itself.
  bool has_proof() const;
};

void add_emit(CLI::App& root, EmitOptions& options, const std::function<void()>& chosen);

int emit_command(const Session& session, const EmitOptions& options);

// The event that the flags say, but for what a proof's file adds. Code::validation_error with the
// name of what is missing or malformed.
Result<Json> event_of(const EmitOptions& options);

// NDJSON cut into requests that the server takes: one if it can be, for that is taken whole or not
// at all. Code::validation_error names the first line that is no JSON object.
struct EmitBatch {
  std::string body;
  std::vector<std::size_t> lines;           // Of each event, from 1.
  std::vector<std::optional<EventId>> ids;  // What each event brings of its own.
};
Result<std::vector<EmitBatch>> batches_of(std::string_view ndjson);

// `events[3].type` of the batch as `line 17: type`.
std::string place_in(const EmitBatch& batch, std::string_view path);

}  // namespace assent::cli
