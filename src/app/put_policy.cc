#include "app/put_policy.h"

#include "domain/policy.h"
#include "store/blobs.h"
#include "store/state/policies.h"

namespace assent::app {

namespace {

constexpr std::size_t kDocumentBytesMax = 256 * 1024;

}  // namespace

Result<void> take_body(PutPolicy& in, const RawBody& body) {
  if (body.text.size() > kDocumentBytesMax) {
    return Error{Code::too_large, "a policy has at most 256 KiB"};
  }
  in.document = std::string(body.text);
  return {};
}

bool blocks(const PutPolicy&) {
  return true;
}

Result<void> prepare(PutPolicy& in, const Preparation& preparation) {
  // Refused here if wrong; the writer finds it parsed.
  in.warnings = warnings(*TRY(store::parsed_policy(in.document)));
  in.sha256 = TRY(preparation.blobs.put(preparation.caller.tenant.number, in.document));
  return {};
}

Result<PutPolicyDone> put_policy(store::Write& write, const PutPolicy& in) {
  const auto current = TRY(store::current_policy(write));
  const std::string hash = content_hash_text(in.sha256);
  // The same document again is no change, and no change is no event.
  if (current.version > 0 && current.sha256 == hash) {
    return PutPolicyDone{.version = current.version, .sha256 = hash, .warnings = in.warnings};
  }
  const auto id = write.make_id<PolicyId>();
  const std::int64_t version = current.version + 1;
  Json data = Json::object({{"policyId", id.text()}, {"version", version}, {"sha256", hash}});
  if (current.version > 0) data.set("previousSha256", current.sha256);
  TRY(write.record(
      {.type = "policy.changed", .subject = "policy/" + id.text(), .data = std::move(data)}));
  return PutPolicyDone{.version = version, .sha256 = hash, .warnings = in.warnings};
}

void describe(Fields&, PutPolicy&) {
  // The body is the document itself: take_body() reads it.
}

void describe(Fields& fields, PutPolicyDone& out) {
  fields.field("version", out.version, "1, 2, …");
  fields.field("sha256", out.sha256, "of the document, as in the log");
  fields.field("warnings", out.warnings, "entries that are never reached, each with what hides it");
}

}  // namespace assent::app
