#include "emitter/cpp/spool.h"

#include "base/result.h"
#include "emitter/cpp/producer_id.h"
#include "emitter/cpp/reserve.h"

#include <algorithm>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace assent::emitter {
namespace {

// A segment of which everything is settled, and that is smaller, stays to be appended to.
constexpr std::uint64_t kSmallBytes = 256 * 1024;

std::set<std::string> names_of(const std::map<std::string, std::string>& keys) {
  std::set<std::string> names;
  for (const auto& [name, key] : keys) names.insert(name);
  return names;
}

std::string state_path(const std::string& directory) {
  return directory + "/state.json";
}

}  // namespace

Spool::Spool(const Options& options, Report report, SpoolLock lock)
    : options_(*options.spool),
      tenants_(names_of(options.keys)),
      report_(std::move(report)),
      lock_(std::move(lock)) {}

Result<std::unique_ptr<Spool>> Spool::open(const Options& options, Random& random, Report report) {
  const std::filesystem::path directory(options.spool->directory);
  std::error_code failure;
  if (directory.has_parent_path()) {
    std::filesystem::create_directories(directory.parent_path(), failure);
  }
  if (::mkdir(directory.c_str(), 0700) != 0 && !std::filesystem::is_directory(directory, failure)) {
    return disk_error(directory.string());
  }
  auto lock = TRY(SpoolLock::take(directory.string()));
  std::unique_ptr<Spool> spool(new Spool(options, std::move(report), std::move(lock)));
  if (auto fault = spool->read_state()) return std::move(*fault);
  const bool is_new = spool->producer().empty();
  if (is_new) {
    if (auto fault = spool->begin_state(random)) return std::move(*fault);
  }
  if (auto fault = spool->read_segments()) return std::move(*fault);
  if (is_new) spool->skipped_.reset();  // No number was given yet.
  spool->has_reserve_ = !make_reserve(directory.string());
  return spool;
}

// ---- what was there ----

std::optional<Error> Spool::read_state() {
  const std::string path = state_path(options_.directory);
  const auto content = TRY(read_file(path));
  if (!content) return std::nullopt;
  auto state = parse_state(*content);
  if (!state) {
    if (auto fault = rename_file(path, path + ".damaged")) return fault;
    report_("damaged", path + " was damaged and is kept as " + path + ".damaged");
    return std::nullopt;
  }
  if (!is_producer_of(state->producer, options_.producer)) {
    return Error{
        .fault = Fault::misconfigured,
        .message = "the spool in " + options_.directory + " is of producer " + state->producer};
  }
  state_ = std::move(*state);
  return std::nullopt;
}

// Before the first record: no number may ever be given twice under one id.
std::optional<Error> Spool::begin_state(Random& random) {
  state_.producer = make_producer_id(options_.producer, random);
  const std::string path = state_path(options_.directory);
  auto fault = replace_file(path, text_of(state_));
  if (fault && give_up_reserve(options_.directory)) fault = replace_file(path, text_of(state_));
  return fault;
}

std::optional<Error> Spool::read_segments() {
  std::vector<std::uint64_t> numbers;
  std::error_code failure;
  std::filesystem::directory_iterator files(options_.directory, failure);
  for (; !failure && files != std::filesystem::directory_iterator(); files.increment(failure)) {
    const std::string name = files->path().filename().string();
    const auto number = segment_number(name);
    if (!number) continue;
    last_number_ = std::max(last_number_, *number);  // No name is used twice, also if set aside.
    if (is_segment_name(name)) numbers.push_back(*number);
  }
  if (failure) {
    return Error{.fault = Fault::spool_unusable,
                 .message = options_.directory + ": " + failure.message()};
  }
  std::ranges::sort(numbers);
  for (const std::uint64_t number : numbers) {
    segments_.push_back(std::make_unique<Segment>(options_.directory, number));
    const bool is_newest = number == numbers.back();
    if (auto fault = read_segment(*segments_.back(), is_newest)) return fault;
  }
  // Files may have changed places. What has another id's number, here 0, is older.
  std::ranges::stable_sort(left_, {}, [](const Left& left) { return left.entry.sequence; });
  return std::nullopt;
}

std::optional<Error> Spool::read_segment(Segment& segment, bool is_newest) {
  const auto content = TRY(read_file(segment.path()));
  if (!content) return std::nullopt;
  const Scanned scanned = scan_records(*content);
  segment.size = scanned.good_bytes;
  bytes_ += segment.size;
  const bool is_ours = take_records(segment, scanned);
  const std::string_view behind = std::string_view(*content).substr(segment.size);
  if (behind.empty()) return std::nullopt;
  const Rest rest = read_rest(behind);
  // A length that was damaged looks as if its record went on beyond the end.
  if (is_newest && is_torn(behind) && !rest.has_event()) {
    // Nobody was told that it was spooled.
    if (::truncate(segment.path().c_str(), static_cast<off_t>(segment.size)) != 0) {
      return disk_error(segment.path());
    }
    return std::nullopt;
  }
  segment.is_damaged = true;
  report_("damaged", segment.path() + " is damaged at byte " + std::to_string(segment.size) +
                         ": what stands before is sent");
  count_rest(segment, rest, is_newest && is_ours);
  return std::nullopt;
}

// The numbers of what is lost are not given again, so that the server misses them. `is_end`: no
// number was given behind them.
void Spool::count_rest(const Segment& segment, const Rest& rest, bool is_end) {
  for (const PayloadName& name : rest.certain) count(name);
  if (!is_end || rest.ends_whole) {
    for (const PayloadName& name : rest.likely) count(name);
    return;
  }
  // What cannot be read at the end may have had the next number, of whichever tenant.
  Skipped skipped{.segment = segment.number(), .next = {}};
  for (const std::string& tenant : tenants_) skipped.next[tenant] = 2;
  for (const auto& [tenant, counts] : state_.counts) skipped.next[tenant] = counts.next + 1;
  for (const PayloadName& name : rest.likely) {
    if (name.producer != producer()) continue;
    std::uint64_t& next = skipped.next[name.tenant];
    next = std::max(next, name.sequence + 1);
  }
  skipped_ = std::move(skipped);
}

void Spool::skip_lost() {
  if (!skipped_) return;
  for (const auto& [tenant, next] : skipped_->next) state_.counts[tenant].next = next;
  skipped_.reset();
  is_state_saved_ = false;
}

// False: there are events of another id.
bool Spool::take_records(Segment& segment, const Scanned& scanned) {
  Place blob;
  bool are_all_ours = true;
  for (const ScannedRecord& record : scanned.records) {
    const Place place{.segment = &segment,
                      .offset = record.offset,
                      .size = static_cast<std::uint32_t>(record.size)};
    if (record.name.sequence == 0) {
      blob = place;
      continue;
    }
    count(record.name);
    // Another id's numbers say nothing of what was sent, and the server recognises the events.
    const bool is_ours = record.name.producer == producer();
    are_all_ours = are_all_ours && is_ours;
    if (!is_ours || record.name.sequence > state_.counts[record.name.tenant].sent) {
      ++segment.waiting;
      left_.push_back(
          {.tenant = record.name.tenant,
           .entry = {
               .event = place, .blob = blob, .sequence = is_ours ? record.name.sequence : 0}});
    }
    blob = {};
  }
  return are_all_ours;
}

void Spool::count(const PayloadName& name) {
  if (name.producer != producer()) return;
  Counts& counts = state_.counts[name.tenant];
  if (name.sequence < counts.next) return;
  counts.next = name.sequence + 1;
  is_state_saved_ = false;
}

// ---- adding ----

std::uint64_t Spool::next_sequence(const std::string& tenant) {
  skip_lost();
  const auto found = state_.counts.find(tenant);
  return found == state_.counts.end() ? 1 : found->second.next;
}

Result<Entry> Spool::append(const std::string& tenant, std::string_view event,
                            const std::optional<std::string>& blob) {
  buffer_.clear();
  if (blob) append_record(buffer_, blob_payload(tenant, *blob));
  const std::size_t blob_bytes = buffer_.size();
  append_record(buffer_, event);
  if (!can_hold(buffer_.size())) {
    return Error{.fault = Fault::spool_full, .message = "the event is larger than the spool"};
  }
  if (bytes_ + buffer_.size() > options_.bytes_max) {
    return Error{.fault = Fault::spool_full,
                 .message = "the spool in " + options_.directory + " is full"};
  }
  if (!has_reserve_) {
    return Error{.fault = Fault::spool_unusable,
                 .message = options_.directory + ": there is no room on the disk"};
  }
  Segment* const segment = TRY(writable(buffer_.size()));
  const std::uint64_t begin = segment->size;
  if (auto fault = segment->append_whole(buffer_)) return std::move(*fault);

  bytes_ += buffer_.size();
  ++segment->waiting;
  if (unsynced_.empty() || unsynced_.back() != segment->number()) {
    unsynced_.push_back(segment->number());
  }
  Entry entry{.event = {.segment = segment,
                        .offset = begin + blob_bytes + kRecordHeaderBytes,
                        .size = static_cast<std::uint32_t>(event.size())},
              .blob = {},
              .sequence = state_.counts[tenant].next++,
              .ordinal = ++appended_};
  if (blob) {
    entry.blob = {.segment = segment,
                  .offset = begin + kRecordHeaderBytes,
                  .size = static_cast<std::uint32_t>(blob_bytes - kRecordHeaderBytes)};
  }
  return entry;
}

// The newest segment, or a new one if that is full or was another process's.
Result<Segment*> Spool::writable(std::size_t bytes) {
  Segment* const newest = segments_.empty() ? nullptr : segments_.back().get();
  if (newest != nullptr && newest->is_appendable) {
    if (newest->size == 0 || newest->size + bytes <= options_.segment_bytes) return newest;
    newest->is_appendable = false;
  }
  if (last_number_ >= kSegmentNumberMax) {
    return Error{.fault = Fault::spool_unusable,
                 .message = options_.directory + ": there is no name for another file"};
  }
  auto segment = std::make_unique<Segment>(options_.directory, last_number_ + 1);
  if (auto fault = segment->open()) return std::move(*fault);
  ++last_number_;
  segment->is_appendable = true;
  is_directory_synced_ = false;
  segments_.push_back(std::move(segment));
  return segments_.back().get();
}

// ---- durability ----

Result<Spool::Sync> Spool::begin_sync() {
  Sync sync{.segments = std::exchange(unsynced_, {}), .through = appended_};
  sync.has_directory = !std::exchange(is_directory_synced_, true);
  for (const std::uint64_t number : sync.segments) {
    const auto segment =
        std::ranges::find_if(segments_, [&](const auto& each) { return each->number() == number; });
    if (segment == segments_.end()) continue;  // Everything in it is settled.
    auto file = duplicate((*segment)->file());
    if (!file) {
      end_sync(sync, false);
      return std::move(file).error();
    }
    sync.files.push_back(std::move(*file));
  }
  return sync;
}

std::optional<Error> Spool::run_sync(const Sync& sync) const {
  for (const File& file : sync.files) {
    if (auto fault = emitter::sync(file)) return fault;
  }
  if (sync.has_directory) return sync_directory(options_.directory);
  return std::nullopt;
}

void Spool::end_sync(const Sync& sync, bool is_done) {
  if (is_done) {
    synced_ = std::max(synced_, sync.through);
    return;
  }
  unsynced_.insert(unsynced_.begin(), sync.segments.begin(), sync.segments.end());
  if (sync.has_directory) is_directory_synced_ = false;
}

// ---- sending ----

Result<std::optional<std::string>> Spool::read(const Place& place) {
  const std::string bytes = TRY(read_stretch(place, place));
  const auto payload = whole_payload(bytes);
  if (payload && payload->size() == place.size) return std::optional(std::string(*payload));
  report_damage(place);
  return std::optional<std::string>();
}

Result<std::string> Spool::read_stretch(const Place& first, const Place& last) {
  const std::uint64_t begin = first.offset - kRecordHeaderBytes;
  return first.segment->read(begin, last.offset + last.size - begin);
}

void Spool::report_damage(const Place& place) {
  place.segment->is_damaged = true;
  report_("damaged", place.segment->path() + " is damaged at byte " + std::to_string(place.offset));
}

void Spool::settle(const std::string& tenant, const Entry& entry) {
  --entry.event.segment->waiting;
  if (entry.sequence == 0) return;
  state_.counts[tenant].sent = entry.sequence;
  is_state_saved_ = false;
}

Spool::Save Spool::begin_save(Want want) {
  Save save;
  const auto is_unneeded = [&](const std::unique_ptr<Segment>& segment) {
    const bool stays = segment->is_appendable && segment->size < kSmallBytes && want != Want::room;
    return segment->waiting == 0 && (!stays || segment->is_damaged);
  };
  const auto kept = std::stable_partition(segments_.begin(), segments_.end(),
                                          [&](const auto& each) { return !is_unneeded(each); });
  for (auto segment = kept; segment != segments_.end(); ++segment) {
    if (skipped_ && skipped_->segment == (*segment)->number()) skip_lost();
    save.unneeded.push_back(std::move(*segment));
  }
  segments_.erase(kept, segments_.end());
  if (!is_state_saved_ && (want == Want::always || !save.unneeded.empty())) {
    save.state = text_of(state_);
    is_state_saved_ = true;
  }
  for (const auto& segment : save.unneeded) bytes_ -= segment->size;
  save.needs_reserve = !has_reserve_;
  return save;
}

// A file goes only once its numbers are known without it.
std::optional<Error> Spool::run_save(Save& save) const {
  if (save.state) {
    if (auto fault = replace_file(state_path(options_.directory), *save.state)) return fault;
    save.state.reset();
  }
  while (!save.unneeded.empty()) {
    const Segment& segment = *save.unneeded.back();
    auto fault = segment.is_damaged ? rename_file(segment.path(), segment.path() + ".damaged")
                                    : remove_file(segment.path());
    if (fault) return fault;
    save.unneeded.pop_back();
  }
  if (!save.needs_reserve) return std::nullopt;
  auto fault = make_reserve(options_.directory);
  save.has_made_reserve = !fault;
  return fault;
}

void Spool::end_save(Save save) {
  if (save.state) is_state_saved_ = false;
  if (save.has_made_reserve) has_reserve_ = true;
  for (auto& segment : save.unneeded) {
    segment->is_appendable = false;
    bytes_ += segment->size;
    segments_.push_back(std::move(segment));
  }
  std::ranges::sort(segments_, {}, [](const auto& segment) { return segment->number(); });
}

std::optional<Error> Spool::set_aside(std::string_view line) const {
  return append_line(options_.directory + "/refused.ndjson", line);
}

bool Spool::make_room() {
  if (!has_reserve_ || !give_up_reserve(options_.directory)) return false;
  has_reserve_ = false;
  return true;
}

void Spool::abandon() {
  lock_.abandon();
}

}  // namespace assent::emitter
