// Whether to send requests here, as `/readyz` says it.
#pragma once

#include "domain/event.h"
#include "edge/net/message.h"
#include "edge/witness/report.h"
#include "store/vitals.h"

#include <string>

namespace assent::http {

// The parts that are not well, as `writer failing, disk full`; empty if all are.
std::string faults_of(const store::Health& health);

// 200 with the state of each part, or 503 with those that are not well. Witnesses that are behind
// are told of, and are no reason to send requests elsewhere: nothing waits for them. Pure.
net::Response readiness(const store::Health& health, const witness::Report& witnessing,
                        const TraceId& trace);

}  // namespace assent::http
