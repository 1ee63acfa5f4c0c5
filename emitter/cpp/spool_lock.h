// One process at a time in a spool.
#pragma once

#include "emitter/cpp/file.h"

#include <assent/emitter.h>
#include <string>

namespace assent::emitter {

// Held by flock(2), which the system lets go of when the process dies. The file says who holds it,
// for emitters of languages that have no flock.
class SpoolLock {
 public:
  // The file `lock` of a spool's directory. Error: somebody else holds it.
  static Result<SpoolLock> take(const std::string& directory);

  SpoolLock(SpoolLock&&) noexcept = default;
  SpoolLock& operator=(SpoolLock&&) noexcept = default;
  ~SpoolLock();

  // In the child of a fork: the lock stays with the parent.
  void abandon() { file_.close(); }

 private:
  explicit SpoolLock(File file) : file_(std::move(file)) {}
  File file_;
};

}  // namespace assent::emitter
