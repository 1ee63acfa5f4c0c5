-- What every load ends with: requests, microseconds, p50 and p99 in microseconds, failures.

function done(summary, latency)
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration,
                         latency:percentile(50), latency:percentile(99),
                         summary.errors.status + summary.errors.timeout + summary.errors.read +
                         summary.errors.write + summary.errors.connect))
end
