// What is made from the log, made from it again.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>

namespace assent::store {

// The first difference between the state as it is and the replay of the log as it is: a sentence.
// Nothing: they are the same. Works beside a server. Code::corrupt if the log cannot be replayed.
Result<std::optional<std::string>> difference_from_replay(const std::string& directory);

struct Rebuilt {
  std::uint64_t events = 0;
  std::optional<std::string> difference;  // The first that there was in the state.
};

// Empties the state tables and replays the log into them, in one transaction: a crash leaves what
// was there. Every leaf is hashed and every head compared first: Code::corrupt, and nothing was
// changed, if the log is not whole. Takes the directory's lock.
Result<Rebuilt> rebuild_state(const std::string& directory);

// Deletes the search index and makes it from the log; returns when it has all of it. A crash leaves
// the rest to the next start. Takes the directory's lock.
Result<std::uint64_t> rebuild_search(const std::string& directory);

}  // namespace assent::store
