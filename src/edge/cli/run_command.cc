#include "edge/cli/run_command.h"

#include "base/text.h"
#include "domain/approval.h"
#include "edge/cli/child.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

namespace assent::cli {

namespace {

constexpr std::chrono::seconds kWaitPerCall{30};
constexpr std::chrono::milliseconds kPause{500};
constexpr std::chrono::milliseconds kRetryRenewal{2000};

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

// Sends a POST again and again under one key, which makes that safe, until the server answers.
Result<Reply> insist(const Session& session, HttpRequest request, std::chrono::seconds most) {
  const auto until = std::chrono::steady_clock::now() + most;
  request.idempotency_key = session.client.make_idempotency_key();
  for (;;) {
    auto reply = call(session.client, request);
    const bool is_final = reply && reply->http.status != 503;
    if (is_final || std::chrono::steady_clock::now() >= until) return reply;
    std::this_thread::sleep_for(kPause);
  }
}

struct Started {
  std::string execution;
  std::chrono::seconds lease;
};

// The blob's name as a proof. Nothing to add where it cannot be uploaded but why.
Result<Json> upload_proof(const Session& session, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{Code::validation_error, "cannot read " + path};
  HttpRequest request{.method = "PUT",
                      .path = "/v1/blobs",
                      .body = {std::istreambuf_iterator<char>(file), {}},
                      .content_type = "application/octet-stream"};
  const auto size = static_cast<std::int64_t>(request.body.size());
  const auto put = TRY(call(session.client, std::move(request)));
  const auto hash = put.data().string_at("sha256");
  if (!put.http.is_success() || !hash) {
    return Error{Code::unavailable, "the server did not take " + path};
  }
  return Json::object({{"type", "file"},
                       {"name", std::filesystem::path(path).filename().string()},
                       {"sha256", *hash},
                       {"sizeBytes", size}});
}

// Says each third of the lease that the command still runs.
Ended run_renewing(const Session& session, const RunOptions& options, const Started& started) {
  const std::chrono::milliseconds third = std::chrono::milliseconds(started.lease) / 3;
  const Json body = Json::object({{"leaseSeconds", started.lease.count()}});
  const auto renew = [&]() -> std::optional<std::chrono::milliseconds> {
    HttpRequest request = post("/v1/executions/" + started.execution + "/renew", body);
    request.timeout_seconds = 5;
    const auto renewed = call(session.client, std::move(request));
    if (!renewed || renewed->http.status == 503) return std::min(third, kRetryRenewal);
    if (renewed->http.is_success()) return third;
    std::fputs(
        "assent: the lease was not renewed; the command goes on, its outcome may count as "
        "unknown\n",
        stderr);
    return std::nullopt;
  };
  return run_child(options.command, third, renew);
}

// How the command ended, as the server is told.
Json completion_of(const Session& session, const RunOptions& options, const Ended& ended) {
  Json result = Json::object();
  if (ended.signal) {
    result.set("signal", *ended.signal);
  } else {
    result.set("exitCode", ended.exit_code);
  }
  Json body = Json::object({{"outcome", ended.error ? "failure" : "success"}});
  body.set_if("error", ended.error);
  if (options.proof && !ended.error) {
    auto proof = upload_proof(session, *options.proof);
    if (proof) {
      body.set("proof", std::move(*proof));
    } else {
      print_error(proof.error());
      result.set("proofMissing", proof.error().detail);
    }
  }
  body.set("result", std::move(result));
  return body;
}

void say_how_to_resolve(const std::string& execution, std::string_view outcome) {
  std::fprintf(stderr,
               "assent: the command ended (%s), but that is not recorded: execution %s becomes "
               "unknown when its lease passes. Then look what it did, and say it:\n"
               "  assent execution resolve %s --as success|failure|partial --note ... "
               "--verification JSON\n",
               std::string(outcome).c_str(), execution.c_str(), execution.c_str());
}

// Tells the server. A success that the policy wants proven, and that is not, is nobody's success.
int complete(const Session& session, const RunOptions& options, const Started& started,
             const Ended& ended) {
  const std::string path = "/v1/executions/" + started.execution + "/complete";
  Json body = completion_of(session, options, ended);
  auto told = insist(session, post(path, body), options.tell_for);
  if (told && told->http.status == 422) {
    static_cast<void>(fail(session, *told));
    body.set("outcome", "unknown");
    body.set("error", "the command succeeded without the proof that the policy wants");
    told = insist(session, post(path, body), options.tell_for);
    if (told && told->http.is_success()) return static_cast<int>(Exit::refused);
  }
  if (told && told->http.is_success()) {
    const bool lacks_proof = options.proof && !ended.error && body.find("proof") == nullptr;
    return lacks_proof ? static_cast<int>(Exit::error) : ended.exit_code;
  }
  say_how_to_resolve(started.execution, ended.error.value_or("success"));
  return static_cast<int>(told ? fail(session, *told) : fail(told.error()));
}

// Uses the grant; the command runs only after the server said that it may, this once.
int start_and_run(const Session& session, const RunOptions& options, const Json& approval,
                  const Subject& subject) {
  const std::string id(approval.string_at("id").value_or(""));
  const std::chrono::seconds lease(std::min<std::int64_t>(
      options.lease.count(), approval.integer_at("leaseSeconds").value_or(options.lease.count())));
  const auto answer =
      insist(session,
             post("/v1/approvals/" + percent_encoded(id) + "/executions",
                  Json::object({{"contentHash", subject.hash}, {"leaseSeconds", lease.count()}})),
             options.tell_for);
  if (!answer || answer->http.status == 503) {
    // The command did not run, so whoever finds the execution may say so.
    std::fprintf(stderr,
                 "assent: the server did not say whether the execution started; the command did "
                 "not run. If `assent show %s` has a started execution, resolve it as a failure "
                 "once its lease has passed.\n",
                 id.c_str());
  }
  if (!answer) return static_cast<int>(fail(answer.error()));
  if (!answer->http.is_success()) return static_cast<int>(fail(session, *answer));
  const Started started{
      .execution = std::string(answer->data().string_at("executionId").value_or("")),
      .lease = lease};
  return complete(session, options, started, run_renewing(session, options, started));
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
  return start_and_run(session, options, approval, subject);
}

}  // namespace assent::cli
