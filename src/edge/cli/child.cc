#include "edge/cli/child.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace assent::cli {

namespace {

using Moment = std::chrono::steady_clock::time_point;

constexpr int kCannotRun = 127;  // What a shell says of a command that it cannot find.
// How often to look where the kernel has no descriptors for processes.
constexpr std::chrono::milliseconds kLook{50};

volatile std::sig_atomic_t g_child = 0;  // For the handler, which may use nothing else.

void pass_on(int signal) {
  if (g_child > 0) kill(static_cast<pid_t>(g_child), signal);
}

// While it lives, signals are handled as run_child() says.
class Signals {
 public:
  Signals() {
    for (std::size_t i = 0; i < kSignals.size(); ++i) {
      struct sigaction action {};
      action.sa_handler = i < kIgnored ? SIG_IGN : &pass_on;
      sigaction(kSignals[i], &action, &before_[i]);
    }
  }
  ~Signals() { restore(); }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  void restore() const {
    for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &before_[i], nullptr);
  }

 private:
  static constexpr std::array kSignals = {SIGINT, SIGQUIT, SIGTERM, SIGHUP};
  static constexpr std::size_t kIgnored = 2;
  std::array<struct sigaction, kSignals.size()> before_ = {};
};

[[noreturn]] void become(const std::vector<std::string>& command) {
  std::vector<char*> words;
  words.reserve(command.size() + 1);
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  execvp(words.front(), words.data());
  std::fprintf(stderr, "assent: cannot run %s: %s\n", escape_for_terminal(command.front()).c_str(),
               std::strerror(errno));
  _exit(kCannotRun);
}

// Waits until the child ends or the time comes; says whether it ended.
bool wait_until(pid_t child, int descriptor, Moment until, int& status) {
  for (;;) {
    const pid_t ended = waitpid(child, &status, WNOHANG);
    if (ended == child || (ended < 0 && errno != EINTR)) return true;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    const auto most = descriptor < 0 ? std::min(left, kLook) : left;
    pollfd waiting{.fd = descriptor, .events = POLLIN, .revents = 0};
    poll(&waiting, descriptor < 0 ? 0 : 1,
         static_cast<int>(std::min<std::int64_t>(most.count(), 3'600'000)));
  }
}

Ended ended_from(int status) {
  Ended ended;
  if (WIFSIGNALED(status)) {
    ended.exit_code = 128 + WTERMSIG(status);
    ended.signal = WTERMSIG(status);
    ended.error = "killed by signal " + std::to_string(WTERMSIG(status));
    return ended;
  }
  ended.exit_code = WEXITSTATUS(status);
  if (ended.exit_code != 0) ended.error = "exit code " + std::to_string(ended.exit_code);
  return ended;
}

}  // namespace

Ended run_child(const std::vector<std::string>& command, std::chrono::milliseconds first,
                const Beat& beat) {
  std::fflush(nullptr);
  const Signals signals;
  const pid_t child = fork();
  if (child == 0) {
    signals.restore();
    become(command);
  }
  if (child < 0) {
    return {.exit_code = kCannotRun, .error = "no process could be made"};
  }
  g_child = child;
  // Not pidfd_open(): glibc 2.36 declares it without C linkage.
  const int descriptor = static_cast<int>(syscall(SYS_pidfd_open, child, 0));
  int status = 0;
  Moment next = std::chrono::steady_clock::now() + first;
  while (!wait_until(child, descriptor, next, status)) {
    const auto pause = beat();
    next = pause ? std::chrono::steady_clock::now() + *pause : Moment::max();
  }
  g_child = 0;
  if (descriptor >= 0) close(descriptor);
  return ended_from(status);
}

}  // namespace assent::cli
