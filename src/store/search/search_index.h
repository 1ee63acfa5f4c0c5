// The index on disk: posting lists of sequences by tenant and term, and how far each tenant's log
// is in them. The one home of RocksDB.
//
// There is no write-ahead log. What a crash leaves is some earlier state, postings and progress
// together, from which the follower goes on; so nothing here is ever more than a cache of the log.
#pragma once

#include "base/result.h"
#include "domain/principal.h"
#include "store/search/search_terms.h"

#include <atomic>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace rocksdb {
class DB;
class Status;
}  // namespace rocksdb

namespace assent::store {

// That an event of a tenant has a term.
struct Posting {
  TenantNumber tenant{};
  Term term;
  std::uint64_t sequence = 0;

  friend auto operator<=>(const Posting&, const Posting&) = default;
};

// How far a tenant's log is indexed.
struct IndexProgress {
  TenantNumber tenant{};
  std::uint64_t size = 0;
  // Of the last indexed event: tells another log (a restored backup) from a longer one.
  std::string last_leaf;
};

class PostingList;

// Thread-safe, but for add(): one thread. Errors: Code::corrupt if the files are damaged, absent or
// of another format (then is_damaged(), and wipe() is the cure), Code::unavailable otherwise.
class SearchIndex {
 public:
  // Makes an empty index if there is nothing in the directory.
  static Result<std::unique_ptr<SearchIndex>> open(const std::string& directory);
  // REQUIRES: no index is open there.
  static Result<void> wipe(const std::string& directory);
  ~SearchIndex();  // Keeps what was added. REQUIRES: no PostingList is left.

  Result<std::vector<IndexProgress>> progress() const;

  // Adds postings, sorted in place, and how far they bring their tenants: all or nothing.
  // REQUIRES: all postings of a tenant follow all that it has already.
  Result<void> add(std::vector<Posting>& postings, std::span<const IndexProgress> progress);

  // One list for each term. Each sees all that was added before the call and, as nothing is ever
  // changed, agrees with the others below every tenant's progress of that moment.
  std::vector<PostingList> lists(TenantNumber tenant, std::span<const Term> terms) const;

  // Whether anything read or written said so since open(). Stays true.
  bool is_damaged() const { return is_damaged_; }

 private:
  friend class PostingList;
  explicit SearchIndex(std::unique_ptr<rocksdb::DB> db);
  Result<void> check_format();
  Error failed(const rocksdb::Status& status) const;

  std::unique_ptr<rocksdb::DB> db_;
  mutable std::atomic<bool> is_damaged_ = false;
};

// The sequences of a tenant's events that have (a value with the hash of) one term. Ascending; one
// thread. REQUIRES: the index outlives it.
class PostingList {
 public:
  ~PostingList();
  PostingList(PostingList&&) noexcept;
  PostingList& operator=(PostingList&&) noexcept;

  // The first at or after `sequence`, or nothing. REQUIRES: not before the last one asked for.
  Result<std::optional<std::uint64_t>> seek(std::uint64_t sequence);

 private:
  friend class SearchIndex;
  class Cursor;
  explicit PostingList(std::unique_ptr<Cursor> cursor);
  std::unique_ptr<Cursor> cursor_;
};

}  // namespace assent::store
