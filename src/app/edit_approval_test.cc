#include "app/testing_decisions.h"
#include "domain/approval.h"

namespace assent::app {
namespace {

class EditTest : public DecisionTest {
 protected:
  // Refuses /etc, and asks an admin, evidence and fewer attempts of /home.
  void put_layered_policy() {
    world.put_policy(
        "version: 1\ndefaults: {decision: human}\ntools:\n"
        "  - match: {tool: fs.delete, arguments: {path: {pattern: '/etc*'}}}\n"
        "    decision: reject\n"
        "  - match: {tool: fs.delete, arguments: {path: {pattern: '/home*'}}}\n"
        "    riskTier: critical\n"
        "    evidence: {required: true}\n"
        "    maxAttempts: 1\n"
        "    approvers: [{role: policy_admin, count: 1}]\n");
  }
};

TEST_F(EditTest, H32_TheExecutedHashIsTheDecidedOneAndBothAreRecorded) {
  const auto id = ask();
  const std::string before = hash(id);
  Json body = edit_to(id, "/srv/a/tmp");
  body.set("rationale", "less is enough");
  const Reply reply = world.decide("edit", ann, id, body);
  ASSERT_EQ(reply.outcome(), "ok");
  const std::string after = tool_call_hash("fs.delete", path("/srv/a/tmp"));
  EXPECT_EQ(reply.at("status"), "approved");
  EXPECT_EQ(reply.at("contentHash"), after);
  EXPECT_EQ(reply.at("previousContentHash"), before);
  EXPECT_EQ(reply.data.integer_at("contentVersion"), 2);

  const auto trail = world.trail(id);
  EXPECT_EQ(world.trail_types(id), (Types{"approval.requested", "approval.attempted",
                                          "approval.succeeded", "grant.issued"}));
  const Json& attempted = *trail[1].find("data");
  EXPECT_EQ(attempted.string_at("verdict"), "edit");
  EXPECT_EQ(attempted.string_at("contentHash"), before) << "what the editor saw";
  const Json& decided = *trail[2].find("data");
  EXPECT_EQ(decided.find("decision")->string_at("action"), "edited");
  EXPECT_EQ(decided.find("decision")->string_at("rationale"), "less is enough");
  EXPECT_EQ(decided.string_at("previousContentHash"), before);
  EXPECT_EQ(decided.string_at("contentHash"), after);
  EXPECT_EQ(*decided.find("subject")->find("arguments"), path("/srv/a/tmp"));
  EXPECT_EQ(trail[3].find("data")->string_at("contentHash"), after) << "the grant is for it";

  EXPECT_EQ(run(id, before).outcome(), "CONTENT_CHANGED");
  EXPECT_EQ(*world.show(id).data.find("arguments"), path("/srv/a/tmp"));
  ASSERT_EQ(run(id, after).outcome(), "ok");
  EXPECT_EQ(world.trail(id).back().find("data")->string_at("tool"), "fs.delete");
}

TEST_F(EditTest, H32_AStaleHashIsRefusedAndNoneIsAnError) {
  const auto id = ask();
  const std::string stale = "sha256:" + std::string(64, '0');
  expect_blocked("edit", ann, id, edit_to(id, "/srv/b", stale), "CONTENT_CHANGED");
  EXPECT_EQ(last(id).find("details")->string_at("expected"), hash(id));
  expect_error("edit", ann, id, Json::object({{"arguments", path("/srv/b")}}),
               "precondition_required", "contentHash");
}

TEST_F(EditTest, H32_OfTwoEditsOfTheSameContentTheSecondSeesThatItChanged) {
  world.put_policy(kQuorumOfTwo);
  const auto id = ask();
  const std::string seen = hash(id);
  ASSERT_EQ(world.decide("edit", ann, id, edit_to(id, "/srv/b", seen)).at("status"), "pending");
  expect_blocked("edit", bob, id, edit_to(id, "/srv/c", seen), "CONTENT_CHANGED");
  expect_blocked("approve", bob, id, Json::object({{"contentHash", seen}}), "CONTENT_CHANGED");
}

TEST_F(EditTest, Trap6_H32_TheContentOfWhatIsDecidedChangesByNoRoute) {
  const auto approved = ask();
  ASSERT_EQ(world.decide("approve", ann, approved).outcome(), "ok");
  const auto rejected = ask();
  ASSERT_EQ(world.decide("reject", ann, rejected, because()).outcome(), "ok");
  const auto cancelled = ask();
  ASSERT_EQ(world.decide("cancel", agent, cancelled, because()).outcome(), "ok");
  const auto abandoned = ask();
  ASSERT_EQ(world.decide("approve", ann, abandoned).outcome(), "ok");
  ASSERT_EQ(world.decide("abandon", agent, abandoned, because()).outcome(), "ok");
  const auto broken = ask();
  ASSERT_EQ(world.decide("break_glass", world.make("human", "root", {"admin"}), broken, emergency())
                .outcome(),
            "ok");
  const auto executed = ask();
  ASSERT_EQ(world.decide("approve", ann, executed).outcome(), "ok");
  ASSERT_EQ(run(executed).outcome(), "ok");
  for (const auto& id : {approved, rejected, cancelled, abandoned, broken, executed}) {
    expect_blocked("edit", bob, id, edit_to(id, "/"), "INVALID_STATE");
    EXPECT_EQ(*world.show(id).data.find("arguments"), path("/srv/a"));
    // Nor is a further field of any decision a way in.
    Json body = because();
    body.set("arguments", path("/"));
    expect_error("approve", bob, id, body, "validation_error", "arguments");
  }
  world.restart();
  EXPECT_EQ(hash(approved), tool_call_hash("fs.delete", path("/srv/a")));
  EXPECT_EQ(run(approved, tool_call_hash("fs.delete", path("/"))).outcome(), "CONTENT_CHANGED");
}

TEST_F(EditTest, TheVotesForTheEarlierContentFallAndTheEditorsCounts) {
  world.put_policy(kQuorumOfTwo);
  const auto id = ask();
  ASSERT_EQ(world.decide("approve", ann, id).at("status"), "pending");
  const Reply edited = world.decide("edit", ann, id, edit_to(id, "/srv/b"));
  ASSERT_EQ(edited.outcome(), "ok");
  EXPECT_EQ(*edited.data.find("votes"), Json::object({{"have", 1}, {"need", 2}}));
  EXPECT_EQ(world.trail_types(id).back(), "approval.recorded");
  EXPECT_EQ(last(id).find("decision")->string_at("action"), "edited");
  EXPECT_EQ(*world.show(id).data.find("votes"), Json::object({{"have", 1}, {"need", 2}}));
  EXPECT_EQ(world.decide("approve", ann, id).outcome(), "ALREADY_VOTED");

  // Bob's own idea: now Ann's vote is gone too, and she may vote for that.
  ASSERT_EQ(world.decide("edit", bob, id, edit_to(id, "/srv/c")).at("status"), "pending");
  world.restart();
  const Reply approved =
      world.decide("approve", ann, id, Json::object({{"contentHash", hash(id)}}));
  EXPECT_EQ(approved.at("status"), "approved");
  EXPECT_EQ(world.show(id).data.integer_at("contentVersion"), 3);
  EXPECT_EQ(run(id, tool_call_hash("fs.delete", path("/srv/c"))).outcome(), "ok");
}

TEST_F(EditTest, ThePolicyIsAskedAgainAndItsNoRefusesTheEditAlone) {
  put_layered_policy();
  const auto id = ask();
  expect_error("edit", ann, id, edit_to(id, "/etc/passwd"), "unprocessable", "arguments");
  EXPECT_EQ(status(id), "pending");
  EXPECT_EQ(world.decide("approve", ann, id).at("status"), "approved");
}

TEST_F(EditTest, TheStricterOfBothRequirementsHoldsForTheEditedContent) {
  put_layered_policy();
  const Person pam = world.make("human", "pam", {"policy_admin", "approver"});
  const Person guard = world.make("human", "guard", {"policy_admin"});
  const auto id = ask();
  expect_blocked("edit", guard, id, edit_to(id, "/home/a"), "INSUFFICIENT_PERMISSIONS");
  expect_blocked("edit", ann, id, edit_to(id, "/home/a"), "EVIDENCE_REQUIRED");
  ASSERT_EQ(world.attach(ann, id, Json::object({{"type", "text"}, {"text", "seen"}})).outcome(),
            "ok");
  const Reply edited = world.decide("edit", ann, id, edit_to(id, "/home/a"));
  ASSERT_EQ(edited.outcome(), "ok");
  EXPECT_EQ(edited.at("status"), "pending") << "an approver's vote fills no seat of the admin";
  const Reply shown = world.show(id);
  EXPECT_EQ(shown.at("riskTier"), "critical");
  EXPECT_EQ(shown.data.find("evidencePolicy")->find("required")->boolean(), true);
  EXPECT_EQ(shown.data.find("alsoRequired")->items().size(), 1u);
  EXPECT_EQ(world.decide("approve", bob, id).at("status"), "pending");
  EXPECT_EQ(world.decide("approve", guard, id).at("status"), "approved");

  // Who is both fills a seat in each.
  const auto other = ask();
  ASSERT_EQ(world.attach(ann, other, Json::object({{"type", "text"}, {"text", "x"}})).outcome(),
            "ok");
  EXPECT_EQ(world.decide("edit", pam, other, edit_to(other, "/home/b")).at("status"), "approved");
}

TEST_F(EditTest, AFewBytesOrManyTheSubjectIsWhatIsHashed) {
  const auto id = ask();
  const std::string large = "/srv/" + std::string(60'000, 'x');
  ASSERT_EQ(world.decide("edit", ann, id, edit_to(id, large)).outcome(), "ok");
  EXPECT_EQ(world.trail(id)[2].find("data")->find("subject"), nullptr);
  EXPECT_EQ(world.trail(id)[2].find("data")->find("subjectBlob")->string_at("sha256"), hash(id));
  EXPECT_EQ(*world.show(id).data.find("arguments"), path(large));
  EXPECT_EQ(run(id, tool_call_hash("fs.delete", path(large))).outcome(), "ok");
}

TEST_F(EditTest, ContentIsReplacedWholeAndShownAsItIsNow) {
  const Reply asked = world.request(agent, Json::object({{"kind", "content"},
                                                         {"title", "Old"},
                                                         {"description", "about it"},
                                                         {"type", "post"},
                                                         {"content", "old words"}}));
  const auto id = asked.id();
  const Json body = Json::object(
      {{"contentHash", hash(id)}, {"title", "New"}, {"type", "post"}, {"content", "new words"}});
  const Reply edited = world.decide("edit", ann, id, body);
  ASSERT_EQ(edited.outcome(), "ok");
  EXPECT_EQ(edited.at("contentHash"),
            content_hash_of(
                {.title = "New", .description = {}, .type = "post", .content = Json("new words")}));
  const Reply shown = world.show(id);
  EXPECT_EQ(shown.at("title"), "New");
  EXPECT_EQ(shown.at("content"), "new words");
  EXPECT_EQ(shown.data.find("description"), nullptr);
  const Reply list = world.call({.operation = "list_approvals", .by = agent});
  EXPECT_EQ(list.data.items()[0].string_at("title"), "New");
}

TEST_F(EditTest, WhatIsMalformedIsNamedAndChangesNothing) {
  const auto id = ask();
  const auto with = [&](std::string_view name, Json value) {
    Json body = edit_to(id, "/srv/b");
    body.set(std::string(name), std::move(value));
    return body;
  };
  expect_error("edit", ann, id, Json::object({{"contentHash", hash(id)}}), "validation_error",
               "arguments");
  expect_error("edit", ann, id, with("arguments", Json("none")), "validation_error", "arguments");
  for (const auto* field : {"title", "description", "type", "content"}) {
    expect_error("edit", ann, id, with(field, Json("x")), "validation_error", field);
  }
  expect_error("edit", ann, id, with("tool", Json("fs.read")), "validation_error", "tool");
  expect_error("edit", ann, id, with("reason", Json(std::string(2001, 'x'))), "validation_error",
               "reason");
  expect_error("edit", ann, id, edit_to(id, "/srv/a"), "unprocessable", "arguments");

  const auto content =
      world.request(agent, Json::object({{"kind", "content"}, {"title", "T"}})).id();
  expect_error("edit", ann, content, edit_to(content, "/srv/b"), "validation_error", "arguments");
  expect_error("edit", ann, content,
               Json::object({{"contentHash", hash(content)}, {"type", "post"}}), "validation_error",
               "content");
  expect_error("edit", ann, content,
               Json::object({{"contentHash", hash(content)}, {"title", std::string(201, 'x')}}),
               "validation_error", "title");
  EXPECT_EQ(
      world
          .decide("edit", ann, content,
                  Json::object({{"contentHash", hash(content)}, {"title", std::string(200, 'x')}}))
          .outcome(),
      "ok");
}

TEST_F(EditTest, H18_H20_EveryRungOfTheLadderRefusesAnEdit) {
  const auto id = ask();
  const Json body = edit_to(id, "/srv/b");
  const Person bot = world.make("agent", "bot", {"approver"});
  const Person auditor = world.make("human", "ada", {"auditor"});
  expect_blocked("edit", auditor, id, body, "INSUFFICIENT_PERMISSIONS");
  expect_blocked("edit", world.admin, id, body, "INSUFFICIENT_PERMISSIONS");
  expect_blocked("edit", agent, id, body, "INSUFFICIENT_PERMISSIONS");
  expect_blocked("edit", bot, id, body, "HUMAN_ACTOR_REQUIRED");
  expect_blocked("edit", owner, id, body, "SELF_APPROVAL_FORBIDDEN");
  const auto guarded = ask(evidence_policy(60));
  const Json other = edit_to(guarded, "/srv/b");
  expect_blocked("edit", ann, guarded, other, "EVIDENCE_REQUIRED");
  ASSERT_EQ(world.attach(ann, guarded, Json::object({{"type", "text"}, {"text", "x"}})).outcome(),
            "ok");
  world.clock.advance(std::chrono::seconds(61));
  expect_blocked("edit", ann, guarded, other, "EVIDENCE_STALE");
  world.clock.advance(std::chrono::hours(48));
  EXPECT_EQ(world.decide("edit", ann, id, body).outcome(), "EXPIRED");
  expect_blocked("edit", ann, id, body, "EXPIRED");
  EXPECT_EQ(world.decide("edit", ann, "apr_01h455vb4pex5vsknk084sn02q", body).outcome(),
            "not_found");
}

TEST_F(EditTest, ARetriedEditIsTheSameEdit) {
  const auto id = ask();
  expect_replay(ann, "edit", id, edit_to(id, "/srv/b"));
}

}  // namespace
}  // namespace assent::app
