#include "store/search/search_index.h"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/options.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <utility>

namespace assent::store {
namespace {

// Postings:  tenant (4) kind (1) hash (8) first sequence (8)  →  varint distances of those after
// it. Progress:  FFFFFFFF 'p' tenant (4)                          →  size (8) last leaf. Format:
// FFFFFFFF 'f'                                     →  kFormat. Numbers are big-endian, so that keys
// sort as they count. One chunk of a list holds what one add() brought: a word that is everywhere
// costs one put a batch, and chunks of a list never overlap.
constexpr std::string_view kFormat = "assent search 1";
constexpr std::uint32_t kAboutIndex = 0xFFFFFFFFU;  // Beyond every tenant's number (23 bits).
constexpr std::size_t kTenantBytes = 4;
constexpr std::size_t kListKeyBytes = 13;
constexpr std::size_t kNumberBytes = 8;

template <class Number>
void append_big_endian(std::string& out, Number number) {
  for (int shift = static_cast<int>(sizeof(Number)) * 8 - 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>((number >> shift) & 0xFF));
  }
}

std::uint64_t number_from(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<std::uint8_t>(byte);
  return number;
}

void append_varint(std::string& out, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) out.push_back(static_cast<char>(number | 0x80));
  out.push_back(static_cast<char>(number));
}

std::string about_index(char what) {
  std::string key;
  append_big_endian(key, kAboutIndex);
  key.push_back(what);
  return key;
}

std::string progress_key(TenantNumber tenant) {
  std::string key = about_index('p');
  append_big_endian(key, static_cast<std::uint32_t>(tenant));
  return key;
}

void append_list_key(std::string& key, TenantNumber tenant, const Term& term) {
  append_big_endian(key, static_cast<std::uint32_t>(tenant));
  key.push_back(static_cast<char>(term.kind));
  append_big_endian(key, term.hash);
}

// A store's other process holds the files; to RocksDB that looks like a broken disk.
bool is_lock_conflict(const rocksdb::Status& status) {
  return status.IsIOError() && status.ToString().find("lock") != std::string::npos;
}

// A damaged file is found out by its checksum or size; a lost one by its absence.
bool is_damage(const rocksdb::Status& status) {
  return status.IsCorruption() || status.IsNotFound() || status.IsInvalidArgument() ||
         (status.IsIOError() && (status.subcode() == rocksdb::Status::kPathNotFound ||
                                 status.ToString().find("No such file") != std::string::npos));
}

rocksdb::Options index_options() {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.paranoid_checks = true;

  // Batches come sorted from one thread: with hints, an insertion searches near the last one.
  // Larger ones cost more in cache misses than they save in merging.
  options.write_buffer_size = 32 << 20;
  options.allow_concurrent_memtable_write = false;
  options.memtable_insert_with_hint_prefix_extractor.reset(
      rocksdb::NewFixedPrefixTransform(kTenantBytes));

  // Nothing is overwritten or deleted, so merging sorted runs only bounds how many a seek visits.
  options.compaction_style = rocksdb::kCompactionStyleUniversal;
  options.level0_file_num_compaction_trigger = 8;
  options.compression = rocksdb::kNoCompression;  // Hashes do not compress.
  options.max_background_jobs = 1;
  options.max_open_files = 256;

  rocksdb::BlockBasedTableOptions table;
  table.block_size = 8 << 10;
  table.block_cache = rocksdb::NewLRUCache(16 << 20);
  table.format_version = 5;
  table.checksum = rocksdb::kXXH3;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));

  options.info_log_level = rocksdb::ERROR_LEVEL;
  options.keep_log_file_num = 1;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

}  // namespace

Error SearchIndex::failed(const rocksdb::Status& status) const {
  if (!is_damage(status)) {
    return {Code::unavailable, "the search index cannot be read or written"};
  }
  is_damaged_ = true;
  return {Code::corrupt, "the search index is damaged"};
}

SearchIndex::SearchIndex(std::unique_ptr<rocksdb::DB> db) : db_(std::move(db)) {}

SearchIndex::~SearchIndex() {
  // Failing here costs nothing but the time to index the last events again.
  rocksdb::FlushOptions options;
  options.allow_write_stall = true;
  static_cast<void>(db_->Flush(options));
  rocksdb::CancelAllBackgroundWork(db_.get(), true);
  static_cast<void>(db_->Close());
}

Result<std::unique_ptr<SearchIndex>> SearchIndex::open(const std::string& directory) {
  std::error_code failure;
  std::filesystem::create_directories(directory, failure);
  std::filesystem::permissions(directory, std::filesystem::perms::owner_all, failure);

  rocksdb::Env::Default()->LowerThreadPoolCPUPriority(rocksdb::Env::Priority::LOW);
  rocksdb::DB* opened = nullptr;
  const auto status = rocksdb::DB::Open(index_options(), directory, &opened);
  if (!status.ok()) {
    if (is_lock_conflict(status)) {
      return Error{Code::unavailable, "the search index is in use by another process"};
    }
    // Whatever else it is, a new index is the best that can be tried.
    return Error{Code::corrupt, "the search index cannot be opened"};
  }
  std::unique_ptr<SearchIndex> index(new SearchIndex(std::unique_ptr<rocksdb::DB>(opened)));
  TRY(index->check_format());
  return index;
}

Result<void> SearchIndex::wipe(const std::string& directory) {
  std::error_code failure;
  std::filesystem::remove_all(directory, failure);
  if (failure) return Error{Code::unavailable, "the search index cannot be removed"};
  return {};
}

// The format record is the first thing written, so an index that has anything has it.
Result<void> SearchIndex::check_format() {
  std::string format;
  const auto status = db_->Get(rocksdb::ReadOptions(), about_index('f'), &format);
  if (status.ok()) {
    if (format != kFormat) return failed(rocksdb::Status::Corruption());
    return {};
  }
  if (!status.IsNotFound()) return failed(status);

  const std::unique_ptr<rocksdb::Iterator> any(db_->NewIterator(rocksdb::ReadOptions()));
  any->SeekToFirst();
  if (any->Valid() || !any->status().ok()) return failed(rocksdb::Status::Corruption());
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  const auto written =
      db_->Put(options, about_index('f'), rocksdb::Slice(kFormat.data(), kFormat.size()));
  if (!written.ok()) return failed(written);
  return {};
}

Result<std::vector<IndexProgress>> SearchIndex::progress() const {
  const std::string prefix = about_index('p');
  std::vector<IndexProgress> all;
  const std::unique_ptr<rocksdb::Iterator> row(db_->NewIterator(rocksdb::ReadOptions()));
  for (row->Seek(prefix); row->Valid() && row->key().starts_with(prefix); row->Next()) {
    const std::string_view key(row->key().data(), row->key().size());
    const std::string_view value(row->value().data(), row->value().size());
    if (key.size() != prefix.size() + kTenantBytes || value.size() < kNumberBytes)
      return failed(rocksdb::Status::Corruption());
    all.push_back({static_cast<TenantNumber>(number_from(key.substr(prefix.size()))),
                   number_from(value.substr(0, kNumberBytes)),
                   std::string(value.substr(kNumberBytes))});
  }
  if (!row->status().ok()) return failed(row->status());
  return all;
}

Result<void> SearchIndex::add(std::vector<Posting>& postings,
                              std::span<const IndexProgress> progress) {
  std::sort(postings.begin(), postings.end());
  rocksdb::WriteBatch batch;
  std::string key;
  std::string distances;
  for (auto at = postings.begin(); at != postings.end();) {
    key.clear();
    distances.clear();
    append_list_key(key, at->tenant, at->term);
    append_big_endian(key, at->sequence);
    auto last = at;
    while (++at != postings.end() && at->tenant == last->tenant && at->term == last->term) {
      if (at->sequence == last->sequence) continue;  // Two fields of one event, one term.
      append_varint(distances, at->sequence - last->sequence);
      last = at;
    }
    static_cast<void>(batch.Put(key, distances));
  }
  for (const auto& tenant : progress) {
    std::string value;
    append_big_endian(value, tenant.size);
    value.append(tenant.last_leaf);
    static_cast<void>(batch.Put(progress_key(tenant.tenant), value));
  }
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  const auto status = db_->Write(options, &batch);
  if (!status.ok()) return failed(status);
  return {};
}

// Walks the chunks of one list.
class PostingList::Cursor {
 public:
  Cursor(const SearchIndex& index, std::string list_key)
      : index_(index), list_key_(std::move(list_key)) {
    end_key_ = list_key_ + std::string(kNumberBytes, '\xFF');  // Beyond every sequence (40 bits).
    lower_bound_ = list_key_;
    upper_bound_ = end_key_;
    rocksdb::ReadOptions options;
    options.iterate_lower_bound = &lower_bound_;
    options.iterate_upper_bound = &upper_bound_;
    chunk_at_.reset(index_.db_->NewIterator(options));
  }

  Result<std::optional<std::uint64_t>> seek(std::uint64_t sequence) {
    if (chunk_.empty() || chunk_.back() < sequence) TRY(load_chunk(sequence));
    while (next_ < chunk_.size() && chunk_[next_] < sequence) ++next_;
    if (next_ == chunk_.size()) return std::optional<std::uint64_t>();
    return std::optional(chunk_[next_]);
  }

 private:
  // Loads the chunk that has the first posting at or after `sequence`; none if there is none. That
  // is the last one to begin at or before it or, if that ends too early, the one behind.
  Result<void> load_chunk(std::uint64_t sequence) {
    if (!chunk_.empty()) {  // Mostly it is the next one.
      chunk_at_->Next();
      TRY(decode());
      if (chunk_.empty() || chunk_.back() >= sequence) return {};
    }
    std::string key = list_key_;
    append_big_endian(key, sequence);
    chunk_at_->SeekForPrev(key);
    if (!chunk_at_->Valid() && chunk_at_->status().ok()) chunk_at_->Seek(key);
    TRY(decode());
    if (chunk_.empty() || chunk_.back() >= sequence) return {};
    chunk_at_->Next();
    return decode();
  }

  Result<void> decode() {
    chunk_.clear();
    next_ = 0;
    if (!chunk_at_->Valid()) {
      if (!chunk_at_->status().ok()) return index_.failed(chunk_at_->status());
      return {};
    }
    const std::string_view key(chunk_at_->key().data(), chunk_at_->key().size());
    if (key.size() != kListKeyBytes + kNumberBytes)
      return index_.failed(rocksdb::Status::Corruption());
    chunk_.push_back(number_from(key.substr(kListKeyBytes)));

    std::uint64_t distance = 0;
    int shift = 0;
    for (const char byte : std::string_view(chunk_at_->value().data(), chunk_at_->value().size())) {
      if (shift > 56) return index_.failed(rocksdb::Status::Corruption());
      distance |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      shift += 7;
      if ((byte & 0x80) != 0) continue;
      chunk_.push_back(chunk_.back() + distance);
      distance = 0;
      shift = 0;
    }
    return {};
  }

  const SearchIndex& index_;
  std::string list_key_;
  std::string end_key_;
  rocksdb::Slice lower_bound_;  // Of list_key_.
  rocksdb::Slice upper_bound_;  // Of end_key_.
  std::unique_ptr<rocksdb::Iterator> chunk_at_;
  std::vector<std::uint64_t> chunk_;
  std::size_t next_ = 0;  // In chunk_.
};

std::vector<PostingList> SearchIndex::lists(TenantNumber tenant,
                                            std::span<const Term> terms) const {
  std::vector<PostingList> lists;
  lists.reserve(terms.size());
  for (const Term& term : terms) {
    std::string key;
    append_list_key(key, tenant, term);
    lists.push_back(PostingList(std::make_unique<PostingList::Cursor>(*this, std::move(key))));
  }
  return lists;
}

PostingList::PostingList(std::unique_ptr<Cursor> cursor) : cursor_(std::move(cursor)) {}
PostingList::~PostingList() = default;
PostingList::PostingList(PostingList&&) noexcept = default;
PostingList& PostingList::operator=(PostingList&&) noexcept = default;

Result<std::optional<std::uint64_t>> PostingList::seek(std::uint64_t sequence) {
  return cursor_->seek(sequence);
}

}  // namespace assent::store
