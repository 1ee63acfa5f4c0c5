// Numbers of producers and obligations, told to the state directly.
#include "store/state/obligations.h"
#include "store/state/producers.h"
#include "store/state/projection.h"
#include "store/state/testing_story.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>

namespace assent::store {
namespace {

using namespace std::chrono_literals;

class Emitted : public testing::Test {
 protected:
  Emitted() { EXPECT_TRUE(state.tell(story.founded(TenantNumber{1}, "acme"), story.now)); }

  Step emitted(std::string_view outcome = "success") {
    return {.actor = agent(bot),
            .event = {.type = "content.publish",
                      .subject = "post/1",
                      .data = Json::object(
                          {{"targetType", "post"}, {"targetId", "1"}, {"outcome", outcome}}),
                      .id = story.make<EventId>()}};
  }
  // As of before names were bound.
  Step unbound(std::int64_t sequence, std::string_view producer = "mailer") {
    Step step = emitted();
    step.event.data.set("producer", Json::object({{"id", producer}, {"sequence", sequence}}));
    return step;
  }
  Step numbered(std::int64_t sequence, std::string_view producer = "mailer") {
    return numbered_by(bot, sequence, producer);
  }
  Step numbered_by(const PrincipalId& by, std::int64_t sequence,
                   std::string_view producer = "mailer") {
    Step step = unbound(sequence, producer);
    Json numbered = *step.event.data.find("producer");
    step.event.data.set("producer", numbered.set("principal", by.text()));
    return step;
  }
  Step pending() {
    Step step = emitted("pending");
    step.event.data.set("dueAt", to_rfc3339(story.now + 24h));
    return step;
  }
  Step closing(const Step& opened, std::string_view outcome = "success") {
    Step step = emitted(outcome);
    step.event.causation = opened.event.id;
    return step;
  }
  std::string told(const Step& step) {
    const auto result = state.tell(step, story.now);
    if (result) return "accepted";
    return result.error().code == Code::corrupt ? "corrupt" : result.error().detail;
  }
  Read& read() { return state.read(story.now); }
  std::string gaps(std::string_view producer = "mailer") {
    std::string text;
    const auto found = gaps_of(read(), producer, 1000).value();
    for (const auto& gap : found) {
      text += std::to_string(gap.first) + "-" + std::to_string(gap.last) + " ";
    }
    return text;
  }
  Numbering would_be(std::int64_t sequence, std::string_view producer = "mailer") {
    return numbering(read(), {.producer = producer, .sequence = sequence, .principal = bot})
        .value();
  }
  Producer producer() { return list_producers(read(), {})->front(); }
  Producer producer_of(std::string_view name) {
    const auto all = list_producers(read(), {}).value();
    const auto found = std::ranges::find(all, name, &Producer::id);
    return found == all.end() ? Producer{} : *found;
  }
  std::size_t open() { return open_obligations(read(), {})->size(); }

  SeededRandom random{7};
  Story story{random};
  TestState state;
  const PrincipalId bot = story.make<PrincipalId>();
};

TEST_F(Emitted, APlainEventChangesNothing) {
  EXPECT_EQ(told(emitted()), "accepted");
  EXPECT_EQ(told(emitted("pending")), "accepted") << "as those of before there were obligations";
  EXPECT_TRUE(list_producers(read(), {})->empty());
  EXPECT_EQ(open(), 0u);
}

TEST_F(Emitted, AProducerCountsFromOne) {
  for (std::int64_t n = 1; n <= 3; ++n) {
    story.now += 1s;
    EXPECT_EQ(told(numbered(n)), "accepted");
    EXPECT_EQ(producer().next, n + 1);
    EXPECT_EQ(producer().last_seen_at, story.now);
  }
  EXPECT_EQ(producer().missing, 0);
  EXPECT_EQ(gaps(), "");
}

TEST_F(Emitted, WhatIsSkippedIsMissingUntilItComes) {
  EXPECT_EQ(told(numbered(3)), "accepted");
  EXPECT_EQ(gaps(), "1-2 ") << "the first that is seen need not be the first there was";
  EXPECT_EQ(told(numbered(10)), "accepted");
  EXPECT_EQ(gaps(), "1-2 4-9 ");
  EXPECT_EQ(producer().missing, 8);
  EXPECT_EQ(told(numbered(6)), "accepted");
  EXPECT_EQ(gaps(), "1-2 4-5 7-9 ");
  EXPECT_EQ(told(numbered(4)), "accepted");
  EXPECT_EQ(told(numbered(5)), "accepted");
  EXPECT_EQ(told(numbered(9)), "accepted");
  EXPECT_EQ(gaps(), "1-2 7-8 ");
  EXPECT_EQ(producer().next, 11);
  EXPECT_EQ(producer().missing, 4);
}

TEST_F(Emitted, ANumberThatWasUsedIsNoStateThatAnEventLeadsTo) {
  EXPECT_EQ(told(numbered(1)), "accepted");
  EXPECT_EQ(told(numbered(4)), "accepted");
  EXPECT_EQ(told(numbered(1)), "corrupt");
  EXPECT_EQ(told(numbered(4)), "corrupt");
  EXPECT_EQ(told(numbered(2)), "accepted");
  EXPECT_EQ(told(numbered(2)), "corrupt");
  EXPECT_EQ(told(numbered(1, "other")), "accepted") << "each producer has numbers of its own";
  EXPECT_EQ(told(numbered(0)), "corrupt");
  EXPECT_EQ(told(numbered(1, "no name")), "corrupt");
  EXPECT_EQ(told(numbered(kProducerSequenceMax)), "accepted");
  EXPECT_EQ(gaps(), "3-3 5-" + std::to_string(kProducerSequenceMax - 1) + " ");
}

// Against the plainest model there is: the set of what was seen.
TEST_F(Emitted, GapsAreWhatWasNotSeenInWhateverOrder) {
  for (int round = 0; round < 20; ++round) {
    const std::string name = "p" + std::to_string(round);
    std::set<std::int64_t> seen;
    for (int i = 0; i < 60; ++i) {
      const auto n = static_cast<std::int64_t>(random.next() % 80) + 1;
      const auto expected = would_be(n, name);
      const bool is_new = seen.insert(n).second;
      ASSERT_EQ(expected == Numbering::seen, !is_new) << n;
      ASSERT_EQ(told(numbered(n, name)), is_new ? "accepted" : "corrupt") << n;
    }
    std::string text;
    for (std::int64_t n = 1; n < *seen.rbegin(); ++n) {
      if (seen.contains(n)) continue;
      const std::int64_t first = n;
      while (!seen.contains(n + 1)) ++n;
      text += std::to_string(first) + "-" + std::to_string(n) + " ";
    }
    ASSERT_EQ(gaps(name), text);
  }
}

TEST_F(Emitted, WhatANumberWouldBeIsKnownBefore) {
  const auto would = [&](std::int64_t n) { return would_be(n); };
  EXPECT_EQ(would(1), Numbering::next);
  EXPECT_EQ(would(2), Numbering::skips);
  EXPECT_EQ(told(numbered(5)), "accepted");
  EXPECT_EQ(would(1), Numbering::late);
  EXPECT_EQ(would(2), Numbering::late);
  EXPECT_EQ(would(4), Numbering::late);
  EXPECT_EQ(would(5), Numbering::seen);
  EXPECT_EQ(would(6), Numbering::next);
  EXPECT_EQ(would(7), Numbering::skips);
  EXPECT_EQ(told(numbered_by(story.make<PrincipalId>(), 1, "theirs")), "accepted");
  for (const std::int64_t n : {1, 2, 3}) EXPECT_EQ(would_be(n, "theirs"), Numbering::foreign);
}

TEST_F(Emitted, H57_AProducersNameIsTheFirstPrincipalsThatUsesIt) {
  const PrincipalId other = story.make<PrincipalId>();
  EXPECT_EQ(told(numbered(1)), "accepted");
  EXPECT_EQ(producer().principal, bot);
  for (const std::int64_t n : {1, 2, 3}) {
    EXPECT_EQ(told(numbered_by(other, n)), "corrupt") << n;
  }
  EXPECT_EQ(told(unbound(2)), "corrupt") << "what is bound never is not";
  EXPECT_EQ(producer().next, 2);
  EXPECT_EQ(gaps(), "");
  EXPECT_EQ(told(numbered(4)), "accepted");
  EXPECT_EQ(told(numbered_by(other, 3)), "corrupt") << "nor does a gap take it";
  EXPECT_EQ(told(numbered_by(other, 1, "other")), "accepted");
  Step broken = numbered(5);
  Json said = *broken.event.data.find("producer");
  broken.event.data.set("producer", said.set("principal", "prn_nobody"));
  EXPECT_EQ(told(broken), "corrupt");
}

TEST_F(Emitted, AProducerOfBeforeNamesWereBoundIsBoundByItsNextEvent) {
  for (const std::int64_t next : {4, 3, 9}) {  // The next number, one that was missing, and a skip.
    const std::string name = "old" + std::to_string(next);
    EXPECT_EQ(told(unbound(1, name)), "accepted");
    EXPECT_EQ(told(unbound(2, name)), "accepted");
    if (next == 3) {
      EXPECT_EQ(told(unbound(4, name)), "accepted");
    }
    EXPECT_FALSE(producer_of(name).principal);
    EXPECT_EQ(would_be(next, name), next == 3 ? Numbering::late : Numbering::skips);
    EXPECT_EQ(told(numbered(next, name)), "accepted") << next;
    EXPECT_EQ(producer_of(name).principal, bot);
    EXPECT_EQ(told(numbered_by(story.make<PrincipalId>(), next + 1, name)), "corrupt");
  }
}

TEST_F(Emitted, H55_AnObligationIsOpenUntilOneEventClosesIt) {
  const Step opened = pending();
  EXPECT_EQ(told(opened), "accepted");
  EXPECT_EQ(open(), 1u);
  EXPECT_EQ(told(closing(opened, "pending")), "accepted") << "progress is no end";
  Step elsewhere = closing(opened);
  elsewhere.event.data.set("targetId", "2");
  EXPECT_EQ(told(elsewhere), "accepted") << "another target is another thing";
  EXPECT_EQ(open(), 1u);
  const Step closed = closing(opened, "failure");
  EXPECT_EQ(told(closed), "accepted");
  EXPECT_EQ(open(), 0u);
  EXPECT_EQ(find_obligation(read(), *opened.event.id).value()->closed_by, closed.event.id);
  EXPECT_EQ(told(closing(opened)), "corrupt");
  EXPECT_EQ(told(elsewhere), "accepted") << "effects may still come";
}

TEST_F(Emitted, AMalformedObligationIsCorrupt) {
  for (const std::string member : {"targetType", "targetId", "outcome"}) {
    Step step = pending();
    std::erase_if(step.event.data.members(), [&](const auto& m) { return m.first == member; });
    EXPECT_EQ(told(step), "corrupt") << member;
  }
  Step step = pending();
  step.event.data.set("dueAt", "tomorrow");
  EXPECT_EQ(told(step), "corrupt");
  step = pending();
  step.event.data.set("outcome", "success");
  EXPECT_EQ(told(step), "corrupt") << "what has ended owes nothing";
}

TEST_F(Emitted, ObligationsComeInTheOrderInWhichTheyAreDue) {
  std::vector<EventId> ids;
  for (int i = 0; i < 5; ++i) {
    story.now += 1h;
    const Step step = pending();
    ids.push_back(*step.event.id);
    ASSERT_EQ(told(step), "accepted");
  }
  const auto all = open_obligations(read(), {.limit = 3}).value();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].id, ids[0]);
  const auto rest =
      open_obligations(read(), {.after_due_at = all[2].due_at, .after_id = all[2].id}).value();
  ASSERT_EQ(rest.size(), 2u);
  EXPECT_EQ(rest[1].id, ids[4]);
  EXPECT_EQ(open_obligations(read(), {.due_before = all[1].due_at})->size(), 1u);
  EXPECT_EQ(open_obligations(read(), {.due_from = all[1].due_at})->size(), 4u);
}

// What decides whether a replay reads an event whole may say yes too often, and never no.
TEST_F(Emitted, WhatTheStateHearsOfIsNeverPassedOver) {
  const auto may = [](const Step& step) {
    const Tenant tenant{.number = TenantNumber{1}, .name = "acme", .origin = "assent.example"};
    const auto prepared =
        prepare(step.event, step.actor, tenant, std::string(32, 'a'), *step.event.id);
    const auto bytes = entry_bytes(prepared, 1, from_microseconds(1));
    EventScan scan;
    return may_have_state(scan.read(*bytes).value());
  };
  EXPECT_FALSE(may(emitted()));
  EXPECT_TRUE(may(numbered(1)));
  EXPECT_TRUE(may(pending()));
  EXPECT_TRUE(may(closing(pending())));
}

}  // namespace
}  // namespace assent::store
