#include "domain/dialect/testing_dialect.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

namespace assent::dialect {
namespace {

using Names = std::set<std::string>;

// What the approvals module writes (its ApprovalEventType; seed 0, AC2) …
const Names kButlersSource = {
    "action_queued",           "action_auto_approved", "action_approved",
    "action_rejected",         "action_expired",       "action_execution_succeeded",
    "action_execution_failed", "rule_created",         "rule_revoked"};
// … what it came to write later and Assent has too, and what Assent adds in its manner (it recorded
// a moved deadline nowhere) …
const Names kButlersAdded = {"action_abandoned", "action_deferred"};
// … and what it came to write later that Assent has no event for.
const Names kButlersMissing = {"promotion_suggested",  "promotion_confirmed", "promotion_dismissed",
                               "promotion_superseded", "demotion_suggested",  "demotion_confirmed",
                               "demotion_dismissed"};

// What the approve endpoint and its neighbours write (seed 1, EVI011 to EVI018) …
const Names kKernelSource = {"approval.attempted", "approval.succeeded",
                             "approval.blocked.evidence_required",
                             "approval.blocked.evidence_stale", "request.created"};
// … what Assent adds in its manner: the other refusals, rejection, evidence …
const Names kKernelAdded = {"approval.blocked.already_voted",
                            "approval.blocked.content_changed",
                            "approval.blocked.expired",
                            "approval.blocked.forbidden",
                            "approval.blocked.human_actor_required",
                            "approval.blocked.invalid_state",
                            "approval.blocked.kill_switch",
                            "approval.blocked.self_approval",
                            "approval.blocked.step_up_required",
                            "approval.rejected",
                            "evidence.attached",
                            "evidence.withdrawn"};
// … and what has no event here: an older path's second name for the same success (G2), template
// administration, which is the policy's, and a name that was only ever a contract.
const Names kKernelMissing = {"request.approved", "template.created", "template.listed",
                              "template.read", "report.generate.requested"};

// What the governance of plans publishes (seed 4, whose heading counts eight) …
const Names kCharterSource = {
    "ir.approval_created", "ir.approval_consumed", "ir.approval_expired",
    "ir.approval_invalid", "ir.validated_pass",    "ir.validated_escalate",
    "ir.validated_reject", "ir.dag_diff_ok",       "ir.dag_diff_failed"};
// … and what only ever was a line of its log.
const Names kCharterMissing = {"ir.approval_acknowledged", "ir.approval_cleanup_completed"};

Names together(Names a, const Names& b) {
  a.insert(b.begin(), b.end());
  return a;
}

Names as_set(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

Json schema_of(Dialect dialect) {
  std::string path = ASSENT_SOURCE_DIR "/schemas/dialects/";
  path.append(word(dialect)).append(".schema.json");
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  auto schema = parse_json(text.str());
  EXPECT_TRUE(schema) << word(dialect);
  return schema ? *schema : Json::object();
}

// The names that the schema allows in `member`.
Names allowed_by(const Json& schema, std::string_view member) {
  Names names;
  for (const Json& name : schema.find("properties")->find(member)->find("enum")->items()) {
    names.insert(name.string());
  }
  return names;
}

TEST(H8_Dialects, TheNamesAreTheSourceSystems) {
  EXPECT_EQ(as_set(shown_by(Dialect::butlers)->names), together(kButlersSource, kButlersAdded));
  EXPECT_EQ(as_set(shown_by(Dialect::kernel)->names), together(kKernelSource, kKernelAdded));
  EXPECT_EQ(as_set(shown_by(Dialect::charter)->names), kCharterSource);
  EXPECT_FALSE(shown_by(Dialect::rtv)) << "every event has a row";
  EXPECT_FALSE(shown_by(Dialect::canonical));
}

TEST(H8_Dialects, TheSchemasAllowTheseNamesAndNameWhatIsMissing) {
  const auto check = [](Dialect dialect, std::string_view member, const Names& missing) {
    const Json schema = schema_of(dialect);
    EXPECT_EQ(allowed_by(schema, member), as_set(shown_by(dialect)->names));
    const std::string description(*schema.string_at("description"));
    for (const auto& name : missing) {
      EXPECT_NE(description.find(name), std::string::npos) << name;
    }
  };
  check(Dialect::butlers, "event_type", kButlersMissing);
  check(Dialect::kernel, "eventName", kKernelMissing);
  check(Dialect::charter, "type", kCharterMissing);
}

TEST(Dialects, TheLogItselfNeedsNoTranslation) {
  EXPECT_FALSE(translate(Dialect::canonical, about("approval.succeeded", human())));
}

TEST(Dialects, AFilterMeansTheSameInEverySpelling) {
  using Types = std::vector<std::string>;
  for (const char* spelling : {"ACTION_QUEUED", "action_queued", "Action_Queued",
                               "approval.requested", "APPROVAL.REQUESTED"}) {
    EXPECT_EQ(canonical_types(spelling), Types{"approval.requested"}) << spelling;
  }
  EXPECT_EQ(canonical_types("ACTION_REJECTED"), Types{"approval.rejected"});
  EXPECT_EQ(canonical_types("approval.blocked.evidence_stale"),
            Types{"approval.blocked.evidence_stale"});
  EXPECT_EQ(canonical_types("RULE_REVOKED"), Types{"rule.revoked"});
  // Names of several types, and one that an emitter may use too.
  EXPECT_EQ(canonical_types("action_auto_approved"),
            (Types{"approval.auto_approved", "approval.expired"}));
  EXPECT_EQ(canonical_types("request.created"), (Types{"approval.requested", "request.created"}));
  EXPECT_EQ(canonical_types("content.publish"), Types{"content.publish"});
  // A name in one of the engine's families is no type besides; nobody can emit it.
  for (const char* spelling : {"ir.approval_created", "IR.APPROVAL_CREATED", "IR_APPROVAL_CREATED",
                               "ir_approval_created"}) {
    EXPECT_EQ(canonical_types(spelling), Types{"grant.issued"}) << spelling;
  }
  EXPECT_EQ(canonical_types("IR_VALIDATED_PASS"), Types{"ir.validated_pass"});
  EXPECT_EQ(canonical_types("grant.issued"), Types{"grant.issued"});
  for (const char* nonsense :
       {"APPROVAL_ATTEMPTED", "", "action_qeued", "promotion_suggested", "a b", "."}) {
    EXPECT_TRUE(canonical_types(nonsense).empty()) << nonsense;
  }
}

TEST(Dialects, EveryNameLeadsBackToItsTypesInEitherCase) {
  for (const Dialect dialect : {Dialect::butlers, Dialect::kernel, Dialect::charter}) {
    const auto shown = shown_by(dialect);
    Names reached;
    for (std::string name : shown->names) {
      const auto types = canonical_types(name);
      EXPECT_FALSE(types.empty()) << name;
      reached.insert(types.begin(), types.end());
      std::ranges::transform(name, name.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
      });
      EXPECT_EQ(canonical_types(name), types) << name;
    }
    for (const auto& type : shown->types) EXPECT_TRUE(reached.contains(type)) << type;
  }
}

TEST(Dialects, ASpellingMeansTheEventThatIsShownUnderIt) {
  const auto expired =
      about("approval.expired", engine_actor(), Json::object({{"resultingStatus", "expired"}}));
  const auto approved =
      about("approval.expired", engine_actor(), Json::object({{"resultingStatus", "approved"}}));
  EXPECT_TRUE(is_meant_by("ACTION_EXPIRED", expired));
  EXPECT_FALSE(is_meant_by("ACTION_AUTO_APPROVED", expired));
  EXPECT_FALSE(is_meant_by("ACTION_EXPIRED", approved));
  EXPECT_TRUE(is_meant_by("action_auto_approved", approved));
  EXPECT_TRUE(is_meant_by("approval.expired", approved));
  EXPECT_TRUE(is_meant_by("Approval.Expired", expired));
  EXPECT_FALSE(is_meant_by("action_queued", expired));
  const auto of_plan = about("grant.issued", human(), Json::object({{"irHash", "sha256:"}}));
  EXPECT_TRUE(is_meant_by("IR_APPROVAL_CREATED", of_plan));
  EXPECT_TRUE(is_meant_by("ir.approval_created", of_plan));
  EXPECT_TRUE(is_meant_by("grant.issued", of_plan));
  EXPECT_FALSE(is_meant_by("IR_APPROVAL_CREATED", about("grant.issued", human())));
  EXPECT_TRUE(is_meant_by("request.created", about("approval.requested", human())));
  EXPECT_TRUE(is_meant_by("request.created", about("request.created", human())));
}

}  // namespace
}  // namespace assent::dialect
