// Whatever the expression, it is refused with a path, or it is one that can be met, never by more
// humans than it has seats, and that is stored and read back as it is.
#include "base/canonical.h"
#include "base/text.h"
#include "domain/quorum.h"

#include <cstddef>
#include <cstdint>

namespace {

using namespace assent;

PrincipalId human(std::uint8_t number) {
  UuidBytes bytes = {};
  bytes[15] = number;
  return PrincipalId(bytes);
}

// Everybody whom the quorum names, and a hundred of each role.
std::vector<Vote> everybody(const Quorum& quorum) {
  std::vector<Vote> votes;
  for (const auto& requirements : quorum.alternatives) {
    for (const auto& requirement : requirements) {
      for (const PrincipalId& person : requirement.people) votes.push_back({person, {}});
    }
  }
  for (std::uint8_t role = 0; role < words<Role>().size(); ++role) {
    for (std::uint8_t i = 0; i < 100; ++i) {
      UuidBytes bytes = {};
      bytes.fill(0xff);
      bytes[14] = role;
      bytes[15] = i;
      votes.push_back({PrincipalId(bytes), {static_cast<Role>(role)}});
    }
  }
  return votes;
}

void check(const Result<Quorum>& quorum) {
  if (!quorum) {
    const Error& error = quorum.error();
    CHECK(error.code == Code::validation_error && error.fields.size() == 1);
    CHECK(error.fields.front().path.starts_with("approvers"));
    CHECK(is_utf8(error.detail));
    return;
  }
  const Json stored = to_json(*quorum);
  CHECK(canonical_json(stored).size() <= 8192);
  const auto again = quorum_from_json(stored, "approvers");
  CHECK(again.has_value() && *again == *quorum);
  CHECK(canonical_json(to_json(*again)) == canonical_json(stored));

  const std::vector<Vote> votes = everybody(*quorum);
  const QuorumProgress none = evaluate(*quorum, {});
  CHECK(none.have == 0 && none.need >= 1 && none.need <= 100);
  CHECK(!can_be_met(*quorum, {}, {}));
  CHECK(can_be_met(*quorum, {}, votes));
  for (std::size_t count = 0; count <= votes.size(); count += 1 + votes.size() / 7) {
    const auto some = std::span(votes).first(count);
    const QuorumProgress progress = evaluate(*quorum, some);
    CHECK(progress.have >= 0 && progress.have <= progress.need);
    CHECK(progress.need <= 100 && std::cmp_less_equal(progress.have, count));
    CHECK(can_be_met(*quorum, some, std::span(votes).subspan(count)));
  }
  for (const auto& requirements : quorum->alternatives) CHECK(requirements.size() <= 32);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto value = parse_json({reinterpret_cast<const char*>(data), size});
  if (!value) return 0;
  static const ApproverGroups groups = {{"dba", {human(3), human(1), human(2), human(1)}},
                                        {"sre", {human(3), human(4)}},
                                        {"", {human(1)}},
                                        {"nobody", {}}};
  check(quorum_from_json(*value, "approvers"));
  check(quorum_from_json(*value, "approvers", &groups));
  return 0;
}
