// What the tenant's state and policy say against an event that an emitter wants recorded: a type
// that is not the caller's to emit, a number used twice, an obligation closed twice or by somebody
// else, a proof that is lacking.
//
// For one request, on the writer thread: each check is followed by the recording of the event.
#pragma once

#include "app/emit_events.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace assent::app {

class EmissionGuard {
 public:
  // REQUIRES: both outlive this; `in` is prepared.
  EmissionGuard(const store::Write& write, const EmitEvents& in) : write_(write), in_(in) {}

  Result<void> check(std::size_t index);

 private:
  Result<const Policy*> policy();
  Result<void> check_type(std::size_t index);
  Result<void> check_proof(std::size_t index);
  Result<void> check_number(std::size_t index);
  Result<void> check_obligation(std::size_t index);

  const store::Write& write_;
  const EmitEvents& in_;
  store::KeptPolicy policy_;  // Null until somebody asked.
  // The number that follows what this request has used: nearly always the next one to come.
  std::map<std::string_view, std::int64_t> next_;
};

}  // namespace assent::app
