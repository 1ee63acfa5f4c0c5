#include "base/canonical.h"
#include "base/random.h"
#include "domain/event.h"

#include <gtest/gtest.h>

namespace assent {
namespace {

const Tenant kTenant{.number = TenantNumber{1}, .name = "acme", .origin = "assent.example/t/acme"};
const Timestamp kTime = *from_rfc3339("2026-01-19T22:26:59.790000Z");

std::string sample(const std::optional<EventId>& cause, Json data, std::string subject = "mail/1") {
  const EventId id = *EventId::parse("evt_01kfcdr8jq0000000000000001");
  Event event{.type = "mail.sent", .subject = std::move(subject), .data = std::move(data)};
  event.causation = cause;
  return *entry_bytes(prepare(event, engine_actor(), kTenant, std::string(32, 'a'), id), 7, kTime);
}

// Whether the scan read it. What it read, the other reader reads alike.
bool reads(const std::string& bytes) {
  EventScan scan;
  const auto view = scan.read(bytes);
  if (!view) return false;
  const auto stored = stored_event_from(bytes);
  EXPECT_TRUE(stored) << bytes;
  if (!stored) return true;
  EXPECT_EQ(view->id, stored->id) << bytes;
  EXPECT_EQ(view->sequence, stored->sequence);
  EXPECT_EQ(view->time, stored->time) << bytes;
  EXPECT_EQ(view->type, stored->type);
  EXPECT_EQ(view->subject, stored->subject);
  EXPECT_EQ(view->tenant, stored->tenant);
  EXPECT_EQ(view->source, stored->source);
  EXPECT_EQ(view->trace_id, stored->trace_id);
  EXPECT_EQ(view->correlation_id, stored->correlation_id);
  EXPECT_EQ(view->causation, stored->causation);
  EXPECT_EQ(view->data, canonical_json(stored->data));
  return true;
}

std::vector<std::string> samples() {
  const EventId cause = *EventId::parse("evt_01kfcdr8jq0000000000000000");
  return {sample(std::nullopt, Json::object()),
          sample(cause, Json::object({{"a", 1.5}, {"z", Json::array()}})),
          sample(cause, Json::object({{"text", "quoted \" and ü"}, {"n", -12}, {"t", true}}))};
}

TEST(EventScan, ReadsWhatEmittersWrite) {
  for (const std::string& bytes : samples()) EXPECT_TRUE(reads(bytes)) << bytes;
}

TEST(EventScan, LeavesEscapedAttributesToTheOtherReader) {
  EXPECT_FALSE(reads(sample(std::nullopt, Json::object(), "mail/\"quoted\"")));
}

TEST(EventScan, AgreesWithTheOtherReaderOnEveryMutation) {
  constexpr std::string_view kAlphabet = "{}[]\",:\\u0019aezTZ-+. \x01\x7f\xc3\xa4";
  SeededRandom random(4);
  for (const std::string& bytes : samples()) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      for (const char c : kAlphabet) {
        std::string changed = bytes;
        changed[i] = c;
        const bool needs_the_slow_way = !reads(changed) && stored_event_from(changed);
        EXPECT_TRUE(!needs_the_slow_way || c == '\\') << changed;
      }
      for (const std::size_t length : {1U, 2U, 7U}) {
        std::string shorter = bytes;
        shorter.erase(i, length);
        reads(shorter);
        std::string longer = bytes;
        longer.insert(i, 1, kAlphabet[random.next() % kAlphabet.size()]);
        reads(longer);
      }
    }
  }
}

}  // namespace
}  // namespace assent
