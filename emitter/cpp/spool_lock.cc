#include "emitter/cpp/spool_lock.h"

#include "base/result.h"
#include "base/text.h"
#include "emitter/cpp/reserve.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <optional>
#include <string_view>
#include <sys/file.h>
#include <unistd.h>
#include <utility>

namespace assent::emitter {
namespace {

constexpr std::size_t kNameBytesMax = 100;
constexpr std::string_view kNobody = "-\n";
constexpr int kStartField = 22;  // Of /proc/<pid>/stat, see proc(5).

// When a process began, which tells it from another that has its id later; `-` if nobody knows.
std::string start_of(std::string_view pid) {
  const auto stat = read_file("/proc/" + std::string(pid) + "/stat");
  if (!stat || !*stat) return "-";
  std::string_view rest = **stat;
  // The second field, a name in parentheses, may have spaces.
  const std::size_t name_end = rest.rfind(')');
  if (name_end == std::string_view::npos) return "-";
  rest.remove_prefix(name_end + 1);
  for (int field = 2; field < kStartField; ++field) {
    const std::size_t space = rest.find(' ');
    if (space == std::string_view::npos) return "-";
    rest.remove_prefix(space + 1);
  }
  return std::string(rest.substr(0, rest.find(' ')));
}

// Whether the process that the file names is alive. Emitters with flock never leave one behind
// that is.
bool is_held(std::string_view text) {
  const std::size_t space = text.find(' ');
  const std::size_t end = text.find('\n');
  if (space == std::string_view::npos || end == std::string_view::npos || end < space) return false;
  const std::string_view pid = text.substr(0, space);
  const std::string_view start = text.substr(space + 1, end - space - 1);
  const auto number = from_decimal(pid);
  if (!number || *number == static_cast<std::uint64_t>(::getpid())) return false;
  if (::kill(static_cast<pid_t>(*number), 0) != 0 && errno == ESRCH) return false;
  return start == "-" || start == start_of(pid);
}

}  // namespace

Result<SpoolLock> SpoolLock::take(const std::string& directory) {
  const std::string path = directory + "/lock";
  const auto held = [&](const std::string& by) {
    return Error{.fault = Fault::spool_unusable, .message = path + " is held by " + by};
  };
  File file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file.is_open()) return disk_error(path);
  if (::flock(file.descriptor(), LOCK_EX | LOCK_NB) != 0) return held("another emitter");
  std::string holder(kNameBytesMax, '\0');
  holder.resize(read_at(file, 0, holder.data(), holder.size()));
  if (is_held(holder)) return held("process " + holder.substr(0, holder.find(' ')));

  const std::string pid = std::to_string(::getpid());
  const std::string name = pid + " " + start_of(pid) + "\n";
  const auto is_written = [&] {
    const auto size = static_cast<off_t>(name.size());
    return ::pwrite(file.descriptor(), name.data(), name.size(), 0) == size &&
           ::ftruncate(file.descriptor(), size) == 0;
  };
  // A spool on a full disk has to be opened to be sent.
  if (!is_written()) {
    Error fault = disk_error(path);
    if (!give_up_reserve(directory) || !is_written()) return fault;
  }
  return SpoolLock(std::move(file));
}

SpoolLock::~SpoolLock() {
  if (!file_.is_open()) return;
  // For those who have no flock. An empty file would need room again, and a disk may be full.
  if (::pwrite(file_.descriptor(), kNobody.data(), kNobody.size(), 0) > 0) {
    [[maybe_unused]] const int result =
        ::ftruncate(file_.descriptor(), static_cast<off_t>(kNobody.size()));
  }
  ::flock(file_.descriptor(), LOCK_UN);  // A child of a fork has the file open, too.
}

}  // namespace assent::emitter
