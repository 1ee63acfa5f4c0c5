// The tree of commands: the operation table's, with their few conveniences, and the local ones.
#pragma once

#include "edge/cli/flags.h"
#include "edge/cli/session.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11's own.
class App;
}

namespace assent::cli {

// The flags that every command has.
struct Common {
  std::string url;
  std::string output;  // Empty: a table on a terminal, JSON elsewhere for operations.
};

// What a parsed command line runs.
using Action = std::function<int()>;

// One operation's command, as it is filled by the parser. Lives as long as the tree.
struct OperationCommand {
  const app::Operation* operation = nullptr;
  std::map<std::string, std::vector<std::string>> values;  // By field name; the parser writes here.
  std::vector<std::string> arguments, json_arguments;      // `--argument k=v`, `--argument-json`.
  std::string data;     // `--data`: the whole body, `@file` or `-`.
  std::string file;     // A document or a blob to send.
  std::string out;      // Where a file goes.
  std::string receipt;  // Where the receipt goes; empty: none is asked for.
  std::int64_t wait = 0;

  Given given() const;
};

// Adds the operation's command below `root`, making the words in between; when parsed, `action`
// runs it.
void add_operation(CLI::App& root, OperationCommand& command, const std::function<void()>& chosen);

// Sends what the command says and prints what came back.
int run_operation(const Session& session, OperationCommand& command);

// A file's bytes; `-` is standard input.
Result<std::string> read_input(const std::string& name);
// `@FILE`, `-`, or the text itself.
Result<std::string> read_data(const std::string& data);
// Writes the answer's receipt, if it has one.
Exit write_receipt(const std::string& file, const Reply& reply);

// `k=v` pairs as an object: plain strings, or JSON.
Result<Json> arguments_from(const std::vector<std::string>& plain,
                            const std::vector<std::string>& json);

}  // namespace assent::cli
