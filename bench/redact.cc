// What redaction adds to an event of about 600 bytes that has no secret, which is the common one:
// read, made canonical and hashed, with and without it, in rounds that alternate. And what a
// megabyte costs, plain and made to be hard.
//
//   build/release/redact_bench
#include "base/redact.h"

#include "base/canonical.h"
#include "base/hash.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <functional>
#include <string>
#include <string_view>

namespace {

using assent::Json;
using assent::Redactor;

constexpr int kRounds = 9;
constexpr int kEvents = 20'000;

constexpr std::string_view kEvent = R"json({
  "metadata": {
    "post": {"title": "How the harvest went this year", "wordCount": 1280,
             "url": "https://blog.example.com/2026/11/harvest?utm_source=mail",
             "tags": ["farm", "news", "weekly"],
             "author": {"id": "usr_01h455vb4pex5vsknk084sn02q", "name": "Ann Example"}},
    "requestId": "018f3c1e-7c1a-7d52-9f1b-2b1f0c0a4111", "durationMs": 182, "provider": "wordpress",
    "message": "published after one retry: the first attempt timed out after 30 s"},
  "proof": {"type": "api_response",
            "data": {"status": 201, "etag": "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3",
                     "location": "https://blog.example.com/wp-json/wp/v2/posts/4711"}}})json";

// What this thread has used of a processor: the time on the wall is also that of others.
double cpu_micros() {
  timespec now = {};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

double microseconds(const std::function<void()>& run) {
  const double began = cpu_micros();
  run();
  return cpu_micros() - began;
}

double median(std::array<double, kRounds> values) {
  std::ranges::sort(values);
  return values[kRounds / 2];
}

void prepare(const Redactor* redactor) {
  Json event = assent::parse_json(kEvent).value();
  if (redactor != nullptr) redactor->redact(event);
  CHECK(assent::sha256(assent::canonical_json(event)) != assent::Hash{});
}

void measure_event() {
  const Redactor redactor;
  std::array<double, kRounds> without{}, with{}, ratio{};
  for (int round = 0; round < kRounds; ++round) {
    const auto run = [&](const Redactor* with_it) {
      return microseconds([with_it] {
               for (int i = 0; i < kEvents; ++i) prepare(with_it);
             }) /
             kEvents;
    };
    without[round] = run(nullptr);
    with[round] = run(&redactor);
    ratio[round] = with[round] / without[round];
  }
  const std::size_t bytes = assent::canonical_json(assent::parse_json(kEvent).value()).size();
  std::printf("an event of %zu bytes: %.2f us without, %.2f us with, ratio %.2f\n", bytes,
              median(without), median(with), median(ratio));
}

void measure_megabyte(const char* what, std::string_view piece) {
  std::string text;
  while (text.size() < 1'000'000) text.append(piece);
  const Redactor redactor;
  const double spent = microseconds([&] { redactor.redact(text); });
  std::printf("a megabyte of %-14s %6.1f ms\n", what, spent / 1000);
}

}  // namespace

int main() {
  measure_event();
  measure_megabyte("base64", "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk");
  measure_megabyte("prose", "the first attempt timed out after 30 s: and so on, as ever. ");
  measure_megabyte("beginnings", "token: eyJ-sk-://-----BEGIN bearer null 4111 ");
  return 0;
}
