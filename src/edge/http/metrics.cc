#include "edge/http/metrics.h"

#include "base/version.h"
#include "domain/words.h"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/text_serializer.h>

namespace assent::http {

namespace {

constexpr std::chrono::seconds kStateFresh{1};

// Events that are also counted under a name of their own.
struct NamedCount {
  std::string_view type;
  const MetricRow& metric;
  std::string_view value = {};  // Of the metric's label, if it has one.
};
constexpr std::array kNamed = {
    NamedCount{"approval.requested", metric::kRequested},
    NamedCount{"approval.succeeded", metric::kDecided, "approved"},
    NamedCount{"approval.auto_approved", metric::kDecided, "auto_approved"},
    NamedCount{"approval.rejected", metric::kDecided, "rejected"},
    NamedCount{"approval.cancelled", metric::kDecided, "cancelled"},
    NamedCount{"approval.expired", metric::kExpired},
    NamedCount{"grant.expired", metric::kGrantsExpired},
    NamedCount{"execution.succeeded", metric::kExecutions, "succeeded"},
    NamedCount{"execution.failed", metric::kExecutions, "failed"},
    NamedCount{"execution.partial", metric::kExecutions, "partial"},
    NamedCount{"execution.unknown", metric::kExecutions, "unknown"},
};

std::string key_of(const store::CountedEvent& event) {
  return event.reason.empty() ? event.type : event.type + ' ' + event.reason;
}

prometheus::MetricFamily gauge_family(std::string_view name, std::string_view help) {
  return {.name = std::string(name),
          .help = std::string(help),
          .type = prometheus::MetricType::Gauge,
          .metric = {}};
}

void add(prometheus::MetricFamily& family, double value,
         std::vector<prometheus::ClientMetric::Label> labels = {}) {
  prometheus::ClientMetric& metric = family.metric.emplace_back();
  metric.label = std::move(labels);
  metric.gauge.value = value;
}

// Puts the gauge of that row on the page.
template <class Number>
void put(std::vector<prometheus::MetricFamily>& page, const MetricRow& row, Number value,
         std::string_view label = {}) {
  auto& family = page.emplace_back(gauge_family(row.name, row.help));
  std::vector<prometheus::ClientMetric::Label> labels;
  if (!label.empty()) labels.push_back({std::string(row.labels), std::string(label)});
  add(family, static_cast<double>(value), std::move(labels));
}

prometheus::MetricFamily family_of(const MetricRow& row, prometheus::MetricType type) {
  return {.name = std::string(row.name), .help = std::string(row.help), .type = type, .metric = {}};
}

void put_witnessing(std::vector<prometheus::MetricFamily>& page, const witness::Report& report) {
  const auto count = [](prometheus::MetricFamily& family, std::uint64_t value,
                        std::vector<prometheus::ClientMetric::Label> labels) {
    prometheus::ClientMetric& metric = family.metric.emplace_back();
    metric.label = std::move(labels);
    metric.counter.value = static_cast<double>(value);
  };
  auto sent = family_of(metric::kWitnessSent, prometheus::MetricType::Counter);
  auto lag = family_of(metric::kWitnessLag, prometheus::MetricType::Gauge);
  auto cosigned = family_of(metric::kWitnessCosigned, prometheus::MetricType::Gauge);
  auto asked = family_of(metric::kWitnessAsked, prometheus::MetricType::Counter);
  for (const witness::Report::Witness& it : report.witnesses) {
    for (std::size_t i = 0; i < it.sent.size(); ++i) {
      count(sent, it.sent[i],
            {{"witness", it.name}, {"outcome", std::string(witness::kSentWords[i])}});
    }
    add(lag, static_cast<double>(it.lag), {{"witness", it.name}});
    add(cosigned, static_cast<double>(it.cosigned_at), {{"witness", it.name}});
  }
  for (std::size_t i = 0; i < report.asked.size(); ++i) {
    count(asked, report.asked[i], {{"outcome", std::string(witness::kAskedWords[i])}});
  }
  for (auto* family : {&sent, &lag, &cosigned, &asked}) page.push_back(std::move(*family));
  put(page, metric::kWitnessBehind, report.is_behind ? 1 : 0);
}

std::vector<double> duration_bounds() {
  return {0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 60};
}

}  // namespace

Metrics::Metrics(Timestamp started, std::span<const std::string_view> operations)
    : started_(started),
      events_(counters(metric::kEvents)),
      requests_(counters(metric::kRequests)),
      emitted_(events_.Add({{"type", "emitted"}})),
      commit_failures_(counters(metric::kCommitFailures).Add({})),
      batch_jobs_(histogram(metric::kBatchJobs, {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024})),
      commit_seconds_(histogram(metric::kCommitSeconds, duration_bounds())) {
  // Zeros from the start: a counter that appears with its first count hides that count from
  // increase() and rate().
  for (const auto& [type, row, value] : kNamed) {
    count_also(std::string(type), row,
               value.empty() ? prometheus::Labels()
                             : prometheus::Labels{{std::string(row.labels), std::string(value)}});
  }
  for (const std::string_view reason : words<Refusal>()) {
    count_also("approval.blocked." + std::string(reason), metric::kBlocked,
               {{"reason", std::string(reason)}});
  }
  for (const std::string_view reason : words<GrantRefusal>()) {
    count_also("grant.refused " + std::string(reason), metric::kGrantsRefused,
               {{"reason", std::string(reason)}});
  }
  auto& seconds = prometheus::BuildHistogram()
                      .Name(std::string(metric::kRequestSeconds.name))
                      .Help(std::string(metric::kRequestSeconds.help))
                      .Register(registry_);
  for (const std::string_view operation : operations) {
    request_seconds_.emplace(
        operation, &seconds.Add({{"operation", std::string(operation)}}, duration_bounds()));
  }
}

prometheus::Family<prometheus::Counter>& Metrics::counters(const MetricRow& row) {
  return prometheus::BuildCounter()
      .Name(std::string(row.name))
      .Help(std::string(row.help))
      .Register(registry_);
}

prometheus::Histogram& Metrics::histogram(const MetricRow& row, const std::vector<double>& bounds) {
  return prometheus::BuildHistogram()
      .Name(std::string(row.name))
      .Help(std::string(row.help))
      .Register(registry_)
      .Add({}, bounds);
}

void Metrics::count_also(const std::string& key, const MetricRow& row,
                         const prometheus::Labels& labels) {
  of_event_[key].counters.push_back(&counters(row).Add(labels));
}

void Metrics::count_batch(const store::BatchReport& report) {
  commit_seconds_.Observe(std::chrono::duration<double>(report.duration).count());
  batch_jobs_.Observe(static_cast<double>(report.jobs));
  if (!report.is_committed) commit_failures_.Increment();
  if (report.emitted_events > 0) emitted_.Increment(static_cast<double>(report.emitted_events));
  if (report.governed_events.empty()) return;

  const std::lock_guard lock(mutex_);
  for (const store::CountedEvent& event : report.governed_events) {
    for (prometheus::Counter* const counter : counters_of(event)) counter->Increment();
  }
}

// REQUIRES: mutex_ is held.
const Metrics::Counters& Metrics::counters_of(const store::CountedEvent& event) {
  Counted& counted = of_event_[key_of(event)];
  if (!counted.has_type) {
    counted.counters.push_back(&events_.Add({{"type", event.type}}));
    counted.has_type = true;
  }
  return counted.counters;
}

void Metrics::count_request(std::string_view operation, int status,
                            std::chrono::nanoseconds duration) {
  request_seconds_.at(operation)->Observe(std::chrono::duration<double>(duration).count());
  const std::lock_guard lock(mutex_);
  prometheus::Counter*& counter = of_request_[{operation, status}];
  if (counter == nullptr) {
    counter =
        &requests_.Add({{"operation", std::string(operation)}, {"code", std::to_string(status)}});
  }
  counter->Increment();
}

std::optional<std::vector<std::int64_t>> Metrics::state(store::Connection& connection,
                                                        Timestamp at) {
  const auto now = SteadyClock::now();
  {
    const std::lock_guard lock(mutex_);
    if (state_read_at_ && now - *state_read_at_ < kStateFresh) return state_;
  }
  auto values = store::read_gauges(connection, at);
  if (!values) return std::nullopt;
  const std::lock_guard lock(mutex_);
  state_ = std::move(*values);
  state_read_at_ = now;
  return state_;
}

std::string Metrics::page(const Now& now) const {
  auto page = registry_.Collect();
  put(page, metric::kConnections, now.connections);
  put(page, metric::kLogEvents, now.log_events);
  put(page, metric::kWriteQueue, now.health.write_queue);
  put(page, metric::kReadOnly, now.health.is_writable ? 0 : 1);
  put(page, metric::kSearchLag, now.health.search_lag);
  put(page, metric::kDiskFree, now.health.disk_free_bytes);
  put(page, metric::kSourceUp, now.state ? 1 : 0, "state");
  put_witnessing(page, now.witnessing);
  put(page, metric::kBuild, 1, kVersion);
  put(page, metric::kStarted, static_cast<double>(to_microseconds(started_)) / 1e6);

  auto& parts = page.emplace_back(gauge_family(metric::kPartUp.name, metric::kPartUp.help));
  for (const auto& [name, state] : now.health.parts) {
    add(parts, state == store::Health::kOk ? 1 : 0, {{"part", std::string(name)}});
  }
  // What could not be read is absent: zero would be a lie.
  const auto gauges = store::state_gauges();
  for (std::size_t i = 0; now.state && i < gauges.size(); ++i) {
    add(page.emplace_back(gauge_family(gauges[i].name, gauges[i].help)),
        static_cast<double>((*now.state)[i]));
  }
  return prometheus::TextSerializer().Serialize(page);
}

}  // namespace assent::http
