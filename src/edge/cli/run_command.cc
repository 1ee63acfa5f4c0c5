#include "edge/cli/run_command.h"

#include "base/text.h"
#include "domain/approval.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <sys/wait.h>
#include <unistd.h>

namespace assent::cli {

namespace {

constexpr std::chrono::seconds kWaitPerCall{30};
constexpr int kCannotRun = 127;  // What a shell says of a command that it cannot find.

// What the approval and the grant are bound to: the tool, the arguments that were given, and the
// very command line and directory that will run.
struct Subject {
  std::string tool;
  Json arguments;
  std::string hash;
};

Subject subject_of(const RunOptions& options) {
  Subject subject;
  subject.tool = options.tool.empty()
                     ? std::filesystem::path(options.command.front()).filename().string()
                     : options.tool;
  subject.arguments = options.arguments;
  Json words = Json::array();
  for (const std::string& word : options.command) words.push(word);
  subject.arguments.set("command", std::move(words));
  std::error_code ignored;
  subject.arguments.set("cwd", std::filesystem::current_path(ignored).string());
  subject.hash = tool_call_hash(subject.tool, subject.arguments);
  return subject;
}

HttpRequest post(std::string path, const Json& body) {
  return {.method = "POST", .path = std::move(path), .body = json_text(body)};
}

Result<Reply> ask(const Session& session, const RunOptions& options, const Subject& subject) {
  Json body = Json::object(
      {{"kind", "tool_call"}, {"tool", subject.tool}, {"arguments", subject.arguments}});
  body.set_if("title", options.title);
  body.set_if("reason", options.reason);
  return call(session.client, post("/v1/approvals", body));
}

Result<Reply> look(const Session& session, const std::string& id, std::chrono::seconds wait) {
  HttpRequest request{.method = "GET", .path = "/v1/approvals/" + percent_encoded(id), .body = ""};
  if (wait.count() > 0) request.headers.push_back("Prefer: wait=" + std::to_string(wait.count()));
  request.timeout_seconds = static_cast<long>(wait.count()) + 30;
  return call(session.client, std::move(request));
}

// Waits until the approval is decided, at most `options.wait`.
Result<Reply> await(const Session& session, const RunOptions& options, const std::string& id) {
  const auto until = std::chrono::steady_clock::now() + options.wait;
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::seconds>(until - std::chrono::steady_clock::now());
    auto reply = look(session, id, std::clamp(left, std::chrono::seconds(0), kWaitPerCall));
    const bool goes_on = reply && reply->http.is_success() &&
                         reply->data().string_at("status") == "pending" && left.count() > 0;
    if (!goes_on) return reply;
  }
}

struct Ended {
  int exit_code = 0;
  Json result = Json::object();
  std::string outcome = "success";
  std::optional<std::string> error;
};

Ended ended_from(int status) {
  Ended ended;
  if (WIFSIGNALED(status)) {
    ended.exit_code = 128 + WTERMSIG(status);
    ended.outcome = "failure";
    ended.error = std::string("killed by signal ") + std::to_string(WTERMSIG(status));
    ended.result.set("signal", WTERMSIG(status));
    return ended;
  }
  ended.exit_code = WEXITSTATUS(status);
  ended.result.set("exitCode", ended.exit_code);
  if (ended.exit_code != 0) {
    ended.outcome = "failure";
    ended.error = "exit code " + std::to_string(ended.exit_code);
  }
  return ended;
}

// Runs the command in the foreground and waits for it.
Ended execute(const std::vector<std::string>& command) {
  std::vector<char*> words;
  words.reserve(command.size() + 1);
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    execvp(words.front(), words.data());
    std::fprintf(stderr, "assent: cannot run %s: %s\n",
                 escape_for_terminal(command.front()).c_str(), std::strerror(errno));
    _exit(kCannotRun);
  }
  int status = 0;
  while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (child > 0) return ended_from(status);
  Ended ended;
  ended.exit_code = kCannotRun;
  ended.outcome = "failure";
  ended.error = "no process could be made";
  return ended;
}

// Uses the grant; the command runs only after the server said that it may, this once.
int start_and_run(const Session& session, const RunOptions& options, const std::string& id,
                  const Subject& subject) {
  auto started = call(session.client, post("/v1/approvals/" + percent_encoded(id) + "/executions",
                                           Json::object({{"contentHash", subject.hash}})));
  if (!started) return static_cast<int>(fail(started.error()));
  if (!started->http.is_success()) return static_cast<int>(fail(session, *started));
  const std::string execution(started->data().string_at("executionId").value_or(""));

  const Ended ended = execute(options.command);
  Json body = Json::object({{"outcome", ended.outcome}, {"result", ended.result}});
  body.set_if("error", ended.error);
  const auto told = call(session.client, post("/v1/executions/" + execution + "/complete", body));
  if (!told || !told->http.is_success()) {
    std::fprintf(
        stderr,
        "assent: the command ended (%s), but the server could not be told. The execution %s "
        "stays open until somebody completes it.\n",
        ended.outcome.c_str(), execution.c_str());
    return static_cast<int>(told ? fail(session, *told) : fail(told.error()));
  }
  return ended.exit_code;
}

int refuse(const Json& approval, const std::string& id, std::string_view status) {
  const std::string tool = escape_for_terminal(approval.string_at("tool").value_or(""));
  const std::string shown(status);
  std::fprintf(stderr, "assent: %s is %s (%s); the command did not run\n", tool.c_str(),
               shown.c_str(), id.c_str());
  if (status == "pending") {
    std::fprintf(stderr, "assent: go on with: assent run --approval %s ... -- CMD\n", id.c_str());
  }
  return static_cast<int>(exit_of_status(status));
}

}  // namespace

int run_command(const Session& session, const RunOptions& options) {
  const Subject subject = subject_of(options);
  std::string id = options.approval.value_or("");
  if (id.empty()) {
    const auto asked = ask(session, options, subject);
    if (!asked) return static_cast<int>(fail(asked.error()));
    if (!asked->http.is_success()) return static_cast<int>(fail(session, *asked));
    id = std::string(asked->data().string_at("id").value_or(""));
    if (asked->data().string_at("status") == "pending") {
      std::fprintf(stderr, "assent: waiting for a decision on %s\n", id.c_str());
    }
  }
  const auto decided = await(session, options, id);
  if (!decided) return static_cast<int>(fail(decided.error()));
  if (!decided->http.is_success()) return static_cast<int>(fail(session, *decided));
  const Json& approval = decided->data();
  const std::string_view status = approval.string_at("status").value_or("");
  const bool may_start = status == "approved" || (options.approval && status == "executed");
  if (!may_start) return refuse(approval, id, status);
  if (approval.string_at("contentHash") != subject.hash) {
    std::fputs("assent: what was approved is not what would run; the command did not run\n",
               stderr);
    return static_cast<int>(Exit::conflict);
  }
  return start_and_run(session, options, id, subject);
}

}  // namespace assent::cli
