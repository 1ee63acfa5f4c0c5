#include "base/gzip.h"

#include "base/result.h"

#include <zlib.h>

namespace assent {

namespace {

constexpr int kFast = 1;              // Entries are read far more often than sent, but by machines.
constexpr int kGzipWindow = 15 + 16;  // The largest window, with gzip's frame around it.
constexpr int kMemory = 8;

}  // namespace

std::string gzipped(std::string_view bytes) {
  z_stream stream{};
  CHECK(deflateInit2(&stream, kFast, Z_DEFLATED, kGzipWindow, kMemory, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, static_cast<uLong>(bytes.size())), '\0');
  // zlib does not write to its input, though it has not said so in the type.
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace assent
