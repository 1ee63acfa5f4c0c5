#include "app/get_blob.h"

#include "store/blobs.h"

namespace assent::app {

Result<BlobBytes> get_blob(const store::Read& read, const GetBlob& in) {
  const std::string text = in.sha256.starts_with("sha256:") ? in.sha256 : "sha256:" + in.sha256;
  const auto hash = content_hash_from_text(text);
  if (!hash) {
    return Error{Code::validation_error,
                 "sha256 is not a hash",
                 {{"sha256", "must be 64 lower-case hex digits"}}};
  }
  return BlobBytes{.raw = TRY(read.blobs().get(read.tenant().number, *hash)),
                   .content_type = "application/octet-stream"};
}

void describe(Fields& fields, GetBlob& in) {
  fields.path("sha256", in.sha256, "the blob's hash, with or without sha256:");
}

void describe(Fields& fields, BlobBytes& out) {
  fields.field("bytes", out.raw, "the blob itself");
}

}  // namespace assent::app
