// Tells the child of a fork from the process that it comes from, without asking the system each
// time.
#pragma once

#include <cstdint>
#include <sys/types.h>

namespace assent::emitter {

// A page that a child finds wiped (MADV_WIPEONFORK, Linux 4.14); where there is none, the process
// id is asked for. Const functions are thread-safe.
class ForkMark {
 public:
  ForkMark();
  ~ForkMark();
  ForkMark(const ForkMark&) = delete;
  ForkMark& operator=(const ForkMark&) = delete;

  bool is_child() const;

 private:
  const pid_t process_;
  volatile std::uint8_t* page_ = nullptr;  // Null: there is no such page.
};

}  // namespace assent::emitter
