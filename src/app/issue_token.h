// The bearer token of a grant, shown once, to who asked for the approval. Only its SHA-256 is kept.
#pragma once

#include "app/operation.h"

#include <string>

namespace assent::app {

struct IssueToken {
  ApprovalId approval;
};
void describe(Fields& fields, IssueToken& in);

struct IssuedToken {
  GrantId grant_id;
  std::string token;
  std::string content_hash;
  Timestamp expires_at;
};
void describe(Fields& fields, IssuedToken& out);

Result<IssuedToken> issue_token(store::Write& write, const IssueToken& in);

}  // namespace assent::app
