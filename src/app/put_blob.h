// Bytes are uploaded before what names them, and named by their hash.
#pragma once

#include "app/operation.h"

#include <string>

namespace assent::app {

struct PutBlob {
  std::string bytes;
};
void describe(Fields& fields, PutBlob& in);
Result<void> take_body(PutBlob& in, const RawBody& body);

struct StoredBlob {
  Hash sha256{};
  std::int64_t size_bytes = 0;
};
void describe(Fields& fields, StoredBlob& out);

// Changes no state and no log: what counts is the event that names the blob later.
Result<StoredBlob> put_blob(const store::Read& read, const PutBlob& in);

}  // namespace assent::app
