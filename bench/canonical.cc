// How fast RFC 8785 is here: reads documents, each ended by a record separator (RFC 7464), and
// makes their canonical text again and again for so many seconds, first from text and then from
// values that are there already. Prints JSON: megabytes of input a second, and the SHA-256 of the
// output.
//
//   canonical_bench FILE SECONDS       bench/canonical runs it beside its alternatives
#include "base/canonical.h"

#include "base/hash.h"
#include "base/text.h"

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <string>

namespace {

using namespace assent;

constexpr char kRecordSeparator = '\x1e';

std::vector<std::string> read_documents(const char* name) {
  std::ifstream stream(name, std::ios::binary);
  std::vector<std::string> documents;
  for (std::string document; std::getline(stream, document, kRecordSeparator);) {
    documents.push_back(document);
  }
  return documents;
}

// Of processor time: others may use the machine too.
template <class Work>
double megabytes_per_second(double seconds, std::size_t bytes, const Work& work) {
  work();
  const std::clock_t begin = std::clock();
  double taken = 0;
  double rounds = 0;
  for (; taken < seconds; ++rounds) {
    work();
    taken = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  }
  return rounds * static_cast<double>(bytes) / 1e6 / taken;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    std::fputs("usage: canonical_bench FILE SECONDS\n", stderr);
    return 2;
  }
  const double seconds = std::atof(arguments[2]);
  const auto documents = read_documents(arguments[1]);
  std::vector<Json> values;
  Sha256 hash;
  std::size_t bytes = 0;
  for (const auto& document : documents) {
    bytes += document.size();
    values.push_back(parse_json(document).value());
    hash.update(canonicalise(document).value());
  }
  std::size_t written = 0;
  const double text = megabytes_per_second(seconds, bytes, [&] {
    for (const auto& document : documents) written += canonicalise(document).value().size();
  });
  const double value = megabytes_per_second(seconds, bytes, [&] {
    for (const auto& each : values) written += canonical_json(each).size();
  });
  const double read = megabytes_per_second(seconds, bytes, [&] {
    for (const auto& document : documents) written += parse_json(document)->is_object() ? 1 : 0;
  });
  std::printf(R"({"text":%.1f,"value":%.1f,"parse":%.1f,"sha256":"%s","written":%zu})"
              "\n",
              text, value, read, to_hex(as_bytes(hash.finish())).c_str(), written);
  return 0;
}
