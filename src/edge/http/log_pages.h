// The pages of each tenant's log: its checkpoint, tiles and entries, for tools that know nothing of
// Assent. C2SP tlog-tiles (https://c2sp.org/tlog-tiles).
//
//   /log/{tenant}/checkpoint
//   /log/{tenant}/tile/<L>/<N>[.p/<W>]
//   /log/{tenant}/tile/entries/<N>[.p/<W>]
#pragma once

#include "domain/principal.h"
#include "edge/http/exchange.h"
#include "ledger/tile.h"
#include "store/store.h"

#include <memory>
#include <optional>
#include <string_view>

namespace assent::http {

struct LogPage {
  std::string_view tenant;               // Of the path; outlived by it.
  std::optional<ledger::TilePath> tile;  // Nothing: the checkpoint.
};

// Nothing if the path is another's, or not spelt as the specification spells it.
std::optional<LogPage> log_page_from(std::string_view path);

// Who answers such a page, as metrics and logs call it.
Answerer answerer_of(const LogPage& page);

// Answers on a reader thread. `caller` may read the log. REQUIRES: `store` outlives the answer.
void answer_log_page(store::Store& store, const std::shared_ptr<Exchange>& exchange,
                     const Caller& caller, const LogPage& page);

}  // namespace assent::http
