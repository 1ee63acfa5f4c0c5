#include "base/canonical.h"
#include "domain/policy.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace assent {
namespace {

using std::chrono::hours;

// The example of the contract, to the letter; also a seed of the fuzzer.
std::string example() {
  std::ifstream file(ASSENT_SOURCE_DIR "/tests/fuzz/corpus/policy_fuzz/contract.yaml");
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// `path: message` of the first fault.
std::string fault_of(std::string_view yaml) {
  const auto policy = policy_from_yaml(yaml);
  if (policy) return "accepted";
  const FieldError& first = policy.error().fields.front();
  return first.path + ": " + first.message;
}

std::string path_of(std::string_view yaml) {
  const std::string fault = fault_of(yaml);
  return fault.substr(0, fault.find(": "));
}

// The path of the fault in a document with one good entry followed by this one.
std::string entry_path(std::string_view entry) {
  return path_of("version: 1\ntools:\n- match: {tool: a}\n- " + std::string(entry) + "\n");
}

TEST(PolicyDocument, TheExampleOfTheContractReadsAsWritten) {
  const auto policy = policy_from_yaml(example());
  ASSERT_TRUE(policy.has_value()) << policy.error().detail;
  EXPECT_FALSE(policy->allows_self_approval);
  ASSERT_EQ(policy->entries.size(), 3U);

  EXPECT_EQ(policy->entries[0].decision, PolicyDecision::allow);
  EXPECT_EQ(policy->entries[0].risk_tier, RiskTier::low);

  const PolicyEntry& remove = policy->entries[1];
  EXPECT_EQ(remove.tool, "fs.delete");
  EXPECT_EQ(remove.decision, PolicyDecision::human);
  EXPECT_EQ(remove.risk_tier, RiskTier::high);
  EXPECT_EQ(remove.safety_critical, std::vector<std::string>{"path"});
  EXPECT_EQ(remove.evidence, (EvidencePolicy{.required = true, .ttl_seconds = 3600}));
  EXPECT_EQ(canonical_json(to_json(remove.quorum)), R"([{"count":2,"role":"approver"}])");
  EXPECT_EQ(remove.expires_after, hours(72));
  EXPECT_EQ(remove.grant_expires_after, hours(24));
  EXPECT_EQ(remove.max_attempts, 3);
  ASSERT_EQ(remove.arguments.size(), 1U);
  EXPECT_EQ(remove.arguments[0].argument, "path");
  EXPECT_EQ(remove.arguments[0].type, ConditionType::pattern);
  EXPECT_EQ(remove.arguments[0].value, Json("/srv/*"));

  EXPECT_EQ(policy->entries[2].decision, PolicyDecision::reject);
}

TEST(PolicyDocument, MayBeJson) {
  const auto policy = policy_from_yaml(
      R"({"version": 1, "tools": [{"match": {"tool": "\ud83d\ude00"}, "description": "a\tb"}]})");
  ASSERT_TRUE(policy.has_value()) << policy.error().detail;
  EXPECT_EQ(policy->entries[0].tool, "😀");
  EXPECT_EQ(policy->entries[0].description, "a\tb");
}

TEST(PolicyDocument, AnEntryInheritsWhatItDoesNotSay) {
  const auto policy = policy_from_yaml(R"(
version: 1
defaults:
  riskTier: medium
  evidence: {required: true, ttlSeconds: 60}
  approvers: {any: [{all: [{role: admin}]}, {all: [{role: approver, count: 2}]}]}
  expiresAfter: 1h
  grantExpiresAfter: 90m
  maxAttempts: 5
  safetyCritical: [path]
  description: the usual
tools:
  - match: {tool: a}
  - match: {tool: b}
    evidence: {required: true}
)");
  ASSERT_TRUE(policy.has_value()) << policy.error().detail;
  const PolicyEntry& entry = policy->entries[0];
  EXPECT_EQ(entry.risk_tier, RiskTier::medium);
  EXPECT_EQ(entry.evidence, (EvidencePolicy{.required = true, .ttl_seconds = 60}));
  EXPECT_EQ(entry.quorum, policy->defaults.quorum);
  EXPECT_EQ(entry.quorum.alternatives.size(), 2U);
  EXPECT_EQ(entry.expires_after, hours(1));
  EXPECT_EQ(entry.grant_expires_after, std::chrono::minutes(90));
  EXPECT_EQ(entry.max_attempts, 5);
  // Of the tool it was written for, not of every tool.
  EXPECT_TRUE(entry.safety_critical.empty());
  EXPECT_TRUE(entry.description.empty());
  // Evidence is replaced as a whole: no TTL was asked for.
  EXPECT_EQ(policy->entries[1].evidence, (EvidencePolicy{.required = true, .ttl_seconds = {}}));
}

TEST(PolicyDocument, SelfApprovalIsForbiddenUnlessAllowed) {
  EXPECT_FALSE(policy_from_yaml("version: 1")->allows_self_approval);
  EXPECT_TRUE(policy_from_yaml("version: 1\nselfApproval: allowed")->allows_self_approval);
  EXPECT_EQ(path_of("version: 1\nselfApproval: true"), "selfApproval");
}

TEST(PolicyDocument, SaysWhereItIsWrong) {
  EXPECT_EQ(path_of("tools: []"), "version");
  EXPECT_EQ(path_of("version: 2"), "version");
  EXPECT_EQ(path_of("version: '1'"), "version");
  EXPECT_EQ(path_of("version: 1\nselfApprovals: allowed"), "selfApprovals");
  EXPECT_EQ(path_of("version: 1\ntools: {}"), "tools");
  EXPECT_EQ(path_of("version: 1\ndefaults: []"), "defaults");
  EXPECT_EQ(path_of("version: 1\ndefaults: {match: {tool: a}}"), "defaults.match");
  EXPECT_EQ(path_of("version: 1\ndefaults: {expiresAfter: 48}"), "defaults.expiresAfter");
  EXPECT_EQ(path_of("[1]"), "");
  EXPECT_EQ(path_of("version"), "");

  EXPECT_EQ(entry_path("x"), "tools[1]");
  EXPECT_EQ(entry_path("{decision: human}"), "tools[1].match");
  EXPECT_EQ(entry_path("{match: {}}"), "tools[1].match.tool");
  EXPECT_EQ(entry_path("{match: {tool: ''}}"), "tools[1].match.tool");
  EXPECT_EQ(entry_path("{match: {tool: 1}}"), "tools[1].match.tool");
  EXPECT_EQ(entry_path("{match: {tool: a, kind: plan}}"), "tools[1].match.kind");
  EXPECT_EQ(entry_path("{match: {tool: a}, decision: maybe}"), "tools[1].decision");
  EXPECT_EQ(entry_path("{match: {tool: a}, riskTier: severe}"), "tools[1].riskTier");
  EXPECT_EQ(entry_path("{match: {tool: a}, riskTeir: low}"), "tools[1].riskTeir");
  EXPECT_EQ(entry_path("{match: {tool: a}, expiresAfter: 0h}"), "tools[1].expiresAfter");
  EXPECT_EQ(entry_path("{match: {tool: a}, grantExpiresAfter: 1w}"), "tools[1].grantExpiresAfter");
  EXPECT_EQ(entry_path("{match: {tool: a}, maxAttempts: 11}"), "tools[1].maxAttempts");
  EXPECT_EQ(entry_path("{match: {tool: a}, maxAttempts: 0}"), "tools[1].maxAttempts");
  EXPECT_EQ(entry_path("{match: {tool: a}, safetyCritical: path}"), "tools[1].safetyCritical");
  EXPECT_EQ(entry_path("{match: {tool: a}, safetyCritical: [p, p]}"), "tools[1].safetyCritical[1]");
  EXPECT_EQ(entry_path("{match: {tool: a}, approvers: []}"), "tools[1].approvers");
  EXPECT_EQ(entry_path("{match: {tool: a}, approvers: [{role: boss}]}"),
            "tools[1].approvers[0].role");
  EXPECT_EQ(entry_path("{match: {tool: a}, description: 1}"), "tools[1].description");
}

TEST(PolicyDocument, G18_AnEvidenceTtlIsAPositiveNumberOrAbsent) {
  const auto with_ttl = [](std::string_view ttl) {
    return entry_path("{match: {tool: a}, evidence: {ttlSeconds: " + std::string(ttl) + "}}");
  };
  for (const char* const ttl : {"1", "31536000", "null"}) EXPECT_EQ(with_ttl(ttl), "accepted");
  for (const char* const ttl : {"0", "-1", "31536001", "1.5", "60s", "'60'", "true"}) {
    EXPECT_EQ(with_ttl(ttl), "tools[1].evidence.ttlSeconds") << ttl;
  }
  EXPECT_EQ(entry_path("{match: {tool: a}, evidence: {required: yes}}"),
            "tools[1].evidence.required");
  EXPECT_EQ(entry_path("{match: {tool: a}, evidence: {ttl: 1}}"), "tools[1].evidence.ttl");
}

TEST(PolicyDocument, AConditionIsOneOfThreeForms) {
  const auto with = [](std::string_view condition) {
    return entry_path("{match: {tool: a, arguments: {p: " + std::string(condition) + "}}}");
  };
  EXPECT_EQ(with("{type: any, value: null}"), "accepted");
  EXPECT_EQ(with("'*'"), "tools[1].match.arguments.p");
  EXPECT_EQ(with("{}"), "tools[1].match.arguments.p");
  EXPECT_EQ(with("{glob: 'a*'}"), "tools[1].match.arguments.p");
  EXPECT_EQ(with("{exact: 1, pattern: 'a'}"), "tools[1].match.arguments.p");
  EXPECT_EQ(with("{any: false}"), "tools[1].match.arguments.p.any");
  EXPECT_EQ(with("{pattern: 1}"), "tools[1].match.arguments.p.pattern");
  EXPECT_EQ(with("{type: regex, value: a}"), "tools[1].match.arguments.p.type");
  EXPECT_EQ(with("{type: exact}"), "tools[1].match.arguments.p.value");
  EXPECT_EQ(with("{type: any, value: 1}"), "tools[1].match.arguments.p.value");
  EXPECT_EQ(with("{type: pattern, value: 1}"), "tools[1].match.arguments.p.value");
  EXPECT_EQ(with("{type: exact, value: 1, note: a}"), "tools[1].match.arguments.p.note");
}

TEST(PolicyDocument, AnAllowMustNotLeaveASafetyCriticalArgumentOpen) {
  const auto with = [](std::string_view arguments) {
    return entry_path("{decision: allow, safetyCritical: [path], match: {tool: a, arguments: {" +
                      std::string(arguments) + "}}}");
  };
  EXPECT_EQ(with("path: {exact: /srv/a}"), "accepted");
  EXPECT_EQ(with("path: {pattern: '/srv/*'}"), "accepted");
  for (const char* const open : {"", "path: {any: true}", "path: {pattern: '*'}",
                                 "path: {pattern: '**'}", "other: {exact: 1}"}) {
    EXPECT_EQ(with(open), "tools[1].safetyCritical[0]") << open;
  }
  // Where a human looks, it may be open.
  EXPECT_EQ(entry_path("{match: {tool: a}, safetyCritical: [path]}"), "accepted");
  EXPECT_EQ(path_of("version: 1\ndefaults: {decision: allow, safetyCritical: [path]}"),
            "defaults.safetyCritical[0]");
}

TEST(PolicyDocument, AGuardThatWouldBeIgnoredIsRefused) {
  EXPECT_EQ(entry_path("{match: {tool: a}, decision: allow, approvers: [{role: admin}]}"),
            "tools[1].approvers");
  EXPECT_EQ(entry_path("{match: {tool: a}, decision: allow, evidence: {required: true}}"),
            "tools[1].evidence");
  // Also where the allow is inherited: did the author mean a human?
  EXPECT_EQ(path_of("{version: 1, defaults: {decision: allow}, "
                    "tools: [{match: {tool: a}, approvers: [{role: admin}]}]}"),
            "tools[0].approvers");
  EXPECT_EQ(entry_path("{match: {tool: a, kind: content, arguments: {p: {exact: 1}}}}"),
            "tools[1].match.arguments");
  EXPECT_EQ(policy_from_yaml("{version: 1, tools: [{match: {tool: a, kind: content, "
                             "arguments: {p: {exact: 1}}}}]}")
                .error()
                .code,
            Code::unprocessable);
}

TEST(PolicyDocument, ListsEveryFaultUpToAScreen) {
  const auto policy = policy_from_yaml(
      "{version: 3, tools: [{match: {tool: a}, riskTier: x}, {match: {}}, {decision: human}]}");
  ASSERT_FALSE(policy.has_value());
  EXPECT_EQ(policy.error().code, Code::validation_error);
  ASSERT_EQ(policy.error().fields.size(), 4U);
  EXPECT_EQ(policy.error().fields[3].path, "tools[2].match");

  std::string many = "{version: 1, tools: [";
  for (int i = 0; i < 100; ++i) many += "1, ";
  EXPECT_EQ(policy_from_yaml(many + "]}").error().fields.size(), 20U);
}

TEST(PolicyDocument, IsOnlyThePartOfYamlThatEverybodyReadsAlike) {
  EXPECT_EQ(fault_of("version: 1\nversion: 1"), "version: occurs twice");
  EXPECT_EQ(fault_of("version: 1\ntools:\n- {match: {tool: a, tool: b}}"),
            "tools[0].match.tool: occurs twice");
  EXPECT_EQ(fault_of("version: 1\ntools: &all []"), "tools: must not have an anchor");
  EXPECT_EQ(fault_of("version: &v 1\nselfApproval: *v"), "version: must not have an anchor");
  EXPECT_EQ(fault_of("version: !!int 1"), "version: must not have a tag");
  EXPECT_EQ(fault_of("version: !x {}"), "version: must not have a tag");
  EXPECT_EQ(fault_of("version: 1\n---\nversion: 1"), ": must be the only one in the file");
  EXPECT_EQ(fault_of(""), ": is empty");
  EXPECT_EQ(fault_of("# nothing\n"), ": is empty");
  EXPECT_EQ(fault_of("{[a]: 1}"), ": must have plain text as keys");
  EXPECT_EQ(fault_of("{~: 1}"), ": must have plain text as keys");
  EXPECT_EQ(path_of("version: [1"), "version[1]");
  EXPECT_EQ(path_of("version: 1\n tools: []"), "");
  EXPECT_EQ(fault_of("version: 1\xFF"), ": is not UTF-8");
  EXPECT_EQ(fault_of("version: \"\\…\""), "version: is not YAML at line 1");
  EXPECT_EQ(fault_of(std::string_view("version: 1\0", 11)), ": contains a control character");
}

TEST(PolicyDocument, RefusesNumbersThatReadersDisagreeAbout) {
  for (const char* const number : {"010", "0x1F", "0o17", "+1", "1_000", ".5", "1.", "-.inf",
                                   ".nan", "9007199254740993", "1e400"}) {
    const std::string exact = "{match: {tool: a, arguments: {p: {exact: " + std::string(number);
    EXPECT_EQ(entry_path(exact + "}}}}"), "tools[1].match.arguments.p.exact") << number;
  }
  for (const char* const plain :
       {"0", "-1", "1.5", "1e3", "v1", "1.2.3", "10.0.0.0/8", "1h", "2026-01-19", "yes", "'010'"}) {
    const std::string exact = "{match: {tool: a, arguments: {p: {exact: " + std::string(plain);
    EXPECT_EQ(entry_path(exact + "}}}}"), "accepted") << plain;
  }
}

TEST(PolicyDocument, AnEndlessNameIsNotEchoed) {
  const std::string name(100'000, 'x');
  for (const std::string& text : {"{\"" + name + "\": 1}", name + ": 1", "{? " + name + "}"}) {
    const auto policy = policy_from_yaml(text);
    ASSERT_FALSE(policy.has_value());
    EXPECT_LT(policy.error().detail.size(), 400U);
    EXPECT_LT(policy.error().fields[0].path.size(), 100U);
  }
}

TEST(PolicyDocument, IsBounded) {
  std::string long_one = "version: 1\n#";
  long_one.resize(256 * 1024, 'x');
  EXPECT_EQ(path_of(long_one), "accepted");
  const auto too_long = policy_from_yaml(long_one + "x");
  ASSERT_FALSE(too_long.has_value());
  EXPECT_EQ(too_long.error().code, Code::too_large);

  std::string entries = "version: 1\ntools:\n";
  for (int i = 0; i < 1000; ++i) entries += "- {match: {tool: a}}\n";
  EXPECT_EQ(path_of(entries), "accepted");
  EXPECT_EQ(path_of(entries + "- {match: {tool: a}}\n"), "tools");

  for (const std::string_view opening : {"[", "{a: ", "- "}) {
    std::string deep = "version: 1\ntools:\n";
    for (int i = 0; i < 5000; ++i) deep += opening;
    EXPECT_NE(path_of(deep), "accepted");
  }
}

}  // namespace
}  // namespace assent
