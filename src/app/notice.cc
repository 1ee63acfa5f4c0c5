#include "app/notice.h"

#include "store/state/principals.h"

namespace assent::app {

namespace {

// Usually the first few humans suffice; looking goes on only while they do not.
constexpr std::int64_t kPage = 16;

bool may_vote(const Approval& approval, const Principal& human) {
  if (human.has(Role::operator_)) return false;
  if (!approval.allows_self_approval && is_own(approval, human.id)) return false;
  return is_eligible(approval, {human.id, human.roles});
}

}  // namespace

Result<std::optional<std::string>> notice_of(const store::Read& read, const Approval& approval,
                                             std::span<const Vote> votes) {
  std::vector<Vote> others;
  std::optional<PrincipalId> last;
  for (std::size_t seen = 0; seen < kHumansMax; seen += kPage) {
    const auto page = TRY(store::list_humans(read, last, kPage));
    for (const Principal& human : page) {
      if (may_vote(approval, human)) others.push_back({.by = human.id, .roles = human.roles});
      last = human.id;
    }
    if (can_be_met(approval, votes, others)) return std::optional<std::string>();
    if (std::cmp_less(page.size(), kPage)) {
      return std::optional<std::string>(
          "nobody is left who could complete the approvers: more people with the roles are "
          "needed, or another policy");
    }
  }
  return std::optional<std::string>();
}

}  // namespace assent::app
