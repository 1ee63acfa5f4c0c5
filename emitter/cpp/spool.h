// Events on disk until the server has them: append at one end; read, settle and remove at the
// other. emitter/README.md has the files and the rules.
//
// Not thread-safe: its one owner holds a lock around it, but for what says that it needs none.
#pragma once

#include "base/random.h"
#include "emitter/cpp/damage.h"
#include "emitter/cpp/file.h"
#include "emitter/cpp/segment.h"
#include "emitter/cpp/spool_lock.h"
#include "emitter/cpp/spool_state.h"

#include <assent/emitter.h>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace assent::emitter {

using Report = std::function<void(std::string_view kind, std::string_view text)>;

// Where a payload is.
struct Place {
  Segment* segment = nullptr;
  std::uint64_t offset = 0;
  std::uint32_t size = 0;
};

// An event in the spool, and the blob that has to go before it, if it has one.
struct Entry {
  Place event;
  Place blob;
  // The producer's number; 0: another id's, which counts for nothing here.
  std::uint64_t sequence = 0;
  std::uint64_t ordinal = 0;  // How many entries this process had appended with it; 0: found.
};

class Spool {
 public:
  // Takes the directory's lock and reads what is there. Where no state says how far the numbers
  // went, they begin under an id that nobody had. Errors: misconfigured (the spool of another
  // producer), spool_unusable. REQUIRES: options.spool.
  static Result<std::unique_ptr<Spool>> open(const Options& options, Random& random, Report report);

  // Who numbers the events.
  const std::string& producer() const { return state_.producer; }

  // What an earlier process left, in order. Once.
  struct Left {
    std::string tenant;
    Entry entry;
  };
  std::vector<Left> take_left() { return std::move(left_); }

  std::uint64_t next_sequence(const std::string& tenant);
  // Adds the event that has the tenant's next number, behind the blob that it names. Errors:
  // spool_full, spool_unusable; then nothing was added.
  Result<Entry> append(const std::string& tenant, std::string_view event,
                       const std::optional<std::string>& blob);
  // Whether there ever will be room for so many bytes of events and blobs.
  bool can_hold(std::size_t bytes) const { return bytes <= options_.bytes_max; }

  // Durability in two steps, so that nobody waits for the disk under the lock.
  struct Sync {
    std::vector<std::uint64_t> segments;
    std::vector<File> files;
    bool has_directory = false;
    std::uint64_t through = 0;  // Entries with an ordinal up to this one become durable.
  };
  bool is_synced(std::uint64_t ordinal) const { return ordinal <= synced_; }
  bool has_unsynced() const { return synced_ < appended_; }
  std::uint64_t appended() const { return appended_; }
  Result<Sync> begin_sync();
  std::optional<Error> run_sync(const Sync& sync) const;  // Needs no lock.
  void end_sync(const Sync& sync, bool is_done);

  // The payload, or nothing, reported, if the disk did not keep it. Error: it may be read later.
  // Needs no lock, but one at a time, and not beside save().
  Result<std::optional<std::string>> read(const Place& place);
  // The same of many: the file from the record of `first` to that of `last`, as far as the disk
  // kept it. REQUIRES: of one segment, in order.
  Result<std::string> read_stretch(const Place& first, const Place& last);
  void report_damage(const Place& place);

  // The event is in the log, or never will be. REQUIRES: in the order of appending.
  void settle(const std::string& tenant, const Entry& entry);

  // What has to be written and what nobody needs any more, again in two steps. run_save() takes out
  // what it has done.
  struct Save {
    std::optional<std::string> state;
    std::vector<std::unique_ptr<Segment>> unneeded;
    bool needs_reserve = false;
    bool has_made_reserve = false;
    bool is_empty() const { return !state && unneeded.empty() && !needs_reserve; }
  };
  enum class Want {
    when_files_go,
    room,  // The same, and also what is kept to be appended to goes if all in it is settled.
    always,
  };
  Save begin_save(Want want);
  std::optional<Error> run_save(Save& save) const;  // Needs no lock, but one at a time.
  void end_save(Save save);

  // Keeps what the server will never take. Needs no lock, but one at a time.
  std::optional<Error> set_aside(std::string_view line) const;

  // Gives up what is kept of the disk for when that is full; no event is taken until a save has
  // made it again. False: nothing is kept.
  bool make_room();
  bool has_reserve() const { return has_reserve_; }

  const std::string& directory() const { return options_.directory; }
  // In the child of a fork: leaves all to the parent.
  void abandon();

 private:
  Spool(const Options& options, Report report, SpoolLock lock);

  std::optional<Error> read_state();
  std::optional<Error> begin_state(Random& random);
  std::optional<Error> read_segments();
  std::optional<Error> read_segment(Segment& segment, bool is_newest);
  bool take_records(Segment& segment, const Scanned& scanned);
  void count(const PayloadName& name);
  void count_rest(const Segment& segment, const Rest& rest, bool is_end);
  void skip_lost();
  Result<Segment*> writable(std::size_t bytes);

  const SpoolOptions options_;
  const std::set<std::string> tenants_;  // For which there is a key.
  const Report report_;
  SpoolLock lock_;
  std::vector<std::unique_ptr<Segment>> segments_;  // In order; the last may be appended to.
  SpoolState state_;
  // Of a newest segment that ends with what cannot be read: what is next once something comes
  // behind it, or it goes. Until then every process that opens the spool finds the same.
  struct Skipped {
    std::uint64_t segment = 0;
    std::map<std::string, std::uint64_t> next;
  };
  std::optional<Skipped> skipped_;
  std::vector<Left> left_;
  std::uint64_t bytes_ = 0;
  std::uint64_t last_number_ = 0;
  std::uint64_t appended_ = 0;
  std::uint64_t synced_ = 0;
  std::vector<std::uint64_t> unsynced_;  // Numbers of segments.
  bool is_directory_synced_ = true;
  bool is_state_saved_ = true;
  bool has_reserve_ = false;
  std::string buffer_;  // Of append(), kept for its storage.
};

}  // namespace assent::emitter
