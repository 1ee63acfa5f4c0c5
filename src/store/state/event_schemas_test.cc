// What the published schemas say of events, held against what the state makes of them.
#include "store/state/projection.h"
#include "store/state/testing_story.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

namespace assent::store {
namespace {

class EventSchemas : public testing::Test {
 protected:
  EventSchemas() {
    tell(story.founded(TenantNumber{1}, "acme"));
    tell(story.principal(ann, PrincipalType::human, {Role::approver}));
    tell(story.principal(bot, PrincipalType::agent, {Role::agent}));
  }
  void tell(const Step& step) {
    const auto result = state.tell(step, story.now);
    ASSERT_TRUE(result) << step.event.type << ": " << result.error().detail;
  }
  std::string refusal(const Step& step, TenantNumber tenant = TenantNumber{1}) {
    const auto result = state.tell(step, story.now, tenant);
    return result ? "accepted" : result.error().detail;
  }
  Ask pending() {
    Ask ask = story.ask(bot);
    tell(story.requested(ask));
    return ask;
  }

  SeededRandom random{7};
  Story story{random};
  TestState state;
  const PrincipalId ann = story.make<PrincipalId>();
  const PrincipalId bot = story.make<PrincipalId>();
};

std::string schema_text() {
  std::ifstream file(ASSENT_SOURCE_DIR "/schemas/events.schema.json");
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST_F(EventSchemas, H7_EveryTypeHasItsSchemaAndEverySchemaItsType) {
  const auto schema = parse_json(schema_text());
  ASSERT_TRUE(schema);
  std::set<std::string> described, known;
  for (const auto& [name, definition] : schema->find("$defs")->members()) {
    if (name != "actor") described.insert(name);
  }
  for (const std::string_view type : projected_types()) known.emplace(type);
  for (const std::string_view refusal : words<Refusal>()) {
    known.insert("approval.blocked." + std::string(refusal));
  }
  EXPECT_EQ(described, known);
}

TEST_F(EventSchemas, H7_WhatTheSchemaRequiresTheStateDoesToo) {
  const auto schema = parse_json(schema_text());
  ASSERT_TRUE(schema);
  const Ask ask = pending();
  for (const Step& step : {story.requested(story.ask(bot)), story.recorded(ask, ann),
                           story.succeeded(ask, ann), story.rejected(ask, ann),
                           story.cancelled(ask), story.auto_approved(ask), story.expired(ask)}) {
    const Json* definition = schema->find("$defs")->find(step.event.type);
    ASSERT_NE(definition, nullptr) << step.event.type;
    for (const Json& field : definition->find("required")->items()) {
      if (field == Json("actor")) continue;
      Step bad = step;
      std::erase_if(bad.event.data.members(),
                    [&](const auto& member) { return Json(member.first) == field; });
      EXPECT_NE(refusal(bad).find("field " + field.string()), std::string::npos)
          << step.event.type << " without " << field.string();
    }
  }
}

TEST_F(EventSchemas, H9_AnEventAboutNothingThatExistsIsRefused) {
  const Ask never = story.ask(bot);  // Not requested.
  const auto execution = story.make<ExecutionId>();
  for (const Step& step :
       {story.recorded(never, ann), story.succeeded(never, ann), story.rejected(never, ann),
        story.cancelled(never), story.auto_approved(never), story.issued(never),
        story.consumed(never), story.started(never, execution),
        story.ended(never, execution, ExecutionState::success)}) {
    EXPECT_NE(refusal(step), "accepted") << step.event.type;
  }
  const Ask theirs = pending();
  EXPECT_NE(refusal(story.rejected(theirs, ann), TenantNumber{2}), "accepted") << "foreign";
  EXPECT_NE(refusal(story.cancelled(theirs), TenantNumber{2}), "accepted") << "foreign";
}

}  // namespace
}  // namespace assent::store
