// What it costs to make one checkpoint durable: the mark, and what two replaced files would cost.
#include "base/text.h"
#include "store/checkpoints.h"
#include "store/files.h"
#include "store/keeping/mark.h"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>

namespace {

using assent::Result;
using assent::store::Mark;

constexpr int kRounds = 500;

void measure(const char* what, const std::function<Result<void>(int)>& publish) {
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < kRounds; ++i) CHECK(publish(i));
  const std::chrono::duration<double, std::micro> spent = std::chrono::steady_clock::now() - began;
  std::printf("%-32s %8.0f us\n", what, spent.count() / kRounds);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string directory = argc > 1 ? argv[1] : "publish-bench";
  std::filesystem::create_directories(directory);
  const auto signer = assent::ledger::Ed25519Signer::from_seed(
      "bench.example/t/default", assent::Secret(std::string(32, 's')));
  Mark mark;
  const auto sign = [&](int round) {
    mark.frontier.append(assent::ledger::hash_leaf(std::to_string(round)));
    mark.note =
        assent::ledger::sign_checkpoint(
            {.origin = "bench.example/t/default", .head = mark.frontier.head(), .extensions = {}},
            *signer)
            .value();
  };
  measure("signing alone", [&](int round) -> Result<void> {
    sign(round);
    return {};
  });
  measure("two files replaced", [&](int round) -> Result<void> {
    sign(round);
    TRY(assent::store::write_durably(directory, "default.peaks",
                                     assent::to_base64(mark.frontier.peaks_bytes())));
    return assent::store::write_durably(directory, "default", mark.note);
  });
  assent::store::MarkFile file(directory + "/default.mark");
  measure("the mark", [&](int round) -> Result<void> {
    sign(round);
    return file.write(mark);
  });
  return 0;
}
