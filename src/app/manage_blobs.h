// Blobs: bytes named by their hash, uploaded before what names them.
#pragma once

#include <string>

#include "app/operation.h"

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
