// A new version of the policy comes into force; the log has it by its hash.
#pragma once

#include "app/operation.h"

#include <string>

namespace assent::app {

struct PutPolicy {
  std::string document;
  Hash sha256{};  // Of the document, made by prepare() when it stored the blob.
};
void describe(Fields& fields, PutPolicy& in);
Result<void> take_body(PutPolicy& in, const RawBody& body);
Result<void> prepare(PutPolicy& in, const Preparation& preparation);
bool blocks(const PutPolicy& in);

struct PutPolicyDone {
  std::int64_t version = 0;
  std::string sha256;
};
void describe(Fields& fields, PutPolicyDone& out);
Result<PutPolicyDone> put_policy(store::Write& write, const PutPolicy& in);

}  // namespace assent::app
