// Assent as a witness of other logs: C2SP tlog-witness (https://c2sp.org/tlog-witness).
//
// For each log it remembers the newest head that it cosigned, and cosigns only what provably
// extends it. That memory is all that its word is worth, so a head is durable before its
// cosignature leaves:
//
//   witness/<hex SHA-256 of the origin>    the cosigned checkpoint's note
//   witness/conflicts/                     what a log signed that does not go with it: evidence
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "edge/witness/report.h"
#include "ledger/cosignature.h"
#include "ledger/merkle.h"
#include "ledger/submission.h"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace assent::witness {

// One verifier key a line, of the logs to witness; empty lines and those that begin with `#` mean
// nothing. A log is named by its key; several keys of one name are one log's.
// Code::validation_error with the line's number.
Result<std::vector<ledger::VerifierKey>> parse_witnessed_logs(std::string_view text);

// What to answer over HTTP.
struct Answer {
  Asked outcome = Asked::malformed;
  int status = 400;
  std::string body = {};
  std::string media_type = "text/plain; charset=utf-8";
};

class Witness {
 public:
  struct Parts {
    std::string directory;  // Made if it is absent.
    ledger::Cosigner cosigner;
    std::vector<ledger::VerifierKey> logs;
    const Clock& clock;
  };
  // Code::corrupt if what it remembers is not what it cosigned.
  static Result<std::unique_ptr<Witness>> open(Parts parts);

  // Answers `add-checkpoint`. Thread-safe; blocks on the disk.
  Answer add_checkpoint(std::string_view body);

  // The cosigned checkpoint of the log whose origin has that hash; nothing if there is none.
  // Thread-safe; may wait for add_checkpoint().
  std::optional<std::string> checkpoint(std::string_view origin_hash) const;

  AskedCounts counts() const;  // Thread-safe.

 private:
  struct Log {
    std::string origin;
    std::vector<ledger::VerifierKey> keys;
    ledger::TreeHead head{.size = {}, .root = ledger::empty_root()};
    std::chrono::sys_seconds at{};
    std::string note;  // Empty: nothing was cosigned yet.
  };
  // A checkpoint that the log's key vouches for.
  struct Claim {
    ledger::Size old{};
    std::vector<Hash> proof;
    ledger::Note note;  // With the log's own signatures only.
    ledger::TreeHead head;
  };

  explicit Witness(Parts parts) : parts_(std::move(parts)) {}
  Result<void> load();
  Answer answer(std::string_view body);
  Answer judge(Log& log, const Claim& claim);
  Answer cosign(Log& log, const Claim& claim);
  void keep_evidence(const Log& log, const Claim& claim, std::string_view kind);

  const Parts parts_;
  mutable std::mutex mutex_;  // Held while writing: to check and to persist is one act.
  std::map<std::string, Log, std::less<>> logs_;  // Guarded by mutex_; by the hash of the origin.
  std::set<std::string> evidence_;                // Guarded by mutex_; the names of its files.
  AskedCounts counts_{};                          // Guarded by mutex_.
};

}  // namespace assent::witness
