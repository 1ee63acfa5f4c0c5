#include "domain/event.h"

#include "base/canonical.h"

#include <gtest/gtest.h>

namespace assent {
namespace {

const EventId kId = *EventId::parse("evt_01kfcdr8jq0000000000000001");
const EventId kCause = *EventId::parse("evt_01kfcdr8jq0000000000000000");
const Tenant kTenant{.number = TenantNumber{1}, .name = "acme", .origin = "assent.example/t/acme"};
const TraceId kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
const Timestamp kTime = *from_rfc3339("2026-01-19T22:26:59.790000Z");

Event sample() {
  Event event;
  event.type = "approval.attempted";
  event.subject = "approval/apr_1";
  event.data = Json::object({{"verdict", "approve"}, {"approvalId", "apr_1"}});
  return event;
}

std::string bytes_of(const Event& event, std::uint64_t sequence = 7) {
  const auto bytes =
      entry_bytes(prepare(event, engine_actor(), kTenant, kTrace, kId), sequence, kTime);
  EXPECT_TRUE(bytes.has_value());
  return bytes ? *bytes : std::string();
}

// What stands between these bytes and an event: empty if nothing does.
std::string fault_of(const std::string& bytes) {
  const auto event = stored_event_from(bytes);
  if (event) return {};
  EXPECT_EQ(event.error().code, Code::corrupt);
  return event.error().detail;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

TEST(Event, TheBytesAreTheCanonicalEnvelope) {
  EXPECT_EQ(bytes_of(sample()),
            R"({"correlationid":"4bf92f3577b34da6a3ce929d0e0e4736",)"
            R"("data":{"actor":{"id":"assent","type":"system"},"approvalId":"apr_1",)"
            R"("verdict":"approve"},"dataschema":"assent:approval.attempted:1",)"
            R"("id":"evt_01kfcdr8jq0000000000000001","sequence":"00000000000000000007",)"
            R"("source":"assent.example/t/acme","specversion":"1.0","subject":"approval/apr_1",)"
            R"("tenantid":"acme","time":"2026-01-19T22:26:59.790000Z",)"
            R"("traceid":"4bf92f3577b34da6a3ce929d0e0e4736","type":"approval.attempted"})");
}

TEST(Event, TheHandWrittenOrderIsThatOfRfc8785) {
  Event event = sample();
  event.causation = kCause;
  event.subject = "quote\"back\\slash/line\nend é";
  event.data.set("z", Json::object({{"b", 1}, {"a", Json::array()}}));
  const std::string bytes = bytes_of(event);
  EXPECT_TRUE(bytes.starts_with(R"({"causationid":"evt_)"));
  EXPECT_EQ(canonical_json(*parse_json(bytes)), bytes);
}

TEST(Event, ReadsBackWhole) {
  Event event = sample();
  event.causation = kCause;
  event.correlation_id = "wf-1";
  event.schema_version = 3;
  const auto stored = stored_event_from(bytes_of(event, 18446744073709551615U));
  ASSERT_TRUE(stored.has_value());
  EXPECT_EQ(stored->id, kId);
  EXPECT_EQ(stored->sequence, 18446744073709551615U);
  EXPECT_EQ(stored->time, kTime);
  EXPECT_EQ(stored->type, event.type);
  EXPECT_EQ(stored->subject, event.subject);
  EXPECT_EQ(stored->tenant, "acme");
  EXPECT_EQ(stored->source, "assent.example/t/acme");
  EXPECT_EQ(stored->trace_id, kTrace);
  EXPECT_EQ(stored->correlation_id, "wf-1");
  EXPECT_EQ(stored->causation, kCause);
  EXPECT_EQ(stored->schema_version, 3);
  EXPECT_EQ(stored->data.string_at("verdict"), "approve");
}

TEST(Event, H10_TheActorIsTheAuthenticatedCallerAsOfThen) {
  Caller caller;
  caller.principal.type = PrincipalType::human;
  caller.principal.name = "Ann";
  caller.principal.roles = {Role::approver, Role::policy_admin};
  caller.key = KeyId();
  const Json actor = to_json(actor_of(caller));
  EXPECT_EQ(actor.string_at("type"), "human");
  EXPECT_EQ(actor.string_at("id"), caller.principal.id.text());
  EXPECT_EQ(actor.string_at("name"), "Ann");
  EXPECT_EQ(actor.string_at("role"), "approver,policy_admin");
  EXPECT_EQ(actor.string_at("auth"), "api_key");
}

TEST(Event, AnEmittersOwnActorAndIdAreKept) {
  Event event = sample();
  event.type = "content.publish";
  event.id = kCause;
  event.data.set("actor", Json::object({{"type", "agent"}, {"id", "writer-7"}}));
  const auto stored = stored_event_from(bytes_of(event));
  ASSERT_TRUE(stored.has_value());
  EXPECT_EQ(stored->id, kCause);
  EXPECT_EQ(stored->data.find("actor")->string_at("id"), "writer-7");
}

TEST(Event, AnEntryTakesUpTo65535BytesAndNotOneMore) {
  Event event = sample();
  event.data.set("pad", "");
  event.data.set("pad", std::string(kEntryBytesMax - bytes_of(event).size(), 'x'));
  EXPECT_EQ(bytes_of(event).size(), kEntryBytesMax);
  EXPECT_EQ(fault_of(bytes_of(event)), "");

  event.data.set("pad", event.data.find("pad")->string() + "x");
  const auto over = entry_bytes(prepare(event, engine_actor(), kTenant, kTrace, kId), 7, kTime);
  ASSERT_FALSE(over.has_value());
  EXPECT_EQ(over.error().code, Code::too_large);
}

TEST(StoredEvent, EveryAttributeIsNeeded) {
  const Json envelope = *parse_json(bytes_of(sample()));
  for (const auto& [name, value] : envelope.members()) {
    Json without = Json::object();
    for (const auto& [other, member] : envelope.members()) {
      if (other != name) without.set(other, member);
    }
    EXPECT_NE(fault_of(canonical_json(without)).find(name + " is missing"), std::string::npos);
    Json wrong = envelope;
    EXPECT_NE(fault_of(canonical_json(wrong.set(name, 1))).find(name), std::string::npos);
  }
}

TEST(StoredEvent, EveryChangedByteIsNoticedOrIsAnotherEvent) {
  const std::string bytes = bytes_of(sample());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    const auto event = stored_event_from(changed);
    if (!event) continue;  // Noticed here; else the hash of the leaf differs.
    EXPECT_EQ(canonical_json(*parse_json(changed)), changed);
  }
}

TEST(StoredEvent, IsOneNotationOnly) {
  const std::string good = bytes_of(sample());
  const std::vector<std::pair<std::string_view, std::string_view>> changes = {
      {"{\"corr", "{ \"corr"},
      {"\"specversion\":\"1.0\"", "\"specversion\":\"1.1\""},
      {"00000000000000000007", "7"},
      {"00000000000000000007", "0000000000000000000x"},
      {"00000000000000000007", "99999999999999999999"},
      {"59.790000Z", "59.79Z"},
      {"59.790000Z", "59.790000+00:00"},
      {"evt_", "apr_"},
      {"\"tenantid\":\"acme\"", "\"tenantid\":\"Acme\""},
      {"\"traceid\":\"4b", "\"traceid\":\"4B"},
      {"assent:approval.attempted:1", "assent:approval.attempted:01"},
      {"assent:approval.attempted:1", "assent:approval.attempted:0"},
      {"assent:approval.attempted:1", "assent:approval.other:1"},
      {"\"subject\":\"approval/apr_1\"", "\"subject\":\"\""},
      {"\"type\":\"system\"", "\"type\":\"robot\""},
      {"\"verdict\":\"approve\"", "\"verdict\":\"\\u0061pprove\""},
      {"\"subject\"", "\"shape\":\"x\",\"subject\""},
  };
  for (const auto& [from, to] : changes) {
    EXPECT_NE(fault_of(replaced(good, from, to)), "") << to;
  }
  EXPECT_NE(fault_of(good + "\n"), "");
  EXPECT_NE(fault_of(""), "");
  EXPECT_NE(fault_of("[]"), "");
}

TEST(EventType, IsLowerCaseWordsJoinedByDots) {
  for (const char* const type :
       {"content.publish", "a.b", "a1.b_2.c", "approval.blocked.expired"}) {
    EXPECT_TRUE(is_event_type(type)) << type;
  }
  EXPECT_TRUE(is_event_type("a." + std::string(98, 'b')));
  for (const char* const type :
       {"", "a", ".", "a.", ".a", "a..b", "A.b", "a.1b", "a._b", "a-b.c", "a.b ", "a.é", "a.b\n"}) {
    EXPECT_FALSE(is_event_type(type)) << type;
  }
  EXPECT_FALSE(is_event_type("a." + std::string(99, 'b')));
}

TEST(EventType, TheEnginesFamiliesAreClosedToEmitters) {
  for (const char* const type :
       {"approval.requested", "evidence.attached", "grant.issued", "execution.started",
        "rule.created", "escalation.triggered", "ir.dag_diff_ok", "notification.failed",
        "policy.changed", "principal.created", "key.created", "killswitch.engaged",
        "breakglass.used", "ledger.created", "security.denied", "approval.anything.else"}) {
    EXPECT_TRUE(is_governed_type(type)) << type;
  }
  for (const char* const type : {"content.publish", "approvals.requested", "irs.filed", "keys.cut",
                                 "tenant.created", "my.approval.requested"}) {
    EXPECT_FALSE(is_governed_type(type)) << type;
  }
}

TEST(TraceId, HasAUuidForm) {
  EXPECT_EQ(trace_uuid(kTrace), "4bf92f35-77b3-4da6-a3ce-929d0e0e4736");
  EXPECT_EQ(trace_from_text(kTrace), kTrace);
  EXPECT_EQ(trace_from_text(trace_uuid(kTrace)), kTrace);
  EXPECT_EQ(trace_from_text("4BF92F35-77B3-4DA6-A3CE-929D0E0E4736"), kTrace);
  for (const char* const text :
       {"", "4bf92f35", "4bf92f3577b34da6a3ce929d0e0e473g", "4bf92f35-77b34da6-a3ce-929d0e0e-4736",
        "4bf92f3577b34da6a3ce929d0e0e47360000", "{4bf92f3577b34da6a3ce929d0e0e4736}"}) {
    EXPECT_EQ(trace_from_text(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace assent
