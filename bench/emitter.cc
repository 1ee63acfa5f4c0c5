// What the emitter costs the program that uses it, beside what logging the same line costs with
// spdlog in the same process. bench/emitter_run runs it with a server and prints the table.
//
//   emitter_bench build DIRECTORY               building and spooling, and spdlog, in turns
//   emitter_bench down DIRECTORY                how long buffer() takes while nobody answers
//   emitter_bench send DIRECTORY URL KEY COUNT  from buffer() into the log of a server
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <assent/emitter.h>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace assent::emitter;
using std::chrono::steady_clock;

constexpr int kRounds = 7;
constexpr int kEventsPerRound = 20'000;

double micros_since(steady_clock::time_point began) {
  return std::chrono::duration<double, std::micro>(steady_clock::now() - began).count();
}

// What the calling thread, or the process, has used of a processor. On a machine that does other
// things too, this is what a call costs; the time on the wall is mostly the others'.
double cpu_micros(clockid_t whose = CLOCK_THREAD_CPUTIME_ID) {
  timespec now = {};
  ::clock_gettime(whose, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Microseconds for one of something, over rounds.
class Cost {
 public:
  template <class Do>
  void measure(Do one) {
    const auto began = steady_clock::now();
    const double cpu = cpu_micros();
    for (int i = 0; i < kEventsPerRound; ++i) one(i);
    cpu_.push_back((cpu_micros() - cpu) / kEventsPerRound);
    wall_.push_back(micros_since(began) / kEventsPerRound);
  }
  std::string json() const {
    char text[100];
    std::snprintf(text, sizeof(text), R"({"cpu":%.3f,"wall":%.3f})", median(cpu_), median(wall_));
    return text;
  }

 private:
  std::vector<double> cpu_, wall_;
};

Emitter open(const std::string& directory, const std::string& url, const std::string& key,
             std::uint64_t bytes_max, WhenFull when_full) {
  auto opened = Emitter::open({.url = url,
                               .keys = {{"default", key}},
                               .spool = SpoolOptions{.directory = directory,
                                                     .producer = "bench",
                                                     .sync = Sync::never,
                                                     .bytes_max = bytes_max,
                                                     .segment_bytes = 16U * 1024 * 1024,
                                                     .when_full = when_full},
                               .report = [](std::string_view, std::string_view) {}});
  if (opened) return std::move(*opened);
  std::fprintf(stderr, "%s\n", opened.error().message.c_str());
  std::exit(1);
}

// A side effect as an agent would tell it: who, what, on what, and how it went.
void buffer(const Emitter& emitter, int number) {
  const auto spooled = emitter.audit()
                           .for_client("default")
                           .action("content.publish")
                           .actor(ActorType::agent, "agent-7")
                           .target("post", "post-" + std::to_string(number))
                           .succeeded()
                           .with_metadata({{"platform", "web"}, {"durationMs", 118}})
                           .buffer();
  if (spooled) return;
  std::fprintf(stderr, "%s\n", spooled.error().message.c_str());
  std::exit(1);
}

// The bytes of one such event, for spdlog to write.
std::string line_of(const std::string& directory) {
  std::FILE* const file = std::fopen((directory + "/0000000000000001.spool").c_str(), "rb");
  std::uint32_t header[2] = {};
  if (file == nullptr || std::fread(header, sizeof(header), 1, file) != 1) std::exit(1);
  std::string line(header[0], '\0');
  if (std::fread(line.data(), line.size(), 1, file) != 1) std::exit(1);
  std::fclose(file);
  return line;
}

int build(const std::string& directory) {
  std::filesystem::remove_all(directory);
  // Nobody answers: the thread that sends only waits.
  Emitter emitter =
      open(directory + "/spool", "http://127.0.0.1:1", "k", 4ULL << 30, WhenFull::fail);
  buffer(emitter, 0);
  const std::string line = line_of(directory + "/spool");
  const auto plain = spdlog::basic_logger_st("plain", directory + "/plain.log");
  const auto flushed = spdlog::basic_logger_st("flushed", directory + "/flushed.log");
  flushed->flush_on(spdlog::level::info);

  Cost ours, kept, flushing;
  for (int round = 0; round < kRounds; ++round) {
    ours.measure([&](int i) { buffer(emitter, i); });
    kept.measure([&](int) { plain->info(line); });
    flushing.measure([&](int) { flushed->info(line); });
  }
  emitter.close(std::chrono::milliseconds(0));
  std::printf(R"({"bytes":%zu,"emitter":%s,"spdlog":%s,"spdlogFlushed":%s})"
              "\n",
              line.size(), ours.json().c_str(), kept.json().c_str(), flushing.json().c_str());
  return 0;
}

int down(const std::string& directory) {
  std::filesystem::remove_all(directory);
  Emitter emitter = open(directory, "http://127.0.0.1:1", "k", 4ULL << 30, WhenFull::fail);
  std::vector<double> spent;
  const auto began = steady_clock::now();
  while (micros_since(began) < 5e6) {
    const auto start = steady_clock::now();
    buffer(emitter, static_cast<int>(spent.size()));
    spent.push_back(micros_since(start));
  }
  emitter.close(std::chrono::milliseconds(0));
  std::sort(spent.begin(), spent.end());
  const auto at = [&](double part) {
    return spent[static_cast<std::size_t>(part * static_cast<double>(spent.size() - 1))];
  };
  std::printf(R"({"calls":%zu,"p50":%.2f,"p99":%.2f,"p999":%.2f,"max":%.0f})"
              "\n",
              spent.size(), at(0.5), at(0.99), at(0.999), spent.back());
  return 0;
}

int send(const std::string& directory, const std::string& url, const std::string& key, int count) {
  Emitter emitter = open(directory, url, key, 64U << 20, WhenFull::block);
  const auto began = steady_clock::now();
  for (int i = 0; i < count; ++i) buffer(emitter, i);
  const double buffered = micros_since(began);
  const std::size_t left = emitter.flush(std::chrono::minutes(5));
  const double sent = micros_since(began);
  const double cpu = cpu_micros(CLOCK_PROCESS_CPUTIME_ID);
  std::printf(R"({"left":%zu,"cpu":%.2f,"bufferedPerSecond":%.0f,"sentPerSecond":%.0f})"
              "\n",
              left, cpu / count, count / buffered * 1e6, count / sent * 1e6);
  return left == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 2 && words[0] == "build") return build(words[1]);
  if (words.size() == 2 && words[0] == "down") return down(words[1]);
  if (words.size() == 5 && words[0] == "send") {
    return send(words[1], words[2], words[3], std::atoi(words[4].c_str()));
  }
  std::fprintf(stderr, "usage: see bench/emitter.cc\n");
  return 2;
}
