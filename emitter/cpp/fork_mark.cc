#include "emitter/cpp/fork_mark.h"

#include <cstddef>
#include <sys/mman.h>
#include <unistd.h>

namespace assent::emitter {
namespace {

constexpr std::size_t kPageBytes = 4096;

}  // namespace

ForkMark::ForkMark() : process_(::getpid()) {
  void* const page =
      ::mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return;
  if (::madvise(page, kPageBytes, MADV_WIPEONFORK) != 0) {
    ::munmap(page, kPageBytes);
    return;
  }
  page_ = static_cast<volatile std::uint8_t*>(page);
  *page_ = 1;
}

ForkMark::~ForkMark() {
  if (page_ != nullptr) ::munmap(const_cast<std::uint8_t*>(page_), kPageBytes);
}

bool ForkMark::is_child() const {
  return page_ != nullptr ? *page_ == 0 : ::getpid() != process_;
}

}  // namespace assent::emitter
