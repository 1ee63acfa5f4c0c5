// Verifies a bundle with the installed library: `stranger BUNDLE VERIFIER_KEY`.
#include <assent/verify.h>
#include <cstdio>

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  assent::verify::Options options;
  options.verifier_key = argv[2];
  const auto report = assent::verify::verify_bundle(argv[1], options);
  switch (report.verdict) {
    case assent::verify::Verdict::verified:
      std::printf("verified: %llu events\n", static_cast<unsigned long long>(report.events));
      return 0;
    case assent::verify::Verdict::failed:
      std::printf("%s: %s\n", report.finding->file.c_str(), report.finding->what.c_str());
      return 8;
    case assent::verify::Verdict::undecided:
      std::printf("%s\n", report.reason.c_str());
      return 9;
  }
  return 1;
}
