// Sends planned rows to a server, in batches, so that each is in the log once however often the
// import is run.
//
// The server knows the ids of all events, so that a row which is there already is only counted.
// A batch is taken whole or not at all: of one that is refused, each half is tried, down to the row
// that is at fault.
#pragma once

#include "edge/cli/client.h"
#include "edge/cli/import/import_file.h"
#include "edge/cli/session.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace assent::cli {

struct ImportTally {
  std::size_t imported = 0;
  std::size_t already_there = 0;
  std::size_t without_parent =
      0;  // Of the imported: what the row names as its parent is not there.
  std::size_t refused = 0;

  std::size_t in_log() const { return imported + already_there; }
};

class ImportSender {
 public:
  // What is told of a row: that it was refused, or is in the log without its parent.
  using Tell = std::function<void(const LineFault&)>;

  // REQUIRES: all of them outlive it.
  ImportSender(Client& client, const RowReader& reader, NoZone no_zone, Tell refused, Tell noted);

  // Looks at the log. Every error here and below is a reason to stop, and to try again later.
  Result<void> start();
  Result<void> send(const PlannedRow& row);
  Result<void> finish();

  const ImportTally& tally() const { return tally_; }

 private:
  struct Item {
    PlannedRow row;
    Json event;
    std::string bytes;
  };
  using Items = std::vector<Item>;

  Result<bool> is_there(std::uint64_t sequence);
  Result<std::optional<Json>> find(const EventId& id);
  Result<void> link(const PlannedRow& row, Json& event);
  Result<void> upload(Json& event, const PlannedRow& row, bool& is_refused);
  Result<void> post(const Item* first, std::size_t count);
  Result<void> settle(const Item& item, const Reply& reply);
  Result<void> count(const Reply& reply, const Item* first, std::size_t count);
  void compare(const Item& item, const Json& stored);
  void refuse(const PlannedRow& row, std::string what);

  Client& client_;
  const RowReader& reader_;
  NoZone no_zone_;
  Tell refused_, noted_;
  ImportTally tally_;
  Items batch_;
  std::size_t batch_bytes_ = 0;
  std::uint64_t size_ = 0;             // Of the log when the import began.
  std::map<EventId, bool> elsewhere_;  // Parents of other files: whether they are in the log.
};

}  // namespace assent::cli
