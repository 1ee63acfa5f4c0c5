#include "domain/quorum.h"

#include <algorithm>
#include <array>
#include <optional>

namespace assent {
namespace {

using Requirements = std::vector<ApproverRequirement>;

constexpr std::size_t kRequirementsMax = 32;
using Fits = std::uint32_t;  // A set of requirements of one alternative, by index.

constexpr Fits only(std::size_t requirement) {
  return Fits{1} << requirement;
}

bool is_for(const ApproverRequirement& requirement, const Vote& vote) {
  switch (requirement.kind) {
    case SeatKind::role:
      return std::find(vote.roles.begin(), vote.roles.end(), requirement.role) != vote.roles.end();
    case SeatKind::group:
    case SeatKind::person:
      return std::binary_search(requirement.people.begin(), requirement.people.end(), vote.by);
  }
  return false;
}

Fits fits_of(const Requirements& requirements, const Vote& vote) {
  Fits fits = 0;
  for (std::size_t i = 0; i < requirements.size(); ++i) {
    if (is_for(requirements[i], vote)) fits |= only(i);
  }
  return fits;
}

// Maximum bipartite matching by augmenting paths (Kuhn 1955), where the seats of one requirement
// are alike and therefore one node with a capacity. Greedy seating would not do: with seats for an
// approver and an admin, a human who is both may take the only approver's seat and strand another.
class Seating {
 public:
  explicit Seating(const Requirements& requirements) : requirements_(requirements.size()) {
    CHECK(requirements_ <= kRequirementsMax);
    for (std::size_t i = 0; i < requirements_; ++i) {
      free_[i] = requirements[i].count;
      need_ += requirements[i].count;
    }
  }

  std::int64_t need() const { return need_; }
  std::int64_t have() const { return static_cast<std::int64_t>(sitters_.size()); }
  bool is_full() const { return have() == need_; }

  // Seats one more human if that is possible at all.
  void offer(Fits fits) {
    tried_ = full_;
    if ((fits & ~tried_) == 0) return;
    sitters_.push_back({.fits = fits, .at = requirements_});
    if (seat(sitters_.size() - 1)) return;
    sitters_.pop_back();
    // No free seat can be reached from what was tried. No later seating passes through it, because
    // that would have to end in such a seat: so it stays full, and is never tried again. This is
    // why a thousand more who fit nowhere cost nothing.
    full_ = tried_;
  }

 private:
  struct Sitter {
    Fits fits = 0;
    std::size_t at = 0;  // The requirement; one past the last while still standing.
  };

  // Seats the sitter anew, moving others to other seats where that makes room. Each requirement is
  // tried once, so the recursion is no deeper than there are requirements.
  bool seat(std::size_t sitter) {
    for (std::size_t i = 0; i < requirements_; ++i) {
      if ((sitters_[sitter].fits & ~tried_ & only(i)) == 0) continue;
      tried_ |= only(i);
      if (free_[i] > 0) {
        --free_[i];
        sitters_[sitter].at = i;
        return true;
      }
      for (std::size_t other = 0; other < sitters_.size(); ++other) {
        if (sitters_[other].at != i || !seat(other)) continue;
        sitters_[sitter].at = i;
        return true;
      }
    }
    return false;
  }

  std::size_t requirements_;
  std::int64_t need_ = 0;
  std::array<std::int64_t, kRequirementsMax> free_;  // Seats, by requirement.
  std::vector<Sitter> sitters_;
  Fits tried_ = 0;  // In the seating under way.
  Fits full_ = 0;   // For good.
};

using Voters = std::vector<const Vote*>;

// All the votes, those of one human side by side.
Voters by_human(std::span<const Vote> votes, std::span<const Vote> others) {
  Voters voters;
  voters.reserve(votes.size() + others.size());
  for (const Vote& vote : votes) voters.push_back(&vote);
  for (const Vote& vote : others) voters.push_back(&vote);
  std::sort(voters.begin(), voters.end(),
            [](const Vote* a, const Vote* b) { return a->by < b->by; });
  return voters;
}

// Each human is seated once, under everything that human's votes fit.
QuorumProgress seat_all(const Requirements& requirements, const Voters& voters) {
  Seating seating(requirements);
  for (std::size_t i = 0; i < voters.size() && !seating.is_full();) {
    const PrincipalId& human = voters[i]->by;
    Fits fits = 0;
    for (; i < voters.size() && voters[i]->by == human; ++i) {
      fits |= fits_of(requirements, *voters[i]);
    }
    seating.offer(fits);
  }
  return {.have = seating.have(), .need = seating.need()};
}

QuorumProgress closest(const Quorum& quorum, const Voters& voters) {
  std::optional<QuorumProgress> closest;
  for (const Requirements& requirements : quorum.alternatives) {
    const QuorumProgress progress = seat_all(requirements, voters);
    // An empty conjunction would be met by nobody at all, so it never counts.
    if (progress.need == 0) continue;
    if (!closest || progress.need - progress.have < closest->need - closest->have) {
      closest = progress;
    }
    if (closest->is_met()) break;
  }
  return closest.value_or(QuorumProgress{});
}

}  // namespace

QuorumProgress evaluate(const Quorum& quorum, std::span<const Vote> votes) {
  return closest(quorum, by_human(votes, {}));
}

bool can_be_met(const Quorum& quorum, std::span<const Vote> votes, std::span<const Vote> others) {
  return closest(quorum, by_human(votes, others)).is_met();
}

bool is_eligible(const Quorum& quorum, const Vote& voter) {
  return std::any_of(quorum.alternatives.begin(), quorum.alternatives.end(),
                     [&voter](const auto& each) { return fits_of(each, voter) != 0; });
}

}  // namespace assent
