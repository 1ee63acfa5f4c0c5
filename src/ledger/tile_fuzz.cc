// Any text may be a tile's path and any bytes a bundle; what is one has a single form.
#include "ledger/tile.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assent::ledger;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto path = parse_tile_path(bytes)) CHECK(format_tile_path(*path) == bytes);

  if (size == 0) return 0;
  const std::string_view bundle = bytes.substr(1);
  if (const auto entries = entries_of(bundle, data[0])) {
    CHECK(entries->size() == data[0]);
    std::string again;
    for (const std::string_view entry : *entries) append_entry(again, entry);
    CHECK(again == bundle);
  }
  return 0;
}
