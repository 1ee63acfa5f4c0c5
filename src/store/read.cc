#include "store/read.h"

namespace assent::store {

const Search& Read::search() const {
  CHECK(parts_.search != nullptr);
  return *parts_.search;
}

const Prover& Read::prover() const {
  CHECK(parts_.prover != nullptr);
  return *parts_.prover;
}

}  // namespace assent::store
