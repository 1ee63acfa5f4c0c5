#include "store/read.h"

namespace assent::store {

const Search& Read::search() const {
  CHECK(parts_.search != nullptr);
  return *parts_.search;
}

}  // namespace assent::store
