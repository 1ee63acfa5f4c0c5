// Both sides of witnessing, as the files of a data directory ask for them:
//
//   witness-policy     C2SP tlog-policy: who cosigns the logs of this server
//   witnessed-logs     verifier keys, one a line: whose logs this server cosigns
//
// Read when the server starts. Either may be absent.
#pragma once

#include "base/result.h"
#include "edge/net/message.h"
#include "edge/witness/client.h"
#include "edge/witness/pages.h"
#include "edge/witness/report.h"
#include "edge/witness/witness.h"
#include "store/store.h"

#include <memory>
#include <string>

namespace assent::witness {

class Witnessing {
 public:
  // Code::validation_error, with the line, if one of the files is malformed. Both must outlive
  // this.
  static Result<std::unique_ptr<Witnessing>> start(store::Store& store,
                                                   const std::string& directory,
                                                   net::Handler& rest);

  // What answers requests: the pages of the witness in front of `rest`, or `rest` alone.
  net::Handler& handler() { return pages_ ? *pages_ : rest_; }
  Report report() const;  // Thread-safe.

 private:
  explicit Witnessing(net::Handler& rest) : rest_(rest) {}

  net::Handler& rest_;
  std::unique_ptr<Client> client_;    // Null without a policy.
  std::unique_ptr<Witness> witness_;  // Null without logs to witness.
  std::unique_ptr<Pages> pages_;      // Null with it.
};

}  // namespace assent::witness
