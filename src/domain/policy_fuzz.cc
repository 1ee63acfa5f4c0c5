// Whatever the document, it is read or refused; and what is read answers every request.
#include "base/canonical.h"
#include "base/text.h"
#include "domain/policy.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto policy = assent::policy_from_yaml(text);
  if (!policy) {
    const assent::Error& error = policy.error();
    CHECK(!error.fields.empty());
    CHECK(assent::is_utf8(error.detail));
    for (const auto& field : error.fields) CHECK(assent::is_utf8(field.path));
    return 0;
  }
  for (const auto& sentence : assent::warnings(*policy)) CHECK(assent::is_utf8(sentence));
  CHECK(policy->plan_entries.size() == assent::words<assent::RiskTier>().size());
  for (const auto& entry : policy->plan_entries) {
    CHECK(!entry.quorum.alternatives.empty() && entry.expires_after.count() > 0);
    CHECK(entry.grant_expires_after.count() > 0 && entry.grant_expires_after.count() <= 86400);
  }
  const auto arguments = assent::Json::object({{"path", "/srv/a"}, {"count", 1}});
  for (const auto kind : {assent::Kind::tool_call, assent::Kind::content}) {
    for (const std::string_view tool : {"fs.delete", ""}) {
      const auto answer = assent::evaluate(*policy, kind, tool, arguments);
      CHECK(answer.entry != nullptr);
      CHECK(!answer.entry->quorum.alternatives.empty());
      CHECK(assent::evaluate(answer.entry->quorum, {}).need > 0);
      CHECK(answer.entry->expires_after.count() > 0);
      CHECK(assent::explain(*policy, kind, tool, arguments).back() == answer.why);
      for (const auto& [name, each] : policy->templates) {
        CHECK(assent::under_template(answer, each).expires_after.count() > 0);
      }
      for (const auto& condition : answer.entry->arguments) {
        CHECK(assent::is_utf8(assent::canonical_json(condition.value)));
      }
    }
  }
  return 0;
}
