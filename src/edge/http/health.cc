#include "edge/http/health.h"

#include "edge/http/problem.h"

namespace assent::http {

std::string faults_of(const store::Health& health) {
  std::string faults;
  for (const auto& [name, state] : health.parts) {
    if (state == store::Health::kOk) continue;
    if (!faults.empty()) faults += ", ";
    faults.append(name).append(" ").append(state);
  }
  return faults;
}

net::Response readiness(const store::Health& health, const witness::Report& witnessing,
                        const TraceId& trace) {
  Json parts = Json::object();
  Json degraded = Json::object();
  for (const auto& [name, state] : health.parts) {
    parts.set(std::string(name), state);
    if (state != store::Health::kOk) degraded.set(std::string(name), state);
  }
  if (!health.is_ready()) {
    return not_ready("not ready: " + faults_of(health),
                     Json::object({{"degraded", std::move(degraded)}}), trace);
  }
  if (witnessing.has_policy) parts.set("witnesses", witnessing.is_behind ? "behind" : "ok");
  const Json body = Json::object({{"status", "ready"},
                                  {"parts", std::move(parts)},
                                  {"searchLag", health.search_lag},
                                  {"writeQueue", static_cast<std::int64_t>(health.write_queue)}});
  return {
      .status = 200, .headers = {{"Content-Type", "application/json"}}, .body = json_text(body)};
}

}  // namespace assent::http
