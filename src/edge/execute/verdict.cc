#include "edge/execute/verdict.h"

#include "base/canonical.h"
#include "base/text.h"

#include <utility>

namespace assent::execute {

namespace {

// Result, error and proof fit into one entry together.
constexpr std::size_t kBodyBytesMax = 16 * 1024;
constexpr std::size_t kProofBytesMax = 8 * 1024;
constexpr std::size_t kErrorBytesMax = 4 * 1024;

Json named_by_hash(std::string_view bytes) {
  return Json::object({{"sha256", content_hash_text(sha256(bytes))},
                       {"sizeBytes", static_cast<std::int64_t>(bytes.size())}});
}

Json capped(Json value, std::size_t bytes_max) {
  const std::string text = canonical_json(value);
  if (text.size() <= bytes_max) return value;
  Json named = named_by_hash(text);
  named.set("cut", true);
  return named;
}

// The body as JSON, else as text, else as what its hash names.
Json shown(const CallReply& reply, const std::optional<Json>& parsed) {
  if (parsed) return capped(*parsed, kBodyBytesMax);
  if (!is_utf8(reply.body)) return named_by_hash(reply.body);
  return capped(Json(reply.body), kBodyBytesMax);
}

bool is_in_hundred(long status, long hundred) {
  return status / 100 == hundred;
}

// What broke on the way. Only what was never sent is certain to have had no effect.
app::CompleteExecution broken(const ExecutionId& execution, const CallReply& reply) {
  return {.execution = execution,
          .outcome = reply.was_sent ? app::EndedAs::unknown : app::EndedAs::failure,
          .error = Json((reply.was_sent ? "no answer: " : "nothing was sent: ") + reply.fault)};
}

app::EndedAs outcome_of(long status) {
  if (is_in_hundred(status, 2)) return app::EndedAs::success;
  return is_in_hundred(status, 4) ? app::EndedAs::failure : app::EndedAs::unknown;
}

}  // namespace

app::CompleteExecution verdict(const ExecutionId& execution, const CallReply& reply) {
  if (!reply.fault.empty()) return broken(execution, reply);
  app::CompleteExecution ended{.execution = execution, .outcome = outcome_of(reply.status)};
  Json result = Json::object({{"status", static_cast<std::int64_t>(reply.status)}});
  if (reply.is_too_long) {
    // What was not read may have said that it failed.
    if (ended.outcome == app::EndedAs::success) ended.outcome = app::EndedAs::unknown;
    ended.error = Json("the answer is longer than 1 MiB and was not read");
    ended.result = std::move(result);
    return ended;
  }
  std::optional<Json> parsed;
  if (auto json = parse_json(reply.body)) parsed = std::move(*json);
  if (!reply.body.empty()) result.set("body", shown(reply, parsed));
  ended.result = std::move(result);
  if (ended.outcome != app::EndedAs::success) {
    ended.error = Json("status " + std::to_string(reply.status));
    return ended;
  }
  if (!parsed) return ended;
  if (const auto why = failure_told_by(*parsed)) {
    ended.outcome = app::EndedAs::failure;
    const Json* const error = parsed->find("error");
    ended.error = error == nullptr ? Json(*why) : capped(*error, kErrorBytesMax);
  }
  const Json* const proof = parsed->is_object() ? parsed->find("proof") : nullptr;
  if (proof != nullptr && proof->is_object()) ended.proof = {capped(*proof, kProofBytesMax)};
  return ended;
}

}  // namespace assent::execute
