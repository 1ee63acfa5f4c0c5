// The bytes of a hash.
#pragma once

#include "app/operation.h"

#include <string>

namespace assent::app {

struct GetBlob {
  std::string sha256;  // With or without `sha256:`.
};
void describe(Fields& fields, GetBlob& in);

struct BlobBytes {
  std::string raw;
  std::string content_type;
};
void describe(Fields& fields, BlobBytes& out);
Result<BlobBytes> get_blob(const store::Read& read, const GetBlob& in);

}  // namespace assent::app
