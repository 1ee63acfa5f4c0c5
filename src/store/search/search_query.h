// Answering a query: which events of a tenant's log match, read and decided on their bytes.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "store/connection.h"
#include "store/search/search.h"
#include "store/search/search_index.h"
#include "store/search/search_terms.h"

#include <cstdint>
#include <string>

namespace assent::store {

// The log of one tenant, seen through a connection. Errors: Code::corrupt where an event is missing
// or is none, and the connection's.
class LogView {
 public:
  LogView(Connection& connection, TenantNumber tenant) : connection_(connection), tenant_(tenant) {}

  Connection& connection() const { return connection_; }
  TenantNumber tenant() const { return tenant_; }

  Result<std::string> bytes(std::uint64_t sequence) const;
  Result<Timestamp> time(std::uint64_t sequence) const;
  // Whose events are all before, respectively at or after, `at`: times never run backwards.
  Result<std::uint64_t> first_not_before(Timestamp at, std::uint64_t begin,
                                         std::uint64_t end) const;

 private:
  Connection& connection_;
  TenantNumber tenant_;
};

// Part of a log: [begin, end).
struct SequenceRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// The part of `query`'s range that its times leave.
Result<SequenceRange> range_of(const LogView& log, const EventQuery& query);

// The events of the range, `limit` of them at most; next_sequence is the one after, if any.
Result<FoundPage> read_page(const LogView& log, SequenceRange range, std::size_t limit);

// The same of those that match. REQUIRES: there is a filter, and the index has the range.
Result<FoundPage> find_page(const LogView& log, const SearchIndex& index, const Filters& filters,
                            SequenceRange range, std::size_t limit);

}  // namespace assent::store
