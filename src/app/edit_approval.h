// A person approves something else than was asked: other arguments of the same tool, or other
// content. The new version and the vote for its hash are one decision.
#pragma once

#include "app/decide_approval.h"

namespace assent::app {

struct Edit : DecideApproval {
  std::optional<JsonObject> arguments;                  // Of a tool call; the tool stays.
  std::optional<std::string> title, description, type;  // Of content, whole: absent is absent.
  std::optional<Json> content;

  // Made by prepare(), before the writer's turn.
  std::string new_hash;
  Json subject;         // What is hashed.
  Json inline_subject;  // The same, or null if it is large:
  Json subject_blob;    // then where it lies.
};
void describe(Fields& fields, Edit& in);
Result<void> prepare(Edit& in, const Preparation& preparation);
bool blocks(const Edit& in);

struct Edited : Decided {
  std::string previous_content_hash, content_hash;
  std::int64_t content_version = 1;
};
void describe(Fields& fields, Edited& out);

Result<Edited> edit(store::Write& write, const Edit& in);

}  // namespace assent::app
