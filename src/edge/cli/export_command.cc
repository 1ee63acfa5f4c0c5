#include "edge/cli/export_command.h"

#include "base/text.h"
#include "domain/dialect/dialect.h"
#include "domain/event.h"
#include "edge/cli/served_source.h"
#include "store/bundle/stored_source.h"
#include "store/bundle/write_bundle.h"
#include "store/files.h"

#include <CLI/CLI.hpp>

#include <charconv>
#include <cstdio>
#include <optional>
#include <unistd.h>

namespace assent::cli {

namespace {

void show_progress(std::uint64_t events) {
  std::fprintf(stderr, "\r%llu events exported", static_cast<unsigned long long>(events));
}

Error bad(std::string flag, std::string what) {
  return error_at(Code::validation_error, std::move(flag), std::move(what));
}

Result<std::optional<std::uint64_t>> sequence_from(const std::string& flag,
                                                   const std::string& text) {
  if (text.empty()) return std::optional<std::uint64_t>();
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  // A sequence has 40 bits in the store.
  if (read.ec != std::errc() || read.ptr != end || value >> 40 != 0) {
    return bad(flag, "must be a sequence: a whole number from 0 on");
  }
  return std::optional(value);
}

Result<std::optional<Timestamp>> time_from(const std::string& flag, const std::string& text) {
  if (text.empty()) return std::optional<Timestamp>();
  const auto time = from_rfc3339(text);
  if (!time) return bad(flag, "must be a time like 2026-01-31T00:00:00Z");
  return std::optional(*time);
}

// A query takes names of other systems too; a bundle's manifest should say what is in it.
Result<void> check_type(const std::string& type) {
  std::vector<std::string> types = canonical_types(type);
  if (types.empty()) return bad("type", "is no event type of the log");
  if (types == std::vector{type}) return {};
  std::string names;
  for (const std::string& name : types) names += (names.empty() ? "" : " or ") + name;
  return bad("type", "must be spelt as the log does: " + names);
}

Result<void> read_filters(const ExportOptions& options, store::EventQuery& filters) {
  const auto given = [](const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
  };
  filters.actor = given(options.actor);
  filters.subject = given(options.subject);
  filters.target = given(options.target);
  filters.correlation_id = given(options.correlation_id);
  if (!options.type.empty()) {
    TRY(check_type(options.type));
    filters.types.push_back(options.type);
  }
  if (!options.approval.empty()) {
    if (!ApprovalId::parse(options.approval)) return bad("approval", "is no approval's id");
    filters.approval_id = options.approval;
  }
  if (!options.outcome.empty()) {
    if (!from_word<EmitOutcome>(options.outcome)) {
      return bad("outcome", "is one of success, failure, partial, pending");
    }
    filters.outcome = options.outcome;
  }
  if (!options.trace_id.empty()) {
    filters.trace_id = trace_from_text(options.trace_id);
    if (!filters.trace_id) return bad("trace-id", "must be 32 hex digits or a UUID");
  }
  return {};
}

// Every dialect but the log's own: the bundle has that one anyway.
std::vector<std::string> view_dialects() {
  std::vector<std::string> names;
  for (const std::string_view name : words<Dialect>()) {
    if (name != word(Dialect::canonical)) names.emplace_back(name);
  }
  return names;
}

// By the names that the query parameters of the API have.
Json given_of(const ExportOptions& options) {
  Json given = Json::object();
  const auto add = [&given](const char* name, const std::string& text) {
    if (!text.empty()) given.set(name, text);
  };
  add("actor", options.actor);
  add("approvalId", options.approval);
  add("correlationId", options.correlation_id);
  add("from", options.from);
  add("outcome", options.outcome);
  add("since", options.since);
  add("subject", options.subject);
  add("target", options.target);
  add("to", options.to);
  add("traceId", options.trace_id);
  add("type", options.type);
  add("until", options.until);
  return given;
}

Result<store::BundleOrder> order_of(const ExportOptions& options) {
  store::BundleOrder order{.selection = {}, .path = options.out};
  store::BundleSelection& selection = order.selection;
  selection.from = TRY(sequence_from("from", options.from));
  selection.to = TRY(sequence_from("to", options.to));
  selection.since = TRY(time_from("since", options.since));
  selection.until = TRY(time_from("until", options.until));
  TRY(read_filters(options, selection.filters));
  selection.given = given_of(options);
  order.require_all = options.is_complete;
  order.with_csv = options.with_csv;
  for (const std::string& name : options.dialects) {
    order.dialects.push_back(*from_word<Dialect>(name));  // The parser knows the words.
  }
  if (isatty(STDERR_FILENO) == 1) order.progress = &show_progress;
  return order;
}

Result<std::optional<std::string>> kept_checkpoint(const ExportOptions& options) {
  if (options.checkpoint.empty()) return std::optional<std::string>();
  auto note = store::read_file(options.checkpoint);
  if (!note) return bad("checkpoint", "cannot be read");
  return std::optional(*std::move(note));
}

// A directory's log, or else the server's.
Result<std::unique_ptr<store::BundleSource>> source_of(Client& client,
                                                       const ExportOptions& options) {
  const auto note = TRY(kept_checkpoint(options));
  if (!options.directory.empty()) {
    return store::open_stored_log(
        {.directory = options.directory, .tenant = options.tenant, .checkpoint = note});
  }
  return open_served_log(client, {.tenant = options.tenant, .checkpoint = note});
}

Json json_of(const store::BundleReport& report, const std::string& path) {
  Json out = Json::object({{"file", path},
                           {"tenant", report.tenant},
                           {"kind", report.is_range ? "range" : "members"},
                           {"begin", report.range.begin},
                           {"end", report.range.end},
                           {"events", report.events},
                           {"checkpointSize", report.size},
                           {"eventsBeyond", report.beyond},
                           {"blobs", report.blobs},
                           {"missingBlobs", report.missing_blobs},
                           {"bytes", report.bytes},
                           {"sha256", to_hex(as_bytes(report.sha256))}});
  return out;
}

Exit fail_export(const Error& error) {
  print_error(error);
  return error.code == Code::corrupt ? Exit::verification_failed : exit_of(error);
}

Result<store::BundleReport> export_bundle(const std::string& url, const ExportOptions& options) {
  if (!url.empty() && !options.directory.empty()) {
    return bad("url", "and data exclude each other: a server or a directory");
  }
  const store::BundleOrder order = TRY(order_of(options));
  SystemRandom random;
  Target target = target_from_environment(url);
  Client client(target.url, std::move(target.key), random);
  const auto source = TRY(source_of(client, options));
  if (!options.key.empty() && options.key != source->log().verifier_key) {
    return Error{Code::corrupt, "the checkpoint is signed with another key than the given one: " +
                                    escape_for_terminal(source->log().verifier_key)};
  }
  auto report = store::write_bundle(*source, order);
  if (order.progress) std::fputs("\r\033[K", stderr);
  return report;
}

}  // namespace

void add_export(CLI::App& root, ExportOptions& options, const std::function<void()>& chosen) {
  auto* command = root.add_subcommand("export", "Write evidence that a stranger can verify.");
  const auto add = [command](const char* flag, std::string& text, const char* help) {
    // Nobody means the whole log by a variable of the shell that is not set.
    return command->add_option(flag, text, help)->check([](const std::string& given) {
      return given.empty() ? std::string("must not be empty") : std::string();
    });
  };
  add("--data", options.directory, "the store's directory; default: ask the server");
  add("--tenant", options.tenant, "whose log; default: default");
  add("--out", options.out, "the file to make")->required();
  add("--from", options.from, "the first sequence");
  add("--to", options.to, "the sequence after the last one");
  add("--since", options.since, "of a period, inclusive");
  add("--until", options.until, "of a period, exclusive");
  add("--approval", options.approval, "everything about this approval");
  add("--type", options.type, "the event's type");
  add("--actor", options.actor, "the actor's id, or type:id");
  add("--subject", options.subject, "what it is about: kind/id");
  add("--target", options.target, "the target's id, or type/id");
  add("--outcome", options.outcome, "of an emitted event");
  add("--correlation-id", options.correlation_id, "the workflow");
  add("--trace-id", options.trace_id, "the call");
  add("--checkpoint", options.checkpoint, "a file with the checkpoint to use; default: the newest");
  add("--key", options.key, "the verifier key that the checkpoint must be signed with");
  command->add_flag("--require-all", options.is_complete,
                    "fail if events asked for are not in a checkpoint yet");
  command->add_flag("--csv", options.with_csv, "add views/events.csv: who approved what");
  command->add_option("--dialect", options.dialects, "add views/<dialect>.ndjson")
      ->check(CLI::IsMember(view_dialects()))
      ->expected(1)
      ->take_all();
  command->callback(chosen);
}

Exit export_command(const Output& output, const std::string& url, const ExportOptions& options) {
  const auto report = export_bundle(url, options);
  if (!report) return fail_export(report.error());
  print(output, json_of(*report, options.out));
  if (report->beyond > 0) {
    std::fprintf(stderr,
                 "%llu of the events asked for are not in a published checkpoint yet, and not in "
                 "the bundle.\n",
                 static_cast<unsigned long long>(report->beyond));
  }
  return Exit::done;
}

}  // namespace assent::cli
