// What operators see of witnessing: who cosigns this server's logs, and what it cosigns itself.
// Plain values, for whoever renders them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace assent::witness {

// What came of a request to a witness.
enum class Sent { cosigned, stale, ahead, refused, unreachable, bad_answer };
inline constexpr std::array<std::string_view, 6> kSentWords = {
    "cosigned", "stale", "ahead", "refused", "unreachable", "bad_answer"};

// What came of a request to this server as a witness.
enum class Asked {
  cosigned,
  malformed,
  unknown_log,
  untrusted,
  stale,
  inconsistent,
  conflict,
  unavailable
};
inline constexpr std::array<std::string_view, 8> kAskedWords = {
    "cosigned", "malformed",    "unknown_log", "untrusted",
    "stale",    "inconsistent", "conflict",    "unavailable"};

using SentCounts = std::array<std::uint64_t, kSentWords.size()>;
using AskedCounts = std::array<std::uint64_t, kAskedWords.size()>;

struct Report {
  struct Witness {
    std::string name;  // As the policy has it.
    SentCounts sent{};
    std::uint64_t lag = 0;         // Events that it has not cosigned yet, of all logs.
    std::int64_t cosigned_at = 0;  // Seconds since 1970; 0: never since the start.
  };
  std::vector<Witness> witnesses;
  bool has_policy = false;
  bool is_behind = false;  // Some log's newest head has waited for its quorum for too long.
  bool is_witness = false;
  AskedCounts asked{};
};

}  // namespace assent::witness
