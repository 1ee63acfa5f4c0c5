// A new version of the policy comes into force; the log has it by its hash.
#pragma once

#include "app/operation.h"

#include <string>
#include <vector>

namespace assent::app {

struct PutPolicy {
  std::string document;
  // Made by prepare(), when it stored the blob.
  Hash sha256{};                      // Of the document.
  std::vector<std::string> warnings;  // What in it is hardly meant.
};
void describe(Fields& fields, PutPolicy& in);
Result<void> take_body(PutPolicy& in, const RawBody& body);
Result<void> prepare(PutPolicy& in, const Preparation& preparation);
bool blocks(const PutPolicy& in);

struct PutPolicyDone {
  std::int64_t version = 0;
  std::string sha256;
  std::vector<std::string> warnings;
};
void describe(Fields& fields, PutPolicyDone& out);
Result<PutPolicyDone> put_policy(store::Write& write, const PutPolicy& in);

}  // namespace assent::app
