#include "base/text.h"
#include "edge/cli/commands.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <unistd.h>

namespace assent::cli {

namespace {

constexpr std::size_t kConfirmDigits = 6;

// A body that is not made of flags: a policy, a plan, a blob.
Result<void> add_raw_body(OperationCommand& command, HttpRequest& request) {
  request.body = TRY(read_input(command.file.empty() ? "-" : command.file));
  switch (command.operation->about.body) {
    case app::BodyKind::json:
    case app::BodyKind::bytes:
    case app::BodyKind::events:  // `emit` has a command of its own.
      request.content_type = "application/octet-stream";
      break;
    case app::BodyKind::plan:
      request.content_type = "application/json";
      break;
    case app::BodyKind::document:
      request.content_type = "application/yaml";
      break;
  }
  return {};
}

// `evidence add --file`: the bytes go first, then what names them.
Result<void> upload_file(const Session& session, OperationCommand& command, Json& extra) {
  std::string bytes = TRY(read_input(command.file));
  HttpRequest upload{.method = "PUT",
                     .path = "/v1/blobs",
                     .body = std::move(bytes),
                     .content_type = "application/octet-stream"};
  const Reply reply = TRY(call(session.client, std::move(upload)));
  if (!reply.http.is_success()) {
    return Error{Code::unprocessable,
                 "the file was not accepted: HTTP " + std::to_string(reply.http.status)};
  }
  extra.set("type", "file");
  extra.set("blob", *reply.data().find("sha256"));
  const std::size_t slash = command.file.rfind('/');
  extra.set("name", command.file.substr(slash == std::string::npos ? 0 : slash + 1));
  return {};
}

// The members that conveniences add to the body.
Result<Json> extra_of(const Session& session, OperationCommand& command) {
  const std::string_view name = command.operation->about.name;
  Json extra = Json::object();
  if (!command.data.empty() && command.operation->about.body == app::BodyKind::json) {
    extra = TRY(parse_json(TRY(read_data(command.data))));
    if (!extra.is_object()) return Error{Code::validation_error, "--data must be a JSON object"};
  }
  if (!command.arguments.empty() || !command.json_arguments.empty()) {
    extra.set("arguments", TRY(arguments_from(command.arguments, command.json_arguments)));
  }
  if (name == "request_approval" && extra.find("kind") == nullptr) {
    extra.set("kind", command.values["tool"].empty() ? "content" : "tool_call");
  }
  if (name == "attach_evidence" && !command.file.empty()) {
    TRY(upload_file(session, command, extra));
  }
  if (name == "diff_plan" && !command.file.empty()) {
    extra.set("dag", TRY(parse_json(TRY(read_input(command.file)))));
  }
  if (name == "check_policy" && !command.file.empty()) {
    extra.set("document", TRY(read_input(command.file)));
  }
  return extra;
}

// On a terminal, a person reads what will happen and types the end of its hash. Nothing: not
// confirmed.
Result<std::optional<std::string>> confirm(const Session& session, const std::string& id) {
  const Reply reply =
      TRY(call(session.client,
               {.method = "GET", .path = "/v1/approvals/" + percent_encoded(id), .body = ""}));
  if (!reply.http.is_success()) {
    print_problem(session.output, reply.body);
    return std::optional<std::string>();
  }
  std::fputs(table_of(reply.data()).c_str(), stdout);
  const std::string hash(reply.data().string_at("contentHash").value_or(""));
  const std::string wanted = hash.substr(hash.size() - std::min(kConfirmDigits, hash.size()));
  std::printf("Type the last %zu digits of the content hash to go on: ", kConfirmDigits);
  std::fflush(stdout);
  std::array<char, 64> line{};
  if (std::fgets(line.data(), static_cast<int>(line.size()), stdin) == nullptr) {
    return std::optional<std::string>();
  }
  std::string typed(line.data());
  while (!typed.empty() && (typed.back() == '\n' || typed.back() == ' ')) typed.pop_back();
  if (typed != wanted) return std::optional<std::string>();
  return std::optional(hash);
}

// What lets something run: approve, and what approves or replaces it besides.
bool binds_content(std::string_view operation) {
  return operation == "approve" || operation == "edit" || operation == "break_glass";
}

// Such a decision binds to what was seen: by --hash, or by looking now.
std::optional<int> bind_approval(const Session& session, OperationCommand& command) {
  const auto& about = command.operation->about;
  if (!binds_content(about.name) || !command.values["contentHash"].empty()) return std::nullopt;
  if (isatty(STDIN_FILENO) != 1) {
    print_error(
        {Code::validation_error, "outside a terminal, " + std::string(about.command) +
                                     " needs --hash: the contentHash of what you looked at"});
    return static_cast<int>(Exit::usage);
  }
  const auto hash = confirm(session, command.values["id"].back());
  if (!hash) return static_cast<int>(fail(hash.error()));
  if (!*hash) {
    std::fputs("assent: not done\n", stderr);
    return static_cast<int>(Exit::refused);
  }
  command.values["contentHash"] = {**hash};
  return std::nullopt;
}

Result<HttpRequest> make_request(const Session& session, OperationCommand& command) {
  const Json extra = TRY(extra_of(session, command));
  HttpRequest request = TRY(request_of(*command.operation, command.given(), extra));
  const bool is_raw =
      request.method != "GET" && command.operation->about.body != app::BodyKind::json;
  if (is_raw) TRY(add_raw_body(command, request));
  if (!command.receipt.empty()) {
    request.path += request.path.find('?') == std::string::npos ? "?proof=true" : "&proof=true";
  }
  if (command.wait > 0) {
    request.headers.push_back("Prefer: wait=" + std::to_string(command.wait));
    request.timeout_seconds = static_cast<long>(command.wait) + 30;
  }
  return request;
}

Exit write_file(const std::string& name, const std::string& bytes) {
  std::ofstream file(name, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (file) return Exit::done;
  print_error({Code::unavailable, "cannot write " + name});
  return Exit::error;
}

Exit write_raw(const OperationCommand& command, const std::string& bytes) {
  if (!command.out.empty()) return write_file(command.out, bytes);
  std::fwrite(bytes.data(), 1, bytes.size(), stdout);
  return Exit::done;
}

}  // namespace

Result<std::string> read_input(const std::string& name) {
  std::string bytes;
  if (name == "-") {
    std::array<char, 65536> buffer{};
    for (ssize_t got = 0; (got = ::read(STDIN_FILENO, buffer.data(), buffer.size())) > 0;) {
      bytes.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return bytes;
  }
  std::ifstream file(name, std::ios::binary);
  if (!file) return Error{Code::validation_error, "cannot read " + name, {}};
  bytes.assign(std::istreambuf_iterator<char>(file), {});
  return bytes;
}

Result<std::string> read_data(const std::string& data) {
  if (data == "-") return read_input(data);
  if (data.starts_with('@')) return read_input(data.substr(1));
  return data;
}

Exit write_receipt(const std::string& file, const Reply& reply) {
  const Json* const meta = reply.body.find("meta");
  const Json* const receipt = meta == nullptr ? nullptr : meta->find("receipt");
  if (receipt != nullptr && receipt->is_object()) {
    return write_file(file, json_text(*receipt) + "\n");
  }
  print_error({Code::unavailable,
               "it is done, but there is no receipt now: `assent prove` gives the proof later"});
  return Exit::error;
}

Given OperationCommand::given() const {
  Given given;
  for (const auto& [name, texts] : values) {
    if (!texts.empty()) given[name] = texts;
  }
  return given;
}

Result<Json> arguments_from(const std::vector<std::string>& plain,
                            const std::vector<std::string>& json) {
  Json arguments = Json::object();
  const auto add = [&](const std::string& pair, bool is_json) -> Result<void> {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0) {
      return Error{Code::validation_error, "an argument is written name=value"};
    }
    const std::string text = pair.substr(equals + 1);
    arguments.set(pair.substr(0, equals), is_json ? TRY(parse_json(text)) : Json(text));
    return {};
  };
  for (const std::string& pair : plain) TRY(add(pair, false));
  for (const std::string& pair : json) TRY(add(pair, true));
  return arguments;
}

int run_operation(const Session& session, OperationCommand& command) {
  if (const auto exit = bind_approval(session, command)) return *exit;
  auto request = make_request(session, command);
  if (!request) return static_cast<int>(fail(request.error()));
  const auto reply = call(session.client, std::move(*request));
  if (!reply) return static_cast<int>(fail(reply.error()));
  if (!reply->http.is_success()) return static_cast<int>(fail(session, *reply));
  const std::string_view name = command.operation->about.name;
  if (!command.operation->about.raw_type.empty()) {
    return static_cast<int>(write_raw(command, reply->http.body));
  }
  print(session.output, reply->data());
  if (!command.receipt.empty()) {
    if (const Exit exit = write_receipt(command.receipt, *reply); exit != Exit::done) {
      return static_cast<int>(exit);
    }
  }
  // Where the question was "may I?", the exit code is the answer.
  const bool asks = name == "request_approval" || (name == "get_approval" && command.wait > 0);
  const auto status = reply->data().string_at("status").value_or("");
  if (name == "validate_plan") return static_cast<int>(exit_of_plan(status));
  if (name == "diff_plan") {
    const Json* const are_equal = reply->data().find("allHashesMatch");
    const bool is_confirmed = are_equal != nullptr && *are_equal == Json(true);
    return static_cast<int>(is_confirmed ? Exit::done : Exit::verification_failed);
  }
  return static_cast<int>(asks ? exit_of_status(status) : Exit::done);
}

}  // namespace assent::cli
