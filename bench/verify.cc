// How fast `assent verify` is: makes a store of a million emitted events of about 600 bytes, unless
// the directory has one, and verifies it a few times. Once the files are in the page cache, that is
// the warm figure.
//
//   verify_bench DIRECTORY [EVENTS [ROUNDS]]
#include "base/random.h"
#include "base/time.h"
#include "store/store.h"
#include "store/testing_writer.h"
#include "store/verify/verify_store.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <string>

namespace {

using namespace assent;

constexpr std::uint64_t kEventsPerJob = 1000;

Event sample(std::uint64_t i) {
  Json data =
      Json::object({{"actor", Json::object({{"id", "prn_01kfcdr8jq0000000000000001"},
                                            {"type", "agent"},
                                            {"auth", "api_key"},
                                            {"name", "newsletter robot"}})},
                    {"outcome", "success"},
                    {"summary", "Sent the newsletter of the week to a subscriber."},
                    {"target", Json::object({{"type", "mail"},
                                             {"id", "mail-" + std::to_string(i)},
                                             {"name", "A subscriber of the newsletter"}})}});
  return {.type = "mail.sent", .subject = "mail/mail-" + std::to_string(i), .data = data};
}

void make_store(const std::string& directory, std::uint64_t events) {
  const SystemClock clock;
  SystemRandom random;
  const auto made = store::Store::create(directory, "bench.example", clock, random).value();
  const auto store =
      store::Store::open({.directory = directory, .needs_search = false}, clock, random).value();
  const auto caller = store->identities()->authenticate(made.admin_key, clock.now()).value();
  for (std::uint64_t i = 0; i < events; i += kEventsPerJob) {
    const auto done = store::write_and_wait(*store, caller, [&](store::Write& log) -> Result<void> {
      for (std::uint64_t j = i; j < std::min(events, i + kEventsPerJob); ++j) {
        TRY(log.record(sample(j)));
      }
      return {};
    });
    CHECK(done.has_value());
  }
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

}  // namespace

int main(int argc, char** argv) {
  CHECK(argc >= 2);
  const std::string directory = argv[1];
  const std::uint64_t events = argc > 2 ? std::stoull(argv[2]) : 1'000'000;
  const int rounds = argc > 3 ? std::stoi(argv[3]) : 3;
  if (!std::filesystem::exists(directory)) make_store(directory, events);
  for (int i = 0; i < rounds; ++i) {
    const double cpu_before = cpu_seconds();
    const auto before = std::chrono::steady_clock::now();
    double walked = 0;
    const auto report = store::verify_store(directory, {.progress = [&](std::uint64_t checked) {
                                              if (checked % 4096 == 0)
                                                walked = cpu_seconds() - cpu_before;
                                            }});
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - before;
    CHECK(report.has_value() && !report->finding);
    const auto count = static_cast<double>(report->events);
    std::printf("%.0f events: all %.2f s (%.0f/s), of a core %.2f s (%.0f/s)\n", count,
                taken.count(), count / taken.count(), cpu_seconds() - cpu_before,
                count / (cpu_seconds() - cpu_before));
    std::printf("  of that the log: %.2f s (%.0f/s); the rest is the check of pages and of state\n",
                walked, count / walked);
  }
  return 0;
}
