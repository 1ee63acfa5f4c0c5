// A tar file (POSIX ustar, with pax headers where a member needs them) that is either there whole
// or not at all.
#pragma once

#include "base/hash.h"
#include "base/result.h"
#include "store/bundle/spool.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace assent::store {

// Written to `path.part`, which becomes `path` in finish(). Every member has mode 0644, no owner
// and no time, so that the same content makes the same file. One thread.
//
// A crash leaves at most `path.part`, which the next one replaces; any other end leaves nothing.
class TarFile {
 public:
  // Code::invalid_state if there is a file of that name already, or somebody is writing it.
  static Result<TarFile> begin(const std::string& path);
  TarFile(TarFile&&) noexcept;
  TarFile& operator=(TarFile&&) = delete;
  ~TarFile();

  Result<void> add(const std::string& name, std::string_view bytes);
  Result<void> add(const std::string& name, Spool& bytes);
  Result<void> add(const std::string& name, Spool& from, std::uint64_t offset, std::uint64_t size);

  // Makes it durable under its own name.
  struct Finished {
    std::uint64_t bytes = 0;
    Hash sha256{};
  };
  Result<Finished> finish();

 private:
  class Impl;
  explicit TarFile(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Where the file called `path` is.
std::string directory_of(const std::string& path);

}  // namespace assent::store
