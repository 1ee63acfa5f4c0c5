#include "app/request_parts.h"

#include "base/canonical.h"
#include "store/blobs.h"

namespace assent::app {

Result<Json> spill(const Json& value, const Preparation& preparation, Json& blob) {
  std::string text = canonical_json(value);
  if (text.size() <= kInlineBytesMax) return value;
  const Hash hash = TRY(preparation.blobs.put(preparation.caller.tenant.number, text));
  blob = Json::object(
      {{"sha256", content_hash_text(hash)}, {"sizeBytes", static_cast<std::int64_t>(text.size())}});
  return Json();
}

void set_shortened(Json& data, const std::string& name, const Json& list) {
  constexpr std::size_t kListBytesMax = 10 * 1024;
  Json kept = Json::array();
  std::size_t bytes = 0;
  std::int64_t omitted = 0;
  for (const Json& item : list.items()) {
    // A long item does not hide the short ones behind it.
    const std::size_t size = canonical_json(item).size() + 1;
    if (bytes + size > kListBytesMax) {
      ++omitted;
    } else {
      bytes += size;
      kept.push(item);
    }
  }
  data.set(name, std::move(kept));
  if (omitted > 0) data.set(name + "Omitted", omitted);
}

Result<Json> request_part(const store::Read& read, const Json& request, std::string_view name) {
  if (const Json* inline_part = request.find(name)) return *inline_part;
  const Json* blob = request.find(std::string(name) + "Blob");
  if (blob == nullptr) return Json::object();
  const auto hash = content_hash_from_text(blob->string_at("sha256").value_or(""));
  if (!hash) return Error{Code::corrupt, "an approval names a blob that is no hash"};
  return parse_json(TRY(read.blobs().get(read.tenant().number, *hash)));
}

}  // namespace assent::app
