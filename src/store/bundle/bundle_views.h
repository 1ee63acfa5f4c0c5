// What people and other systems read of a bundle's events: tables made of them, proving nothing.
#pragma once

#include "base/result.h"
#include "domain/dialect/dialect.h"
#include "store/bundle/spool.h"
#include "store/connection.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace assent::store {

// One view, fed with the bundle's events in order. One thread.
class BundleView {
 public:
  virtual ~BundleView() = default;
  virtual Result<void> add(std::string_view event) = 0;
  virtual std::string name() const = 0;  // In the bundle: `views/…`.
  virtual HashedSpool& file() = 0;
};

// A line for each event that the dialect has a row for: what a query in that dialect answers.
Result<std::unique_ptr<BundleView>> dialect_view(Dialect dialect, const std::string& directory);

// Who approved what, when, over which channel: a line of RFC 4180 for every event of an approval.
// What only its request says (tool, title, tier, requester) is repeated on its later events, if the
// request is in the bundle. Text that a spreadsheet would run begins with an apostrophe. Remembers
// requests in a database called `scratch`, which goes with it.
Result<std::unique_ptr<BundleView>> approvals_view(const std::string& directory,
                                                   const std::string& scratch);

// Removes such a database, if a crash left one.
void remove_scratch(const std::string& scratch);

}  // namespace assent::store
