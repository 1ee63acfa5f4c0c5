#include "store/bundle/write_bundle.h"

#include "base/canonical.h"
#include "base/json.h"
#include "base/text.h"
#include "ledger/merkle.h"
#include "store/bundle/bundle_views.h"
#include "store/bundle/named_blobs.h"
#include "store/bundle/tar_file.h"

#include <algorithm>
#include <bit>
#include <memory>
#include <utility>

namespace assent::store {
namespace {

constexpr std::uint64_t kEventsPerProgress = 4096;

constexpr std::string_view kBundleFormat = "assent-bundle/1";

// A member of an object, as text.
std::string member(std::string_view name, const Json& value) {
  return canonical_json(Json(name)) + ":" + canonical_json(value);
}

std::string file_member(std::string_view name, std::uint64_t bytes, const Hash& hash) {
  return member(name, Json::object({{"bytes", bytes}, {"sha256", to_hex(as_bytes(hash))}}));
}

std::string file_member(std::string_view name, HashedSpool& file) {
  return file_member(name, file.spool().size(), file.finish());
}

std::string blob_name(const Hash& hash) {
  return "blobs/" + to_hex(as_bytes(hash));
}

Json base64_list(std::span<const Hash> hashes) {
  Json list = Json::array();
  for (const Hash& hash : hashes) list.push(to_base64(as_bytes(hash)));
  return list;
}

std::string line_of(const Json& value) {
  return canonical_json(value) + "\n";
}

Json keys_of(const BundleLog& log) {
  Json keys = Json::array();
  for (const BundleKey& key : log.keys) {
    keys.push(Json::object({{"verifierKey", key.verifier_key},
                            {"fromSize", key.from_size},
                            {"handover", key.handover ? Json(*key.handover) : Json()}}));
  }
  return keys;
}

Json witnesses_of(const BundleLog& log) {
  Json keys = Json::array();
  for (const std::string& key : log.witness_keys) keys.push(key);
  return Json::object({{"keys", std::move(keys)},
                       {"policy", log.witness_policy ? Json(*log.witness_policy) : Json()}});
}

// One bundle in the making: the files that grow with it, and what has gone into them.
class Bundle {
 public:
  Bundle(BundleSource& source, const BundleOrder& order)
      : source_(source),
        order_(order),
        log_(source.log()),
        keys_(line_of(keys_of(log_))),
        witnesses_(line_of(witnesses_of(log_))) {}

  Result<BundleReport> write();

 private:
  Result<void> begin();
  Result<void> make_views(const std::string& directory);
  Result<void> add_range();
  Result<void> add_members();
  Result<void> add_member(std::uint64_t sequence, std::string_view bytes);
  Result<void> add_event(std::string_view bytes);
  Result<void> count_beyond(SequenceRange beyond);
  Result<ledger::Frontier> frontier_before(std::uint64_t begin, std::vector<Hash>& peaks);
  Result<void> write_manifest(Spool& manifest);
  Result<void> write_tar(Spool& manifest);
  Json selection() const;

  BundleSource& source_;
  const BundleOrder& order_;
  const BundleLog& log_;
  const std::string keys_, witnesses_;  // Files of the bundle.
  BundleReport report_;
  std::string scratch_;
  std::optional<TarFile> tar_;
  std::optional<HashedSpool> events_;
  std::optional<HashedSpool> proofs_;
  std::optional<NamedBlobs> blobs_;
  std::vector<std::unique_ptr<BundleView>> views_;
};

Result<void> Bundle::begin() {
  const std::string directory = directory_of(order_.path);
  scratch_ = order_.path + ".part.requests";
  tar_.emplace(TRY(TarFile::begin(order_.path)));
  events_.emplace(TRY(Spool::in(directory)));
  proofs_.emplace(TRY(Spool::in(directory)));
  blobs_.emplace(TRY(NamedBlobs::in(directory, kHashesPerPass)));
  remove_scratch(scratch_);  // What a crash left.
  return make_views(directory);
}

// In the order of their names, which is the manifest's.
Result<void> Bundle::make_views(const std::string& directory) {
  if (order_.with_csv) {
    views_.push_back(TRY(approvals_view(directory, scratch_)));
  }
  for (const Dialect dialect : order_.dialects) {
    views_.push_back(TRY(dialect_view(dialect, directory)));
  }
  std::sort(views_.begin(), views_.end(),
            [](const auto& a, const auto& b) { return a->name() < b->name(); });
  views_.erase(std::unique(views_.begin(), views_.end(),
                           [](const auto& a, const auto& b) { return a->name() == b->name(); }),
               views_.end());
  return {};
}

Result<void> Bundle::add_event(std::string_view bytes) {
  TRY(events_->append(bytes));
  TRY(events_->append("\n"));
  TRY(blobs_->add(bytes));
  for (const auto& view : views_) TRY(view->add(bytes));
  if (++report_.events % kEventsPerProgress == 0 && order_.progress) {
    order_.progress(report_.events);
  }
  return {};
}

// The tree of the events before `begin`, by its peaks.
Result<ledger::Frontier> Bundle::frontier_before(std::uint64_t begin, std::vector<Hash>& peaks) {
  std::string bytes;
  for (std::uint64_t covered = 0; covered < begin;) {
    const std::uint64_t width = std::bit_floor(begin - covered);
    peaks.push_back(TRY(source_.node(
        {.level = static_cast<unsigned>(std::countr_zero(width)), .index = covered / width})));
    bytes += as_bytes(peaks.back());
    covered += width;
  }
  return *ledger::Frontier::from(ledger::Size{begin}, bytes);
}

Result<void> Bundle::add_range() {
  const SequenceRange range = report_.range;
  std::vector<Hash> peaks;
  ledger::Frontier frontier = TRY(frontier_before(range.begin, peaks));
  TRY(source_.walk(range, [&](std::uint64_t, std::string_view bytes) {
    frontier.append(ledger::hash_leaf(bytes));
    return add_event(bytes);
  }));
  const auto nodes = [this](ledger::Node node) { return source_.node(node); };
  const auto consistency =
      TRY(ledger::consistency_proof({.from = frontier.size(), .to = log_.head.size}, nodes));
  if (!ledger::verify_consistency(
          {.older = frontier.head(), .newer = log_.head, .proof = consistency})) {
    return Error{Code::corrupt, "the events " + std::to_string(range.begin) + " to " +
                                    std::to_string(range.end) +
                                    " are not those of the log's checkpoint, or its tree is not"};
  }
  return proofs_->append(line_of(
      Json::object({{"peaks", base64_list(peaks)}, {"consistency", base64_list(consistency)}})));
}

Result<void> Bundle::add_member(std::uint64_t sequence, std::string_view bytes) {
  const ledger::Index index{sequence};
  const auto nodes = [this](ledger::Node node) { return source_.node(node); };
  const auto path = TRY(ledger::inclusion_proof(index, log_.head.size, nodes));
  const auto root = ledger::root_from_path(ledger::hash_leaf(bytes), index, log_.head.size, path);
  if (root != log_.head.root) {
    return Error{Code::corrupt, "event " + std::to_string(sequence) +
                                    " is not that of the log's checkpoint, or its tree is not"};
  }
  TRY(proofs_->append(
      line_of(Json::object({{"sequence", sequence}, {"path", base64_list(path)}}))));
  return add_event(bytes);
}

Result<void> Bundle::add_members() {
  const EventQuery& filters = order_.selection.filters;
  TRY(source_.find(filters, report_.range, [this](std::uint64_t sequence, std::string_view bytes) {
    return add_member(sequence, bytes);
  }));
  if (report_.events > 0 || !filters.approval_id) return {};
  if (report_.beyond == 0) {
    return Error{Code::not_found, "The log has no event of such an approval."};
  }
  return Error{Code::invalid_state,
               "No event of the approval is in a published checkpoint yet: try again."};
}

Result<void> Bundle::count_beyond(SequenceRange beyond) {
  report_.beyond = beyond.end - beyond.begin;
  if (!report_.is_range && report_.beyond > 0) {
    report_.beyond = 0;
    TRY(source_.find(order_.selection.filters, beyond, [this](std::uint64_t, std::string_view) {
      ++report_.beyond;
      return Result<void>();
    }));
  }
  if (report_.beyond == 0 || !order_.require_all) return {};
  return Error{Code::invalid_state, "Of the events asked for, " + std::to_string(report_.beyond) +
                                        " are not in a published checkpoint yet, which has " +
                                        std::to_string(report_.size) + "."};
}

Json Bundle::selection() const {
  if (report_.is_range) {
    return Json::object(
        {{"kind", "range"}, {"begin", report_.range.begin}, {"end", report_.range.end}});
  }
  return Json::object(
      {{"kind", "members"}, {"count", report_.events}, {"query", order_.selection.given}});
}

// RFC 8785 by hand, because the list of blobs may be longer than memory: every object's members
// stand here in the order of their names.
Result<void> Bundle::write_manifest(Spool& manifest) {
  const Timestamp created = TRY(time_of_event(source_, ledger::number(log_.head.size) - 1));
  TRY(manifest.append("{" + member("createdAt", to_rfc3339(created)) + ",\"files\":{"));
  TRY(blobs_->each_kept([&](const NamedBlobs::Kept& blob) {
    return manifest.append(file_member(blob_name(blob.hash), blob.size, blob.hash) + ",");
  }));
  TRY(manifest.append(file_member("checkpoint", log_.checkpoint.size(), sha256(log_.checkpoint))));
  TRY(manifest.append("," + file_member("events.ndjson", *events_)));
  TRY(manifest.append("," + file_member("keys.json", keys_.size(), sha256(keys_))));
  TRY(manifest.append("," + file_member("proofs.ndjson", *proofs_)));
  Json names = Json::array();
  for (const auto& view : views_) {
    TRY(manifest.append("," + file_member(view->name(), view->file())));
    names.push(view->name());
  }
  TRY(manifest.append("," + file_member("witnesses.json", witnesses_.size(), sha256(witnesses_))));
  TRY(manifest.append("}," + member("format", kBundleFormat) + ",\"missingBlobs\":["));
  bool is_first = true;
  TRY(blobs_->each_missing([&](const Hash& hash) {
    const std::string comma = std::exchange(is_first, false) ? "" : ",";
    return manifest.append(comma + canonical_json(to_hex(as_bytes(hash))));
  }));
  return manifest.append(
      "]," + member("origin", log_.origin) + "," + member("selection", selection()) + "," +
      member("size", report_.size) + "," + member("tenant", log_.tenant) + "," +
      member("verifierKey", log_.verifier_key) + "," + member("views", names) + "}\n");
}

Result<void> Bundle::write_tar(Spool& manifest) {
  TRY(tar_->add("manifest.json", manifest));
  TRY(tar_->add("checkpoint", log_.checkpoint));
  TRY(tar_->add("keys.json", keys_));
  TRY(tar_->add("events.ndjson", events_->spool()));
  TRY(tar_->add("proofs.ndjson", proofs_->spool()));
  TRY(tar_->add("witnesses.json", witnesses_));
  TRY(blobs_->each_kept([this](const NamedBlobs::Kept& blob) {
    return tar_->add(blob_name(blob.hash), blobs_->bytes(), blob.offset, blob.size);
  }));
  for (const auto& view : views_) TRY(tar_->add(view->name(), view->file().spool()));
  return {};
}

Result<BundleReport> Bundle::write() {
  const BundleSelection& selection = order_.selection;
  const SelectedRange selected = TRY(select_range(source_, selection));
  report_.tenant = log_.tenant;
  report_.is_range = selection.is_range();
  report_.range = selected.range;
  report_.size = ledger::number(log_.head.size);
  TRY(count_beyond(selected.beyond));

  TRY(begin());
  TRY(report_.is_range ? add_range() : add_members());
  TRY(blobs_->fetch([this](const Hash& hash) { return source_.blob(hash); }));
  report_.blobs = blobs_->kept();
  report_.missing_blobs = blobs_->missing();

  Spool manifest = TRY(Spool::in(directory_of(order_.path)));
  TRY(write_manifest(manifest));
  TRY(write_tar(manifest));
  const auto finished = TRY(tar_->finish());
  report_.bytes = finished.bytes;
  report_.sha256 = finished.sha256;
  return report_;
}

}  // namespace

Result<BundleReport> write_bundle(BundleSource& source, const BundleOrder& order) {
  return Bundle(source, order).write();
}

}  // namespace assent::store
