#include "app/put_blob.h"

#include "store/blobs.h"

namespace assent::app {

Result<void> take_body(PutBlob& in, const RawBody& body) {
  in.bytes = std::string(body.text);
  return {};
}

Result<StoredBlob> put_blob(const store::Read& read, const PutBlob& in) {
  const Hash hash = TRY(read.blobs().put(read.tenant().number, in.bytes));
  return StoredBlob{.sha256 = hash, .size_bytes = static_cast<std::int64_t>(in.bytes.size())};
}

void describe(Fields&, PutBlob&) {
  // The body is the blob: take_body() reads it.
}

void describe(Fields& fields, StoredBlob& out) {
  fields.field("sha256", out.sha256, "the blob's name");
  fields.field("sizeBytes", out.size_bytes, "its size");
}

}  // namespace assent::app
