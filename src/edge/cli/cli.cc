#include "edge/cli/cli.h"

#include "app/reference.h"
#include "base/version.h"
#include "edge/cli/commands.h"
#include "edge/cli/emit_command.h"
#include "edge/cli/export_command.h"
#include "edge/cli/import/import_command.h"
#include "edge/cli/keeping_command.h"
#include "edge/cli/local_commands.h"
#include "edge/cli/proof_command.h"
#include "edge/cli/run_command.h"
#include "edge/cli/verify_command.h"
#include "edge/cli/witness_command.h"
#include "ledger/key.h"

#include <CLI/CLI.hpp>

#include <charconv>
#include <cstdio>
#include <list>
#include <unistd.h>

namespace assent::cli {

namespace {

// Everything the parser writes into, and what it chose. One for each run of the program.
struct Tree {
  Common common;
  std::list<OperationCommand> operations;
  std::string directory;
  std::string host = "assent.local";
  std::string listen = "127.0.0.1:8700";
  std::string tenant = "default";
  std::string seal_with;
  KeepingCommands keeping;
  std::string log_level = "info";
  ExportOptions exported;
  ImportOptions imported;
  EmitOptions emitted;
  VerifyOptions verify;
  ProofOptions proof;
  RunOptions run;
  std::vector<std::string> run_arguments, run_json_arguments;
  std::string run_title, run_reason, run_approval;
  std::int64_t run_wait = 300, run_lease = 300, run_tell_for = 60;
  std::string run_proof;
  std::function<int(Tree&, const Wiring&)> chosen;
};

Output output_of(const Common& common) {
  Output output;
  output.is_coloured = wants_colour();
  if (common.output == "json") output.format = Format::json;
  return output;
}

// A command that talks to the server: makes the session around it.
int with_session(const Tree& tree, const std::function<int(const Session&)>& action) {
  SystemRandom random;
  Target target = target_from_environment(tree.common.url);
  Client client(target.url, std::move(target.key), random);
  return action({.client = client, .output = output_of(tree.common)});
}

std::optional<ServeOptions> serve_options(const Tree& tree) {
  const std::size_t colon = tree.listen.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  ServeOptions options{.directory = tree.directory,
                       .host = tree.listen.substr(0, colon),
                       .seal_file = seal_file_from_environment()};
  if (options.host.starts_with('[') && options.host.ends_with(']')) {
    options.host = options.host.substr(1, options.host.size() - 2);
  }
  const char* const first = tree.listen.data() + colon + 1;
  const char* const last = tree.listen.data() + tree.listen.size();
  options.log_level = log_level_from(tree.log_level).value_or(LogLevel::info);
  const auto [end, error] = std::from_chars(first, last, options.port);
  if (error != std::errc() || end != last) return std::nullopt;
  return options;
}

int run_serve(Tree& tree, const Wiring& wiring) {
  const auto options = serve_options(tree);
  if (!options) {
    print_error({Code::validation_error, "--listen is written HOST:PORT"});
    return static_cast<int>(Exit::usage);
  }
  return static_cast<int>(wiring.serve(*options));
}

int run_run(Tree& tree) {
  auto arguments = arguments_from(tree.run_arguments, tree.run_json_arguments);
  if (!arguments) return static_cast<int>(fail(arguments.error()));
  tree.run.arguments = std::move(*arguments);
  if (!tree.run_title.empty()) tree.run.title = tree.run_title;
  if (!tree.run_reason.empty()) tree.run.reason = tree.run_reason;
  if (!tree.run_approval.empty()) tree.run.approval = tree.run_approval;
  if (!tree.run_proof.empty()) tree.run.proof = tree.run_proof;
  tree.run.wait = std::chrono::seconds(tree.run_wait);
  tree.run.lease = std::chrono::seconds(tree.run_lease);
  tree.run.tell_for = std::chrono::seconds(tree.run_tell_for);
  return with_session(tree, [&](const Session& session) { return run_command(session, tree.run); });
}

int run_doctor(Tree& tree) {
  return with_session(tree, [](const Session& session) {
    const auto reply = call(session.client, {.method = "GET", .path = "/readyz", .body = ""});
    if (!reply) return static_cast<int>(fail(reply.error()));
    if (!reply->http.is_success()) return static_cast<int>(fail(session, *reply));
    print(session.output, reply->body);
    return static_cast<int>(Exit::done);
  });
}

void add_executor(CLI::App& root, Tree& tree) {
  auto* executor_command = root.add_subcommand("executor", "Commands about the server's executor.");
  executor_command->require_subcommand(1);
  executor_command->fallthrough();
  auto* secret_command =
      executor_command->add_subcommand("secret", "Print what signs calls to a tenant's executors.");
  secret_command->add_option("--data", tree.directory, "the store's directory")->required();
  secret_command->add_option("--tenant", tree.tenant, "whose; default: default");
  secret_command->callback([&tree] {
    tree.chosen = [](Tree& it, const Wiring&) {
      return static_cast<int>(executor_secret(output_of(it.common), it.directory, it.tenant));
    };
  });
}

int run_verify_proof(Tree& tree) {
  const VerifyOptions& other = tree.verify;
  tree.proof.key = other.key;
  std::string fault;
  if (!ledger::VerifierKey::from_text(other.key)) fault = "--proof needs --key, a verifier key";
  if (!other.directory.empty() || !other.bundle.empty() || !tree.common.url.empty() ||
      !other.state.empty() || !other.against.empty()) {
    fault = "--proof goes with --key and --entry alone";
  }
  if (fault.empty()) return static_cast<int>(verify_proof(output_of(tree.common), tree.proof));
  print_error({Code::validation_error, fault});
  return static_cast<int>(Exit::usage);
}

int run_verify(Tree& tree) {
  if (!tree.proof.proof.empty()) return run_verify_proof(tree);
  VerifyOptions& options = tree.verify;
  const bool is_local = !options.directory.empty() || !options.bundle.empty();
  if (!is_local) options.url = tree.common.url;
  options.tenant = tree.tenant;
  const int forms = (options.directory.empty() ? 0 : 1) + (options.bundle.empty() ? 0 : 1) +
                    (options.url.empty() ? 0 : 1);
  std::string fault;
  if (forms != 1) fault = "give one of --data, --bundle, --url and --proof";
  if (!tree.proof.entry.empty()) fault = "--entry is for --proof";
  if (!options.state.empty() && options.url.empty()) fault = "--state is for --url";
  if (!options.against.empty() && !options.bundle.empty()) fault = "--against is not for --bundle";
  if (!options.key.empty() && !options.directory.empty()) fault = "--key is not for --data";
  if (!options.key.empty() && !ledger::VerifierKey::from_text(options.key)) {
    fault = "--key is no verifier key";
  }
  if (fault.empty()) return static_cast<int>(verify(output_of(tree.common), options));
  print_error({Code::validation_error, fault});
  return static_cast<int>(Exit::usage);
}

void add_verify(CLI::App& root, Tree& tree) {
  VerifyOptions& options = tree.verify;
  auto* command = root.add_subcommand(
      "verify", "Recompute a store, a bundle or the log that a server (--url) shows.");
  command->add_option("--data", options.directory, "a store's directory");
  command->add_option("--bundle", options.bundle, "an exported bundle, or what it was unpacked to");
  command->add_option("--proof", tree.proof.proof, "a receipt, or what `assent prove` printed");
  command->add_option("--entry", tree.proof.entry, "with --proof: the event, as JSON");
  command->add_option("--tenant", tree.tenant, "whose log, with --url; default: default");
  command->add_option("--key", options.key, "the log's verifier key, as you have kept it");
  command->add_option("--against", options.against, "a file with a checkpoint that was kept")
      ->expected(1)
      ->take_all();
  command->add_option("--state", options.state,
                      "with --url: remembers the verified head, and holds the log to it next time");
  command->add_flag("--progress", options.is_progress_wanted, "tell of it on stderr");
  command->callback(
      [&tree] { tree.chosen = [](Tree& it, const Wiring&) { return run_verify(it); }; });
}

void add_witness(CLI::App& root, Tree& tree) {
  auto* witness_command = root.add_subcommand("witness", "Commands about the server as a witness.");
  witness_command->require_subcommand(1);
  witness_command->fallthrough();
  auto* key_command =
      witness_command->add_subcommand("key", "Print the key by which this witness is known.");
  key_command->add_option("--data", tree.directory, "the store's directory")->required();
  key_command->callback([&tree] {
    tree.chosen = [](Tree& it, const Wiring&) {
      return static_cast<int>(witness_key(output_of(it.common), it.directory));
    };
  });
}

void add_local(CLI::App& root, Tree& tree) {
  auto* init_command = root.add_subcommand("init", "Make a store, its first tenant and its admin.");
  init_command->add_option("--data", tree.directory, "the directory, absent or empty")->required();
  init_command->add_option("--host", tree.host, "what the log's origin begins with");
  init_command->add_option("--seal-with", tree.seal_with,
                           "a file with a passphrase, which seals the signing key");
  init_command->callback([&tree] {
    tree.chosen = [](Tree& it, const Wiring&) {
      return static_cast<int>(init(output_of(it.common), it.directory, it.host, it.seal_with));
    };
  });
  auto* serve_command = root.add_subcommand("serve", "Serve a store over HTTP until SIGTERM.");
  serve_command->add_option("--data", tree.directory, "the store's directory")->required();
  serve_command->add_option("--listen", tree.listen, "HOST:PORT; port 0 takes a free one");
  // No `error`: a refused request is a warning, and is always told.
  serve_command
      ->add_option("--log-level", tree.log_level,
                   "warning, info, or debug, which tells of every request")
      ->check(CLI::IsMember({"debug", "info", "warning"}));
  serve_command->callback([&tree] { tree.chosen = &run_serve; });
  root.add_subcommand("openapi", "Print the OpenAPI description.")->callback([&tree] {
    tree.chosen = [](Tree&, const Wiring& wiring) {
      std::fputs(wiring.openapi().c_str(), stdout);
      return static_cast<int>(Exit::done);
    };
  });
  root.add_subcommand("reference", "Print the reference page of all operations.")
      ->callback([&tree] {
        tree.chosen = [](Tree&, const Wiring&) {
          std::fputs(app::reference_text().c_str(), stdout);
          return static_cast<int>(Exit::done);
        };
      });
  root.add_subcommand("doctor", "Ask the server how it is.")->callback([&tree] {
    tree.chosen = [](Tree& it, const Wiring&) { return run_doctor(it); };
  });
  root.add_subcommand("version", "Print the version.")->callback([&tree] {
    tree.chosen = [](Tree&, const Wiring&) {
      std::printf("assent %s\n", std::string(kVersion).c_str());
      return static_cast<int>(Exit::done);
    };
  });
}

void add_run(CLI::App& root, Tree& tree) {
  auto* run = root.add_subcommand("run", "Ask, wait, and run a command once it is approved.");
  run->add_option("--tool", tree.run.tool, "the tool's name; default: the command's");
  run->add_option("--argument", tree.run_arguments, "name=value, shown to the approver")
      ->expected(1)
      ->take_all();
  run->add_option("--argument-json", tree.run_json_arguments, "name=JSON")->expected(1)->take_all();
  run->add_option("--title", tree.run_title, "one line for the approver");
  run->add_option("--reason", tree.run_reason, "why");
  run->add_option("--approval", tree.run_approval, "go on with this approval instead of asking");
  run->add_option("--wait", tree.run_wait, "how many seconds to wait for a decision")
      ->check(CLI::Range(0, 86'400));
  run->add_option("--lease", tree.run_lease,
                  "seconds without a word after which the outcome counts as unknown")
      ->check(CLI::Range(1, 604'800));
  run->add_option("--tell-for", tree.run_tell_for,
                  "how many seconds to go on telling a server that does not answer")
      ->check(CLI::Range(0, 86'400));
  run->add_option("--proof", tree.run_proof,
                  "a file to upload as proof once the command succeeded");
  run->add_option("command", tree.run.command, "the command, after --")->required();
  run->positionals_at_end();
  run->callback([&tree] { tree.chosen = [](Tree& it, const Wiring&) { return run_run(it); }; });
}

void add_operations(CLI::App& root, Tree& tree) {
  for (const app::Operation& operation : app::operations()) {
    if (operation.about.command.empty()) continue;
    if (operation.about.body == app::BodyKind::events) continue;  // add_emit() has it.
    OperationCommand& command = tree.operations.emplace_back();
    command.operation = &operation;
    add_operation(root, command, [&tree, &command] {
      tree.chosen = [&command](Tree& it, const Wiring&) {
        return with_session(
            it, [&](const Session& session) { return run_operation(session, command); });
      };
    });
  }
}

}  // namespace

int run(int argc, char** argv, const Wiring& wiring) {
  CLI::App root(
      "Assent decides whether an autonomous agent may do something, lets the right human say "
      "yes or no, and proves it.\nThe server is ASSENT_URL, the key ASSENT_KEY.",
      "assent");
  Tree tree;
  root.require_subcommand(1);
  root.fallthrough();
  root.add_option("--url", tree.common.url, "the server; default: ASSENT_URL");
  root.add_option("--output", tree.common.output, "json or table")
      ->check(CLI::IsMember({"json", "table"}));
  add_local(root, tree);
  add_verify(root, tree);
  add_executor(root, tree);
  add_export(root, tree.exported, [&tree] {
    tree.chosen = [](Tree& it, const Wiring&) {
      return static_cast<int>(export_command(output_of(it.common), it.common.url, it.exported));
    };
  });
  add_import(root, tree.imported, [&tree] {
    tree.chosen = [](Tree& it, const Wiring&) {
      return with_session(
          it, [&](const Session& session) { return import_command(session, it.imported); });
    };
  });
  add_emit(root, tree.emitted, [&tree] {
    tree.chosen = [](Tree& it, const Wiring&) {
      return with_session(
          it, [&](const Session& session) { return emit_command(session, it.emitted); });
    };
  });
  add_witness(root, tree);
  add_run(root, tree);
  add_operations(root, tree);
  add_keeping(root, tree.keeping, [&tree](std::function<Exit(const Output&)> action) {
    tree.chosen = [action = std::move(action)](Tree& it, const Wiring&) {
      return static_cast<int>(action(output_of(it.common)));
    };
  });
  // CLI11 tells by exceptions; this is the one place that knows.
  try {
    root.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = root.exit(error);
    return code == 0 ? 0 : static_cast<int>(Exit::usage);
  }
  return tree.chosen(tree, wiring);
}

}  // namespace assent::cli
