// What the command line prints, and how it ends. Text that came from agents is escaped: nothing
// that an agent wrote may move the cursor, change a colour or hide itself.
#pragma once

#include "base/json.h"
#include "base/result.h"
#include "edge/cli/cli.h"
#include "edge/cli/client.h"

#include <string>
#include <string_view>

namespace assent::cli {

enum class Format { table, json };

struct Output {
  Format format = Format::table;
  bool is_coloured = false;
};

// Colour only on a terminal that wants it: NO_COLOR unset, TERM not dumb.
bool wants_colour();

// `data` as aligned text: a list as a table, an object as lines, events as one line each.
std::string table_of(const Json& data);

// Prints the data of a successful answer to stdout.
void print(const Output& output, const Json& data);

// Prints what went wrong to stderr: the code, the sentence, the fields, the trace id.
void print_problem(const Output& output, const Json& problem);
void print_error(const Error& error);

// The exit code of an answer that is not a success.
Exit exit_of(const HttpReply& reply, const Json& body);
// The exit code of what failed on this side, before or instead of an answer.
Exit exit_of(const Error& error);
// The exit code of a plan that was classified so.
Exit exit_of_plan(std::string_view status);
// The exit code of an approval in that status.
Exit exit_of_status(std::string_view status);

}  // namespace assent::cli
