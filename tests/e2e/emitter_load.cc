// A program that records side effects as fast as it is told to, for test_emitter.py:
//
//   emitter_load URL KEY TENANT SPOOL PRODUCER EVENTS_PER_SECOND SECONDS
//
// Prints `producer ID`, `buffered ID SEQUENCE` for each event that buffer() returned for, and at
// the end `left N`. May be killed at any moment and started again on the same spool.
#include <assent/emitter.h>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <utility>

using namespace assent::emitter;
using std::chrono::steady_clock;

int main(int argc, char** argv) {
  if (argc != 8) return 2;
  const std::string tenant = argv[3];
  auto opened = Emitter::open({.url = argv[1],
                               .keys = {{tenant, argv[2]}},
                               .spool = SpoolOptions{.directory = argv[4],
                                                     .producer = argv[5],
                                                     .sync = Sync::never,
                                                     .segment_bytes = 64 * 1024,
                                                     .flush_after = std::chrono::milliseconds(200)},
                               .request_timeout = std::chrono::milliseconds(5000)});
  if (!opened) return std::printf("%s\n", opened.error().message.c_str()), 1;
  Emitter emitter = std::move(*opened);

  std::printf("producer %s\n", std::string(emitter.producer()).c_str());
  const std::chrono::nanoseconds gap(1'000'000'000 / std::atoi(argv[6]));
  const auto end = steady_clock::now() + std::chrono::seconds(std::atoi(argv[7]));
  auto next = steady_clock::now();
  for (int i = 0; steady_clock::now() < end; ++i, next += gap) {
    std::this_thread::sleep_until(next);
    const auto spooled = emitter.audit()
                             .for_client(tenant)
                             .action("content.publish")
                             .actor(ActorType::agent, argv[5])
                             .target("post", "post-" + std::to_string(i))
                             .succeeded()
                             .with_metadata({{"n", i}})
                             .buffer();
    if (!spooled) return std::printf("%s\n", spooled.error().message.c_str()), 1;
    std::printf("buffered %s %llu\n", spooled->id.c_str(),
                static_cast<unsigned long long>(spooled->sequence));
    std::fflush(stdout);
  }
  std::printf("left %zu\n", emitter.flush(std::chrono::minutes(3)));
  emitter.close(std::chrono::seconds(10));
}
