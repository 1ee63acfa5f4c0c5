// Which logs are known, which witnesses, and how many of these must have cosigned a checkpoint
// for it to count: C2SP tlog-policy (https://c2sp.org/tlog-policy).
//
//   log <vkey> [<url>]
//   witness <name> <vkey> [<url>]
//   group <name> all|any|<k> <name>...
//   quorum <name>|none
//
// Pure and thread-safe.
#pragma once

#include "base/result.h"
#include "ledger/key.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assent::ledger {

inline constexpr std::size_t kWitnessPolicyBytesMax = 1'048'576;

struct WitnessPolicy {
  struct Log {
    VerifierKey key;
    std::string url;  // Empty: none given.
  };
  struct Witness {
    std::string name;  // Of meaning in the policy only.
    VerifierKey key;
    std::string url;  // The submission prefix; empty: none given.
  };
  // One of `witnesses` or of the groups before.
  struct Member {
    enum class Kind { witness, group };
    Kind kind = Kind::witness;
    std::size_t place = 0;
  };
  struct Group {
    std::string name;
    std::size_t threshold = 0;
    std::vector<Member> members;
  };

  std::vector<Log> logs;
  std::vector<Witness> witnesses;
  std::vector<Group> groups;
  std::optional<Member> quorum;  // Nothing: `quorum none`.
};

// Strict. Code::validation_error with the line's number if the text is no policy; that includes a
// log's key where a witness's belongs, and the reverse.
Result<WitnessPolicy> parse_witness_policy(std::string_view text);

// Whether a checkpoint that just these have cosigned counts. The log's own signature is not looked
// at. Keys that the policy does not name change nothing.
bool is_satisfied(const WitnessPolicy& policy, std::span<const VerifierKey> cosigners);

}  // namespace assent::ledger
