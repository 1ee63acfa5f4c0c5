#include "edge/cli/commands.h"

#include <CLI/CLI.hpp>

namespace assent::cli {

namespace {

// The command of the last word of `words`, below `root`; the words in between are made as needed.
CLI::App* command_below(CLI::App& root, std::string_view words, const std::string& help) {
  const std::size_t space = words.find(' ');
  const std::string word(words.substr(0, space));
  const auto known = root.get_subcommands([&](CLI::App* each) { return each->get_name() == word; });
  CLI::App* found = known.empty() ? nullptr : known.front();
  if (space == std::string_view::npos) {
    return found == nullptr ? root.add_subcommand(word, help) : found;
  }
  if (found == nullptr) {
    found = root.add_subcommand(word, "Commands about " + word + ".");
    found->require_subcommand(1);
    found->fallthrough();
  }
  return command_below(*found, words.substr(space + 1), help);
}

void add_fields(CLI::App& app, OperationCommand& command) {
  for (const app::FieldDoc& field : command.operation->inputs()) {
    auto& values = command.values[field.name];
    if (field.place == app::Place::path) {
      app.add_option(field.name, values, field.help)->required()->expected(1);
      continue;
    }
    std::string flags = flag_of(field.name);
    if (field.name == "contentHash") flags += ",--hash";
    if (field.name == "ownerId") flags += ",--owner";
    app.add_option(flags, values, field.help)->expected(1)->take_all();
  }
}

}  // namespace

void add_operation(CLI::App& root, OperationCommand& command, const std::function<void()>& chosen) {
  const app::About& about = command.operation->about;
  CLI::App* const app = command_below(root, about.command, std::string(about.help));
  add_fields(*app, command);
  const bool is_get = about.route.starts_with("GET");
  const bool is_raw = about.body != app::BodyKind::json;
  if (!is_get && !is_raw) {
    app->add_option("--data", command.data, "the body as JSON, @FILE, or - for standard input");
  }
  if (about.name == "request_approval" || about.name == "check_policy") {
    app->add_option("--argument", command.arguments, "name=value")->expected(1)->take_all();
    app->add_option("--argument-json", command.json_arguments, "name=JSON")
        ->expected(1)
        ->take_all();
  }
  if (is_raw || about.name == "check_policy" || about.name == "diff_plan") {
    app->add_option("file", command.file, "a file, or - for standard input");
  }
  if (about.name == "attach_evidence") {
    app->add_option("--file", command.file, "a file to upload and attach");
  }
  if (!about.raw_type.empty()) app->add_option("--out", command.out, "where to write it");
  if (command.operation->is_write) {
    app->add_option("--receipt", command.receipt, "a file for the proof that this is in the log");
  }
  if (about.name == "get_approval") {
    app->add_option("--wait", command.wait, "seconds to wait for a decision")
        ->check(CLI::Range(0, 60));
  }
  app->callback(chosen);
}

}  // namespace assent::cli
