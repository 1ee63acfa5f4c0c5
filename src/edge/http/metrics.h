// What operators count: the Prometheus page, and the table of all that is on it.
//
// Nothing on it is any tenant's: labels are words of closed sets, never an id, a name, a tool or an
// emitter's type. Counters begin at zero when the process does.
#pragma once

#include "base/time.h"
#include "edge/witness/report.h"
#include "store/batch_report.h"
#include "store/gauges.h"
#include "store/vitals.h"

#include <prometheus/registry.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assent::http {

enum class MetricKind { counter, gauge, histogram };

struct MetricRow {
  std::string_view name;
  MetricKind kind;
  std::string_view labels;  // Comma-separated.
  std::string_view help;
};

namespace metric {

// clang-format off
using enum MetricKind;
inline constexpr MetricRow
    kEvents{"assent_events_appended_total", counter, "type",
        "Events committed, by type; `emitted` is every type of an emitter's own."},
    kRequested{"assent_approvals_requested_total", counter, "",
        "Approvals asked for."},
    kDecided{"assent_approvals_decided_total", counter, "outcome",
        "Approvals decided."},
    kBlocked{"assent_approvals_blocked_total", counter, "reason",
        "Decisions that the rules refused."},
    kExpired{"assent_approvals_expired_total", counter, "",
        "Approvals that nobody decided in time."},
    kGrantsRefused{"assent_grants_refused_total", counter, "reason",
        "Attempts to use a grant that were refused."},
    kGrantsExpired{"assent_grants_expired_total", counter, "",
        "Grants that nobody used in time."},
    kExecutions{"assent_executions_ended_total", counter, "outcome",
        "Executions that ended, or of which nobody knows."},
    kCommitFailures{"assent_writer_failures_total", counter, "",
        "Batches that could not be made durable."},
    kBatchJobs{"assent_writer_batch_jobs", histogram, "",
        "Jobs that shared a commit."},
    kCommitSeconds{"assent_writer_commit_duration_seconds", histogram, "",
        "How long a batch took, from its first job until it was durable."},
    kRequests{"assent_http_requests_total", counter, "operation,code",
        "Requests answered, by operation and status."},
    kRequestSeconds{"assent_http_request_duration_seconds", histogram, "operation",
        "How long answers took, from the whole request on."},
    kConnections{"assent_http_connections", gauge, "",
        "Open connections."},
    kLogEvents{"assent_log_events", gauge, "",
        "Events in all logs."},
    kWriteQueue{"assent_writer_queue_jobs", gauge, "",
        "Writes that wait for their batch."},
    kReadOnly{"assent_store_read_only", gauge, "",
        "1 since the store found damage and stopped writing."},
    kPartUp{"assent_part_up", gauge, "part",
        "1 if the part is well, as /readyz sees it."},
    kSearchLag{"assent_search_lag_events", gauge, "",
        "Committed events that the search index does not have yet."},
    kDiskFree{"assent_disk_free_bytes", gauge, "",
        "Room on the disk of the store."},
    kSourceUp{"assent_metrics_source_up", gauge, "source",
        "1 if the gauges of that source could be read; else they are absent."},
    kWitnessSent{"assent_witness_requests_total", counter, "witness,outcome",
        "Checkpoints sent to witnesses, by what came of it."},
    kWitnessLag{"assent_witness_lag_events", gauge, "witness",
        "Events, of all logs, that the witness has not cosigned yet."},
    kWitnessCosigned{"assent_witness_cosigned_timestamp_seconds", gauge, "witness",
        "When the witness last cosigned, in seconds since 1970; 0 if not since the start."},
    kWitnessBehind{"assent_witness_behind", gauge, "",
        "1 if the newest head of some log has waited too long for its quorum of witnesses."},
    kWitnessAsked{"assent_witness_asked_total", counter, "outcome",
        "Checkpoints that other logs asked this server to cosign, by the answer."},
    kBuild{"assent_build_info", gauge, "version",
        "1, labelled with the version."},
    kStarted{"assent_start_time_seconds", gauge, "",
        "When the process started, in seconds since 1970."};

// All but the gauges of the state, whose table is store::state_gauges().
inline constexpr std::array kAll = {
    kEvents, kRequested, kDecided, kBlocked, kExpired, kGrantsRefused, kGrantsExpired, kExecutions,
    kCommitFailures, kBatchJobs, kCommitSeconds, kRequests, kRequestSeconds, kConnections,
    kLogEvents, kWriteQueue, kReadOnly, kPartUp, kSearchLag, kDiskFree, kSourceUp,
    kWitnessSent, kWitnessLag, kWitnessCosigned, kWitnessBehind, kWitnessAsked, kBuild, kStarted};
// clang-format on

}  // namespace metric

// Thread-safe.
class Metrics {
 public:
  // `operations` are all values that the label of that name may have; they outlive this.
  Metrics(Timestamp started, std::span<const std::string_view> operations);

  void count_batch(const store::BatchReport& report);
  // REQUIRES: `operation` is one of those of the constructor.
  void count_request(std::string_view operation, int status, std::chrono::nanoseconds duration);

  // What is measured at the moment of asking.
  struct Now {
    store::Health health;
    std::uint64_t log_events = 0;
    std::size_t connections = 0;
    witness::Report witnessing = {};
    std::optional<std::vector<std::int64_t>> state;  // As store::read_gauges() gave them.
  };
  std::string page(const Now& now) const;

  // The gauges of the state, or what somebody read of them less than a second ago: anybody may ask
  // for the page, as often as they like. Nothing if they cannot be read.
  std::optional<std::vector<std::int64_t>> state(store::Connection& connection, Timestamp at);

 private:
  using Counters = std::vector<prometheus::Counter*>;
  // What an event counts in.
  struct Counted {
    Counters counters;
    bool has_type = false;  // Whether the one of its type is among them: from the first event on.
  };
  using SteadyClock = std::chrono::steady_clock;

  prometheus::Family<prometheus::Counter>& counters(const MetricRow& row);
  prometheus::Histogram& histogram(const MetricRow& row, const std::vector<double>& bounds);
  const Counters& counters_of(const store::CountedEvent& event);
  void count_also(const std::string& key, const MetricRow& row, const prometheus::Labels& labels);

  const Timestamp started_;
  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>& events_;
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Counter& emitted_;
  prometheus::Counter& commit_failures_;
  prometheus::Histogram& batch_jobs_;
  prometheus::Histogram& commit_seconds_;
  std::map<std::string_view, prometheus::Histogram*> request_seconds_;

  std::mutex mutex_;
  std::map<std::string, Counted> of_event_;  // Guarded by mutex_; by type, or `type reason`.
  std::map<std::pair<std::string_view, int>, prometheus::Counter*> of_request_;  // Guarded too.
  std::vector<std::int64_t> state_;                                              // Guarded too.
  std::optional<SteadyClock::time_point> state_read_at_;                         // Guarded too.
};

}  // namespace assent::http
