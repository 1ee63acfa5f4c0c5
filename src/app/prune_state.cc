#include "app/prune_state.h"

#include "store/event_ids.h"
#include "store/idempotency.h"
#include "store/state/policies.h"
#include "store/state/retention.h"

namespace assent::app {

namespace {

constexpr std::int64_t kPerCall = 200;
constexpr std::int64_t kIdsPerCall = 20'000;  // They lie side by side: some milliseconds.
constexpr std::chrono::seconds kAgeMin = std::chrono::hours(24);
constexpr std::chrono::seconds kTick{30};
constexpr std::chrono::hours kAnswersKept{7 * 24};

Result<std::optional<std::chrono::seconds>> age_from(const std::optional<std::string>& text,
                                                     std::string_view field) {
  if (!text) return std::optional<std::chrono::seconds>();
  const auto age = duration_from_text(*text);
  if (!age || *age < kAgeMin) {
    return error_at(Code::validation_error, std::string(field),
                    "must be a duration of at least a day, such as 90d");
  }
  return age;
}

template <class IdType>
Json texts_of(const std::vector<IdType>& ids) {
  Json texts = Json::array();
  for (const IdType& id : ids) texts.push(id.text());
  return texts;
}

struct Prunable {
  std::vector<ApprovalId> approvals;
  std::vector<RuleId> rules;
  std::vector<EventId> obligations;

  bool is_empty() const { return approvals.empty() && rules.empty() && obligations.empty(); }
  // Whether there may be more of any kind than one call forgets.
  bool is_full() const {
    return std::ssize(approvals) == kPerCall || std::ssize(rules) == kPerCall ||
           std::ssize(obligations) == kPerCall;
  }
};

Result<Prunable> find(const store::Read& read, const PruneState& in) {
  const auto policy = TRY(store::current_policy(read));
  const Retention& retention = policy.policy->retention;
  const auto approvals = in.approvals_age ? in.approvals_age : retention.approvals;
  const auto rules = in.rules_age ? in.rules_age : retention.rules;
  Prunable found;
  if (approvals) {
    found.approvals = TRY(store::prunable_approvals(read, read.now() - *approvals, kPerCall));
  }
  if (rules) found.rules = TRY(store::prunable_rules(read, read.now() - *rules, kPerCall));
  const auto obligations = in.obligations_age ? in.obligations_age : retention.obligations;
  if (obligations) {
    found.obligations = TRY(store::prunable_obligations(read, read.now() - *obligations, kPerCall));
  }
  return found;
}

Result<Pruned> prune_as(store::Write& write, const Actor& actor, const PruneState& in) {
  const Prunable found = TRY(find(write, in));
  const Pruned pruned{.approvals = std::ssize(found.approvals),
                      .rules = std::ssize(found.rules),
                      .obligations = std::ssize(found.obligations),
                      .is_dry_run = in.is_dry_run == true,
                      .has_more = found.is_full()};
  if (pruned.is_dry_run || found.is_empty()) return pruned;
  Json data =
      Json::object({{"approvals", texts_of(found.approvals)}, {"rules", texts_of(found.rules)}});
  if (!found.obligations.empty()) data.set("obligations", texts_of(found.obligations));
  TRY(write.record_as(actor, {.type = "ledger.state_pruned",
                              .subject = "tenant/" + write.tenant().name,
                              .data = std::move(data)}));
  return pruned;
}

}  // namespace

Result<void> prepare(PruneState& in, const Preparation&) {
  in.approvals_age = TRY(age_from(in.approvals_older_than, "approvalsOlderThan"));
  in.rules_age = TRY(age_from(in.rules_older_than, "rulesOlderThan"));
  in.obligations_age = TRY(age_from(in.obligations_older_than, "obligationsOlderThan"));
  return {};
}

Result<Pruned> prune_state(store::Write& write, const PruneState& in) {
  return prune_as(write, actor_of(write.caller()), in);
}

void describe(Fields& fields, PruneState& in) {
  fields.field("approvalsOlderThan", in.approvals_older_than,
               "a duration such as 90d; by default the policy's", {.length_max = 20});
  fields.field("rulesOlderThan", in.rules_older_than, "likewise, for rules", {.length_max = 20});
  fields.field("obligationsOlderThan", in.obligations_older_than,
               "likewise, for obligations that were closed", {.length_max = 20});
  fields.field("dryRun", in.is_dry_run, "count, and change nothing");
}

void describe(Fields& fields, Pruned& out) {
  fields.field("approvals", out.approvals, "forgotten, with all that hung on them");
  fields.field("rules", out.rules, "forgotten");
  fields.field("obligations", out.obligations, "closed ones that were forgotten");
  fields.field("dryRun", out.is_dry_run, "whether nothing was changed");
  fields.field("hasMore", out.has_more, "whether to call again");
}

TimerTask prune_task() {
  return {.name = "prune",
          .tick = kTick,
          .is_due = [](store::Store&) { return true; },
          .run = [](store::Write& write) -> Result<void> {
            TRY(prune_as(write, engine_actor(), {}));
            TRY(store::forget_event_ids(write, kIdsPerCall));
            return store::forget_idempotent(write.connection(), write.now() - kAnswersKept,
                                            kPerCall);
          }};
}

}  // namespace assent::app
