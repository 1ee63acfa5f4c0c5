// What a policy says beyond its entries: groups, tiers, templates, execution, the emergency,
// keeping.
#include "base/canonical.h"
#include "base/text.h"
#include "domain/policy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <utility>

namespace assent {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr std::string_view kAnn = "prn_00000000000000000000000001";
constexpr std::string_view kBob = "prn_00000000000000000000000002";

std::string replaced(std::string text) {
  for (const auto& [name, id] : {std::pair("ANN", kAnn), std::pair("BOB", kBob)}) {
    for (std::size_t at; (at = text.find(name)) != std::string::npos;) text.replace(at, 3, id);
  }
  return text;
}

Policy policy_of(const std::string& yaml) {
  auto policy = policy_from_yaml(replaced("version: 1\n" + yaml));
  EXPECT_TRUE(policy.has_value()) << (policy ? "" : policy.error().detail);
  return policy ? std::move(*policy) : default_policy();
}

// `code path` of the first fault.
std::string fault_of(const std::string& yaml) {
  const auto policy = policy_from_yaml(replaced("version: 1\n" + yaml));
  if (policy) return "accepted";
  return (policy.error().code == Code::unprocessable ? "422 " : "400 ") +
         policy.error().fields.front().path;
}

std::string entry_fault(const std::string& members) {
  return fault_of("tools: [{match: {tool: a}, " + members + "}]");
}

std::string quorum_text(const PolicyEntry& entry) {
  return canonical_json(to_json(entry.quorum));
}

TEST(PolicyGroups, AreBoundToTheirPeopleWhereAnEntryNamesThem) {
  const Policy policy = policy_of(
      "groups: {dba: [BOB, ANN]}\n"
      "tools: [{match: {tool: a}, approvers: [{group: dba, count: 2}]}]");
  EXPECT_EQ(policy.groups.at("dba"),
            (std::vector{*PrincipalId::parse(kAnn), *PrincipalId::parse(kBob)}));
  EXPECT_NE(quorum_text(policy.entries[0]).find(kBob), std::string::npos);
}

TEST(PolicyGroups, SayWhereTheyAreWrong) {
  EXPECT_EQ(fault_of("groups: [dba]"), "400 groups");
  EXPECT_EQ(fault_of("groups: {DBA: [ANN]}"), "400 groups.DBA");
  EXPECT_EQ(fault_of("groups: {-dba: [ANN]}"), "400 groups.-dba");
  EXPECT_EQ(fault_of("groups: {d_b-1: [ANN]}"), "accepted");
  EXPECT_EQ(fault_of("groups: {dba: []}"), "400 groups.dba");
  EXPECT_EQ(fault_of("groups: {dba: ANN}"), "400 groups.dba");
  EXPECT_EQ(fault_of("groups: {dba: [ANN, ann]}"), "400 groups.dba[1]");
  EXPECT_EQ(fault_of("groups: {dba: [ANN, ANN]}"), "400 groups.dba[1]");
  EXPECT_EQ(fault_of("groups: {dba: [1]}"), "400 groups.dba[0]");
  EXPECT_EQ(entry_fault("approvers: [{group: dba, count: 1}]"), "400 tools[0].approvers[0].group");
  EXPECT_EQ(fault_of("groups: {" + std::string(63, 'a') + ": [ANN]}"), "accepted");
  EXPECT_EQ(fault_of("groups: {" + std::string(64, 'a') + ": [ANN]}").substr(0, 10), "400 groups");
}

TEST(PolicyGroups, HaveAtMostTwoHundredPeopleAndAreAtMostAHundred) {
  const auto people = [](int count) {
    std::string list;
    for (int i = 0; i < count; ++i) {
      const std::string digits = std::to_string(i);
      list += "prn_" + std::string(26 - digits.size(), '0') + digits + ", ";
    }
    return "groups: {dba: [" + list + "]}";
  };
  EXPECT_EQ(fault_of(people(200)), "accepted");
  EXPECT_EQ(fault_of(people(201)), "400 groups.dba");
  const auto groups = [](int count) {
    std::string map;
    for (int i = 0; i < count; ++i) map += "g" + std::to_string(i) + ": [ANN], ";
    return "groups: {" + map + "}";
  };
  EXPECT_EQ(fault_of(groups(100)), "accepted");
  EXPECT_EQ(fault_of(groups(101)), "400 groups");
}

constexpr const char* kTiers = R"(
defaults: {riskTier: high, expiresAfter: 10h, approvers: [{role: approver}]}
tiers:
  critical: {approvers: [{role: admin, count: 2}], evidence: {required: true}, maxAttempts: 1}
  high: {expiresAfter: 20h, lease: 30m, proof: {required: true}}
tools:
  - match: {tool: plain}
  - match: {tool: own}
    expiresAfter: 30h
  - match: {tool: critical}
    riskTier: critical
  - match: {tool: low}
    riskTier: low
)";

TEST(PolicyTiers, StandBetweenTheDefaultsAndTheEntry) {
  const Policy policy = policy_of(kTiers);
  EXPECT_EQ(policy.entries[0].expires_after, hours(20));
  EXPECT_EQ(policy.entries[0].lease, std::chrono::minutes(30));
  EXPECT_TRUE(policy.entries[0].requires_proof);
  EXPECT_EQ(policy.entries[1].expires_after, hours(30));
  const PolicyEntry& critical = policy.entries[2];
  EXPECT_EQ(quorum_text(critical), R"([{"count":2,"role":"admin"}])");
  EXPECT_TRUE(critical.evidence.required);
  EXPECT_EQ(critical.max_attempts, 1);
  // Of its own tier only: nothing of the tier of the defaults reaches it.
  EXPECT_EQ(critical.expires_after, hours(10));
  EXPECT_FALSE(critical.requires_proof);
  EXPECT_EQ(policy.entries[3].expires_after, hours(10));
  EXPECT_EQ(policy.entries[3].lease, hours(1));
}

TEST(PolicyTiers, TheDefaultsAnswerAsAnEntryThatSaysNothing) {
  const Policy policy = policy_of(kTiers);
  EXPECT_EQ(policy.defaults.expires_after, hours(20));
  EXPECT_TRUE(policy.defaults.requires_proof);
  EXPECT_EQ(policy_of("tiers: {high: {maxDefers: 0}}").defaults.max_defers, 0);
}

TEST(PolicyTiers, SayWhereTheyAreWrong) {
  EXPECT_EQ(fault_of("tiers: []"), "400 tiers");
  EXPECT_EQ(fault_of("tiers: {severe: {}}"), "400 tiers.severe");
  EXPECT_EQ(fault_of("tiers: {high: 1}"), "400 tiers.high");
  EXPECT_EQ(fault_of("tiers: {high: {decision: allow}}"), "400 tiers.high.decision");
  EXPECT_EQ(fault_of("tiers: {high: {riskTier: low}}"), "400 tiers.high.riskTier");
  EXPECT_EQ(fault_of("tiers: {high: {approvers: []}}"), "400 tiers.high.approvers");
  EXPECT_EQ(fault_of("tiers: {high: {lease: 0s}}"), "400 tiers.high.lease");
}

TEST(PolicyTemplates, AreReadWithTheirNames) {
  const Policy policy = policy_of(
      "templates: {release: {evidence: {required: true}, expiresAfter: 4h, description: ship it}}");
  const PolicyTemplate& release = policy.templates.at("release");
  EXPECT_EQ(release.terms.evidence, (EvidencePolicy{.required = true}));
  EXPECT_EQ(release.terms.expires_after, hours(4));
  EXPECT_FALSE(release.terms.quorum.has_value());
  EXPECT_EQ(release.description, "ship it");
}

TEST(PolicyTemplates, SayWhereTheyAreWrong) {
  EXPECT_EQ(fault_of("templates: []"), "400 templates");
  EXPECT_EQ(fault_of("templates: {Release: {}}"), "400 templates.Release");
  EXPECT_EQ(fault_of("templates: {r: []}"), "400 templates.r");
  EXPECT_EQ(fault_of("templates: {r: {lease: 1h}}"), "400 templates.r.lease");
  EXPECT_EQ(fault_of("templates: {r: {description: ''}}"), "400 templates.r.description");
  const auto many = [](int count) {
    std::string map;
    for (int i = 0; i < count; ++i) map += "t" + std::to_string(i) + ": {}, ";
    return fault_of("templates: {" + map + "}");
  };
  EXPECT_EQ(many(200), "accepted");
  EXPECT_EQ(many(201), "400 templates");
}

constexpr const char* kTemplates = R"(
defaults: {expiresAfter: 10h, grantExpiresAfter: 10h, approvers: [{role: approver, count: 2}]}
templates:
  lax: {approvers: [{role: approver}], expiresAfter: 20h, grantExpiresAfter: 1h, description: lax}
  strict: {approvers: [{role: approver, count: 2}, {role: admin}], evidence: {required: true}}
  other: {approvers: {any: [{role: admin, count: 3}, {role: approver, count: 2}]}}
tools: [{match: {tool: listed}}]
)";

PolicyEntry under(const Policy& policy, std::string_view tool, std::string_view name) {
  return under_template(evaluate(policy, Kind::tool_call, tool, Json::object()),
                        policy.templates.find(name)->second);
}

TEST(PolicyTemplates, H28_ReplaceWhatTheDefaultsSay) {
  const Policy policy = policy_of(kTemplates);
  const PolicyEntry entry = under(policy, "unlisted", "lax");
  EXPECT_EQ(quorum_text(entry), R"([{"count":1,"role":"approver"}])");
  EXPECT_EQ(entry.expires_after, hours(20));
  EXPECT_EQ(entry.grant_expires_after, hours(1));
  EXPECT_EQ(entry.description, "lax");
}

TEST(PolicyTemplates, H28_NeverWeakenAnEntryThatMatched) {
  const Policy policy = policy_of(kTemplates);
  const PolicyEntry lax = under(policy, "listed", "lax");
  EXPECT_EQ(lax.quorum, policy.entries[0].quorum);
  EXPECT_EQ(lax.expires_after, hours(10));
  EXPECT_EQ(lax.grant_expires_after, hours(1));

  const PolicyEntry strict = under(policy, "listed", "strict");
  EXPECT_EQ(strict.quorum, *policy.templates.at("strict").terms.quorum);
  EXPECT_FALSE(strict.evidence.required);  // Of evidence, effective_evidence() decides.
  // Three admins are not two approvers.
  EXPECT_EQ(under(policy, "listed", "other").quorum, policy.entries[0].quorum);
}

TEST(PolicyTemplates, H28_SeatsOfOneSortAreCountedTogether) {
  const Policy policy = policy_of(
      "templates: {one: {approvers: [{role: approver}]}}\n"
      "tools: [{match: {tool: t}, approvers: [{role: approver}, {role: approver}]}]");
  EXPECT_EQ(under(policy, "t", "one").quorum, policy.entries[0].quorum);
}

TEST(PolicyExecution, IsBoundedAndProven) {
  const Policy policy = policy_of(R"(
defaults: {executor: {url: "https://run.example/hook"}, lease: 2h, sensitive: [token]}
tools:
  - match: {tool: a}
    proof: {required: true}
    executor: {url: "http://127.0.0.1:8080/run?x=1", timeout: 5m}
    sensitive: [path, host]
    maxDefers: 0
  - match: {tool: b}
    executor: null
)");
  const PolicyEntry& entry = policy.entries[0];
  EXPECT_TRUE(entry.requires_proof);
  EXPECT_EQ(entry.lease, hours(2));
  EXPECT_EQ(entry.max_defers, 0);
  EXPECT_EQ(entry.sensitive, (std::vector<std::string>{"path", "host"}));
  ASSERT_TRUE(entry.executor.has_value());
  EXPECT_EQ(*entry.executor, (Executor{.url = "http://127.0.0.1:8080/run?x=1",
                                       .timeout = hours(0) + std::chrono::minutes(5)}));
  EXPECT_FALSE(policy.entries[1].executor.has_value());
  EXPECT_TRUE(policy.entries[1].sensitive.empty());
  EXPECT_EQ(policy.defaults.executor->timeout, seconds(30));
  EXPECT_EQ(policy.defaults.max_defers, 3);
  EXPECT_EQ(default_policy().defaults.lease, hours(1));
}

TEST(PolicyExecution, SaysWhereItIsWrong) {
  EXPECT_EQ(entry_fault("lease: 7d"), "accepted");
  EXPECT_EQ(entry_fault("lease: 1s, executor: null"), "accepted");
  EXPECT_EQ(entry_fault("lease: 169h"), "400 tools[0].lease");
  EXPECT_EQ(entry_fault("lease: 60"), "400 tools[0].lease");
  EXPECT_EQ(entry_fault("proof: true"), "400 tools[0].proof");
  EXPECT_EQ(entry_fault("proof: {}"), "400 tools[0].proof.required");
  EXPECT_EQ(entry_fault("proof: {required: yes}"), "400 tools[0].proof.required");
  EXPECT_EQ(entry_fault("proof: {require: true}"), "400 tools[0].proof.require");
  EXPECT_EQ(entry_fault("maxDefers: 20"), "accepted");
  EXPECT_EQ(entry_fault("maxDefers: 21"), "400 tools[0].maxDefers");
  EXPECT_EQ(entry_fault("maxDefers: -1"), "400 tools[0].maxDefers");
  EXPECT_EQ(entry_fault("sensitive: path"), "400 tools[0].sensitive");
  EXPECT_EQ(entry_fault("executor: https://x.example"), "400 tools[0].executor");
  EXPECT_EQ(entry_fault("executor: {}"), "400 tools[0].executor.url");
  EXPECT_EQ(entry_fault("executor: {url: 'https://x.example', timeout: 0s}"),
            "400 tools[0].executor.timeout");
  EXPECT_EQ(entry_fault("executor: {url: 'https://x.example', retries: 1}"),
            "400 tools[0].executor.retries");
}

TEST(PolicyExecution, NobodyWaitsLongerThanTheLease) {
  EXPECT_EQ(entry_fault("executor: {url: 'https://x.example', timeout: 61m}"),
            "422 tools[0].executor.timeout");
  EXPECT_EQ(entry_fault("executor: {url: 'https://x.example', timeout: 60m}"), "accepted");
  EXPECT_EQ(fault_of("defaults: {executor: {url: 'https://x.example'}}\n"
                     "tools: [{match: {tool: a}, lease: 29s}]"),
            "422 tools[0].lease");
}

TEST(PolicyExecution, AnExecutorIsReachedSafely) {
  const auto url = [](const std::string& text) {
    return entry_fault("executor: {url: \"" + text + "\"}");
  };
  for (const char* const good :
       {"https://x.example", "https://x.example:8443/a/b?c=d", "https://[2001:db8::1]:1/",
        "http://localhost", "http://localhost:8080/x", "http://127.0.0.1/x", "http://127.9.9.9",
        "http://[::1]:80/"}) {
    EXPECT_EQ(url(good), "accepted") << good;
  }
  for (const char* const bad : {"",
                                "x.example",
                                "ftp://x.example",
                                "HTTPS://x.example",
                                "https://",
                                "https:///a",
                                "https://:80",
                                "https://x.example:0",
                                "https://x.example:65536",
                                "https://x.example:",
                                "https://x.example:8a",
                                "https://me@x.example",
                                "https://me:secret@x.example",
                                "https://x.example/#top",
                                "https://x.example/a b",
                                "https://x.example/\\\\a",
                                "https://x_y.example",
                                "https://é.example",
                                "http://x.example",
                                "http://127.0.0.1.x.example",
                                "http://127.0.0",
                                "http://127.0.0.1.",
                                "http://localhost.x.example",
                                "http://10.0.0.1",
                                "http://[::2]",
                                "http://[::1",
                                "http://[]",
                                "https://a[b"}) {
    EXPECT_EQ(url(bad), "400 tools[0].executor.url") << bad;
  }
  const std::string longest = "https://x.example/";
  EXPECT_EQ(url(longest + std::string(2048 - longest.size(), 'a')), "accepted");
  EXPECT_EQ(url(longest + std::string(2049 - longest.size(), 'a')), "400 tools[0].executor.url");
}

TEST(PolicyBreakGlass, IsForAdminsForAnHourUnlessSaidOtherwise) {
  EXPECT_EQ(policy_of("").break_glass.roles, std::vector{Role::admin});
  EXPECT_EQ(policy_of("").break_glass.grant_expires_after, hours(1));
  const Policy policy = policy_of("breakGlass: {roles: [admin, approver], grantExpiresAfter: 24h}");
  EXPECT_EQ(policy.break_glass.roles, (std::vector{Role::admin, Role::approver}));
  EXPECT_EQ(policy.break_glass.grant_expires_after, hours(24));

  EXPECT_EQ(fault_of("breakGlass: true"), "400 breakGlass");
  EXPECT_EQ(fault_of("breakGlass: {role: admin}"), "400 breakGlass.role");
  EXPECT_EQ(fault_of("breakGlass: {roles: []}"), "400 breakGlass.roles");
  EXPECT_EQ(fault_of("breakGlass: {roles: admin}"), "400 breakGlass.roles");
  EXPECT_EQ(fault_of("breakGlass: {roles: [boss]}"), "400 breakGlass.roles[0]");
  EXPECT_EQ(fault_of("breakGlass: {roles: [admin, admin]}"), "400 breakGlass.roles[1]");
  EXPECT_EQ(fault_of("breakGlass: {roles: [operator]}"), "400 breakGlass.roles[0]");
  EXPECT_EQ(fault_of("breakGlass: {roles: [agent]}"), "400 breakGlass.roles[0]");
  EXPECT_EQ(fault_of("breakGlass: {grantExpiresAfter: 25h}"), "400 breakGlass.grantExpiresAfter");
}

TEST(PolicyRedaction, AddsNamesOfSecrets) {
  EXPECT_EQ(policy_of("").redactor.secrecy_of("passport_number"), NameSecrecy::open);
  const Policy policy = policy_of("redaction: {keys: [passport_number, \"Straße\"]}");
  EXPECT_EQ(policy.redactor.secrecy_of("passportNumber"), NameSecrecy::declared);
  EXPECT_EQ(policy.redactor.secrecy_of("straße"), NameSecrecy::declared);
  EXPECT_EQ(policy.redactor.secrecy_of("password"), NameSecrecy::secret);
}

TEST(PolicyRedaction, MustSayWhat) {
  EXPECT_EQ(fault_of("redaction: [iban]"), "400 redaction");
  EXPECT_EQ(fault_of("redaction: {}"), "400 redaction.keys");
  EXPECT_EQ(fault_of("redaction: {key: [iban]}"), "400 redaction.key");
  EXPECT_EQ(fault_of("redaction: {keys: []}"), "400 redaction.keys");
  EXPECT_EQ(fault_of("redaction: {keys: iban}"), "400 redaction.keys");
  EXPECT_EQ(fault_of("redaction: {keys: [iban, 7]}"), "400 redaction.keys[1]");
  EXPECT_EQ(fault_of("redaction: {keys: [\"\"]}"), "400 redaction.keys[0]");
  EXPECT_EQ(fault_of("redaction: {keys: [\"-_-\"]}"), "400 redaction.keys[0]");
  EXPECT_EQ(fault_of("redaction: {keys: [" + std::string(65, 'a') + "]}"), "400 redaction.keys[0]");
  EXPECT_EQ(policy_of("redaction: {keys: [" + std::string(64, 'a') + "]}")
                .redactor.secrecy_of(std::string(64, 'A')),
            NameSecrecy::declared);
  std::string names = "a0";
  for (int i = 1; i < 100; ++i) names += ", a" + std::to_string(i);
  EXPECT_EQ(policy_of("redaction: {keys: [" + names + "]}").redactor.secrecy_of("A_99"),
            NameSecrecy::declared);
  EXPECT_EQ(fault_of("redaction: {keys: [" + names + ", one]}"), "400 redaction.keys");
}

TEST(PolicyRetention, IsForEverUnlessSaidOtherwise) {
  EXPECT_FALSE(policy_of("").retention.approvals.has_value());
  const Policy policy = policy_of("retention: {approvals: 90d, rules: 1d}");
  EXPECT_EQ(policy.retention.approvals, hours(90 * 24));
  EXPECT_EQ(policy.retention.rules, hours(24));
  EXPECT_EQ(fault_of("retention: 90d"), "400 retention");
  EXPECT_EQ(fault_of("retention: {approvals: 23h}"), "400 retention.approvals");
  EXPECT_EQ(fault_of("retention: {rules: 0d}"), "400 retention.rules");
  EXPECT_EQ(fault_of("retention: {events: 90d}"), "400 retention.events");
  EXPECT_EQ(policy_of("retention: {obligations: 30d}").retention.obligations, hours(30 * 24));
  EXPECT_EQ(fault_of("retention: {obligations: 23h}"), "400 retention.obligations");
}

TEST(PolicyEmissions, H54_TheFirstThatMatchesSaysWhichProofASuccessNeeds) {
  EXPECT_EQ(proof_demanded(policy_of(""), "content.publish"), ProofDemand::none);
  const Policy policy = policy_of(R"(emissions:
  - {match: content.draft, proof: none}
  - {match: "content.*", proof: required}
  - {match: "*", proof: verified})");
  EXPECT_EQ(proof_demanded(policy, "content.draft"), ProofDemand::none);
  EXPECT_EQ(proof_demanded(policy, "content.publish"), ProofDemand::required);
  EXPECT_EQ(proof_demanded(policy, "mail.send"), ProofDemand::verified);
}

TEST(PolicyEmissions, AMisspeltOneIsRefusedWithItsPath) {
  EXPECT_EQ(fault_of("emissions: {}"), "400 emissions");
  EXPECT_EQ(fault_of("emissions: [content.publish]"), "400 emissions[0]");
  EXPECT_EQ(fault_of("emissions: [{proof: required}]"), "400 emissions[0].match");
  EXPECT_EQ(fault_of("emissions: [{match: 7, proof: required}]"), "400 emissions[0].match");
  EXPECT_EQ(fault_of("emissions: [{match: content.publish}]"), "400 emissions[0].proof");
  EXPECT_EQ(fault_of("emissions: [{match: content.publish, proof: yes}]"),
            "400 emissions[0].proof");
  EXPECT_EQ(fault_of("emissions: [{match: content.publish, prove: required}]"),
            "400 emissions[0].prove");
  EXPECT_EQ(fault_of("emissions: [{match: publish, proof: required}]"), "422 emissions[0].match");
  EXPECT_EQ(fault_of("emissions: [{match: grant.issued, proof: required}]"),
            "422 emissions[0].match");
  std::string many = "emissions: [";
  for (int i = 0; i < 1000; ++i) many += "{match: a.b, proof: required}, ";
  EXPECT_EQ(policy_of(many + "]").emissions.size(), 1000u);
  EXPECT_EQ(fault_of(many + "{match: a.b, proof: required}]"), "400 emissions");
}

TEST(PolicyEmissions, G38_TheFirstThatMatchesAndSaysWhoDecidesWhoMayEmit) {
  const auto id = [](int n) { return "prn_" + std::string(25, '0') + std::to_string(n); };
  const auto who = [&](int n, std::vector<Role> roles) {
    return Principal{.id = *PrincipalId::parse(id(n)), .roles = std::move(roles)};
  };
  const Policy policy = policy_of("groups: {press: [" + id(1) + ", " + id(2) + R"(]}
emissions:
  - {match: content.draft, proof: none}
  - {match: content.draft, by: [{role: agent}, {principal: )" +
                                  id(1) + R"(}], proof: verified}
  - {match: "content.*", by: [{group: press}, {principal: )" +
                                  id(3) + R"(}]}
  - {match: "content.*", by: [{role: agent}], proof: required})");
  EXPECT_TRUE(may_emit(policy, "content.draft", who(1, {Role::auditor})));
  EXPECT_TRUE(may_emit(policy, "content.draft", who(4, {Role::agent})));
  EXPECT_FALSE(may_emit(policy, "content.draft", who(2, {Role::auditor})));
  for (const int n : {1, 2, 3}) EXPECT_TRUE(may_emit(policy, "content.publish", who(n, {}))) << n;
  EXPECT_FALSE(may_emit(policy, "content.publish", who(4, {Role::agent, Role::admin})));
  EXPECT_TRUE(may_emit(policy, "mail.send", who(4, {Role::agent}))) << "nothing is said of it";
  EXPECT_EQ(proof_demanded(policy, "content.draft"), ProofDemand::none);
  EXPECT_EQ(proof_demanded(policy, "content.publish"), ProofDemand::required)
      << "an entry that does not say is passed over";
  EXPECT_TRUE(may_emit(policy_of(""), "content.publish", who(4, {})));
}

// The index leaves out only what cannot match: what it finds is what asking each in turn finds.
TEST(PolicyEmissions, TheFirstIsTheFirstHoweverTheyAreLookedUp) {
  std::mt19937 random(5);
  const auto piece = [&random](std::string_view letters) {
    std::string text;
    for (std::size_t n = 1 + random() % 3; n > 0; --n) text += letters[random() % letters.size()];
    return text;
  };
  for (int round = 0; round < 300; ++round) {
    std::string yaml = "emissions: [";
    std::vector<std::pair<std::string, int>> rules;
    for (int i = 0; i < 8; ++i) {
      rules.emplace_back("a." + piece("ab*") + "*", static_cast<int>(random() % 3));
      const auto& [match, says] = rules.back();
      yaml += "{match: '" + match + "'" + (says == 1 ? "" : ", proof: required") +
              (says == 0 ? "" : ", by: [{role: admin}]") + "},";
    }
    const Policy policy = policy_of(yaml + "]");
    const std::string type = "a." + piece("ab");
    const auto some = [&](int without) {
      return std::ranges::any_of(rules, [&](const auto& rule) {
        return rule.second != without && matches_glob(rule.first, type);
      });
    };
    EXPECT_EQ(proof_demanded(policy, type) == ProofDemand::required, some(1)) << yaml << type;
    EXPECT_EQ(!may_emit(policy, type, Principal{.roles = {Role::agent}}), some(0)) << yaml << type;
  }
}

TEST(PolicyEmissions, AMisspeltEmitterIsRefusedWithItsPath) {
  const auto fault = [](const std::string& by) {
    return fault_of("emissions: [{match: a.b, by: " + by + "}]");
  };
  EXPECT_EQ(fault("[]"), "400 emissions[0].by");
  EXPECT_EQ(fault("everybody"), "400 emissions[0].by");
  EXPECT_EQ(fault("[mailer]"), "400 emissions[0].by[0]");
  EXPECT_EQ(fault("[{}]"), "400 emissions[0].by[0]");
  EXPECT_EQ(fault("[{role: agent, group: dba}]"), "400 emissions[0].by[0]");
  EXPECT_EQ(fault("[{role: agent}, {person: x}]"), "400 emissions[0].by[1].person");
  EXPECT_EQ(fault("[{role: boss}]"), "400 emissions[0].by[0].role");
  EXPECT_EQ(fault("[{principal: mailer}]"), "400 emissions[0].by[0].principal");
  EXPECT_EQ(fault("[{principal: 7}]"), "400 emissions[0].by[0].principal");
  EXPECT_EQ(fault("[{group: nobody}]"), "400 emissions[0].by[0].group");
  std::string many = "[";
  for (int i = 0; i < 100; ++i) many += "{role: agent}, ";
  EXPECT_EQ(fault(many + "]"), "accepted");
  EXPECT_EQ(fault(many + "{role: agent}]"), "400 emissions[0].by");
}

TEST(PolicyObligations, AreDueAfterADayUnlessSaidOtherwise) {
  EXPECT_EQ(policy_of("").obligations.due_after, hours(24));
  EXPECT_EQ(policy_of("obligations: {}").obligations.due_after, hours(24));
  EXPECT_EQ(policy_of("obligations: {dueAfter: 90m}").obligations.due_after,
            std::chrono::minutes(90));
  EXPECT_EQ(policy_of("obligations: {dueAfter: 1m}").obligations.due_after,
            std::chrono::minutes(1));
  EXPECT_EQ(policy_of("obligations: {dueAfter: 365d}").obligations.due_after, hours(365 * 24));
  EXPECT_EQ(fault_of("obligations: 24h"), "400 obligations");
  EXPECT_EQ(fault_of("obligations: {due: 24h}"), "400 obligations.due");
  EXPECT_EQ(fault_of("obligations: {dueAfter: 59s}"), "400 obligations.dueAfter");
  EXPECT_EQ(fault_of("obligations: {dueAfter: 366d}"), "400 obligations.dueAfter");
}

}  // namespace
}  // namespace assent
