#include "domain/policy_parts.h"

#include "domain/event.h"

#include <algorithm>

namespace assent {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr std::int64_t kTtlSecondsMax = 31'536'000;
constexpr std::int64_t kAttemptsMax = 10;
constexpr std::int64_t kDefersMax = 20;
constexpr std::size_t kGroupsMax = 100;
constexpr std::size_t kGroupPeopleMax = 200;
constexpr std::size_t kTemplatesMax = 200;
constexpr std::string_view kBadName =
    "must be named with 1 to 63 of a-z, 0-9, _ and -, the first of them a letter or a digit";

constexpr DocumentReader::Between kLease = {seconds(1), hours(7 * 24), "from 1s to 7d"};
constexpr DocumentReader::Between kBreakGlass = {seconds(1), hours(24), "from 1s to 24h"};
constexpr DocumentReader::Between kRetention = {hours(24), hours(3650 * 24), "from 1d to 3650d"};
constexpr DocumentReader::Between kDueAfter = {seconds(60), hours(365 * 24), "from 1m to 365d"};
constexpr std::size_t kEmissionsMax = 1000;
constexpr std::size_t kEmittersMax = 100;

EvidencePolicy read_evidence(DocumentReader& reader, const Json& value, const std::string& path) {
  constexpr auto kKnown = std::to_array<std::string_view>({"required", "ttlSeconds"});
  EvidencePolicy policy;
  if (!reader.object(value, path, kKnown)) return policy;
  if (const Json* const required = value.find("required")) {
    reader.flag(*required, below(path, "required"), policy.required);
  }
  // null is spelt-out absence: age is not checked.
  const Json* const ttl = value.find("ttlSeconds");
  if (ttl != nullptr && !ttl->is_null()) {
    reader.whole(*ttl, below(path, "ttlSeconds"), 1, kTtlSecondsMax, policy.ttl_seconds.emplace());
  }
  return policy;
}

bool read_proof(DocumentReader& reader, const Json& value, const std::string& path) {
  constexpr auto kKnown = std::to_array<std::string_view>({"required"});
  bool is_required = false;
  if (!reader.object(value, path, kKnown)) return is_required;
  const Json* const required = value.find("required");
  if (required == nullptr) {
    reader.fault(below(path, "required"), "is missing");
  } else {
    reader.flag(*required, below(path, "required"), is_required);
  }
  return is_required;
}

// null is spelt-out absence: the requester executes, whatever was inherited.
std::optional<Executor> read_executor(DocumentReader& reader, const Json& value,
                                      const std::string& path) {
  constexpr auto kKnown = std::to_array<std::string_view>({"url", "timeout"});
  if (value.is_null() || !reader.object(value, path, kKnown)) return std::nullopt;
  Executor executor;
  const auto url = value.string_at("url");
  if (!url) {
    reader.fault(below(path, "url"), "must be a URL");
  } else if (auto fault = executor_url_fault(*url); !fault.empty()) {
    reader.fault(below(path, "url"), std::move(fault));
  } else {
    executor.url = *url;
  }
  if (const Json* const timeout = value.find("timeout")) {
    reader.duration(*timeout, below(path, "timeout"), kLease, executor.timeout);
  }
  return executor;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// `127.x.y.z` in full: a name that merely begins so may be anybody's.
bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "[::1]") return true;
  if (!host.starts_with("127.")) return false;
  int dots = 0;
  std::size_t digits = 0;
  for (const char c : host) {
    if (c == '.' && digits > 0) {
      ++dots;
      digits = 0;
    } else if (!is_digit(c) || ++digits > 3) {
      return false;
    }
  }
  return dots == 3 && digits > 0;
}

bool is_port(std::string_view port) {
  if (port.empty() || port.size() > 5 || !std::all_of(port.begin(), port.end(), is_digit)) {
    return false;
  }
  int number = 0;
  for (const char c : port) number = number * 10 + (c - '0');
  return number >= 1 && number <= 65535;
}

// A name, an IPv4 address, or an IPv6 address in brackets.
bool is_host(std::string_view host) {
  if (host.empty()) return false;
  const auto is_hex = [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
  };
  if (host.front() == '[') {
    return host.size() > 2 && host.back() == ']' &&
           std::all_of(host.begin() + 1, host.end() - 1, is_hex);
  }
  return std::all_of(host.begin(), host.end(), [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.';
  });
}

// A match that no emitter's type can ever fit would be a guard that guards nothing.
void read_emission_match(DocumentReader& reader, const Json& value, const std::string& path,
                         EmissionRule& rule) {
  const Json* const match = value.find("match");
  if (match == nullptr) return reader.fault(path, "is missing");
  reader.text(*match, path, rule.match);
  if (!match->is_string() || rule.match.find('*') != std::string::npos) return;
  if (!is_event_type(rule.match) || is_governed_type(rule.match)) {
    reader.impossible(path, "can never match: no emitter may write an event of that type");
  }
}

}  // namespace

std::string executor_url_fault(std::string_view url) {
  constexpr std::size_t kUrlBytesMax = 2048;
  if (url.empty() || url.size() > kUrlBytesMax) return "must be a URL of at most 2048 bytes";
  const bool is_plain =
      std::all_of(url.begin(), url.end(), [](char c) { return c > 0x20 && c < 0x7F && c != '\\'; });
  if (!is_plain) return "must be ASCII without spaces and backslashes: encode what is not";
  if (url.find('#') != std::string_view::npos) return "must have no fragment";

  const bool is_https = url.starts_with("https://");
  if (!is_https && !url.starts_with("http://")) return "must begin with https://";
  const std::string_view rest = url.substr(is_https ? 8 : 7);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  if (authority.find('@') != std::string_view::npos) return "must not name a user";

  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  const std::string_view host = authority.substr(0, colon);
  if (!is_host(host)) return "must name a host";
  if (colon != std::string_view::npos && !is_port(authority.substr(colon + 1))) {
    return "must have a port from 1 to 65535, or none";
  }
  if (!is_https && !is_loopback(host)) return "must begin with https:// unless the host is local";
  return {};
}

PolicyTerms read_terms(DocumentReader& reader, const Json& value, const std::string& path,
                       const ApproverGroups& groups) {
  PolicyTerms terms;
  if (const Json* const member = value.find("evidence")) {
    terms.evidence = read_evidence(reader, *member, below(path, "evidence"));
  }
  if (const Json* const member = value.find("approvers")) {
    auto quorum = quorum_from_json(*member, below(path, "approvers"), &groups);
    if (quorum) {
      terms.quorum = std::move(*quorum);
    } else {
      reader.faults(std::move(quorum.error().fields));
    }
  }
  if (const Json* const member = value.find("expiresAfter")) {
    reader.duration(*member, below(path, "expiresAfter"), terms.expires_after.emplace());
  }
  if (const Json* const member = value.find("grantExpiresAfter")) {
    reader.duration(*member, below(path, "grantExpiresAfter"), terms.grant_expires_after.emplace());
  }
  if (const Json* const member = value.find("maxAttempts")) {
    reader.whole(*member, below(path, "maxAttempts"), 1, kAttemptsMax,
                 terms.max_attempts.emplace());
  }
  if (const Json* const member = value.find("maxDefers")) {
    reader.whole(*member, below(path, "maxDefers"), 0, kDefersMax, terms.max_defers.emplace());
  }
  if (const Json* const member = value.find("lease")) {
    reader.duration(*member, below(path, "lease"), kLease, terms.lease.emplace());
  }
  if (const Json* const member = value.find("proof")) {
    terms.requires_proof = read_proof(reader, *member, below(path, "proof"));
  }
  if (const Json* const member = value.find("executor")) {
    terms.executor = read_executor(reader, *member, below(path, "executor"));
  }
  return terms;
}

namespace {

std::vector<PrincipalId> read_people(DocumentReader& reader, const Json& value,
                                     const std::string& path) {
  std::vector<PrincipalId> people;
  if (!value.is_array() || value.items().empty() || value.items().size() > kGroupPeopleMax) {
    reader.fault(path, "must be a list of 1 to 200 ids of principals (prn_…)");
    return people;
  }
  for (std::size_t i = 0; i < value.items().size(); ++i) {
    const Json& item = value.items()[i];
    const auto id = item.is_string() ? PrincipalId::parse(item.string()) : std::nullopt;
    if (!id) {
      reader.fault(below(path, i), "must be the id of a principal (prn_…)");
    } else if (std::find(people.begin(), people.end(), *id) != people.end()) {
      reader.fault(below(path, i), "occurs twice");
    } else {
      people.push_back(*id);
    }
  }
  std::sort(people.begin(), people.end());
  return people;
}

// Whether `value` is a map of at most `max` well-named members.
bool is_named_map(DocumentReader& reader, const Json& value, const std::string& path,
                  std::size_t max) {
  if (!value.is_object() || value.members().size() > max) {
    reader.fault(path, "must be a map of at most " + std::to_string(max) + " names");
    return false;
  }
  for (const auto& [name, member] : value.members()) {
    if (!is_document_name(name)) reader.fault(below(path, name), std::string(kBadName));
  }
  return true;
}

}  // namespace

ApproverGroups read_groups(DocumentReader& reader, const Json& value) {
  ApproverGroups groups;
  if (!is_named_map(reader, value, "groups", kGroupsMax)) return groups;
  for (const auto& [name, member] : value.members()) {
    groups.insert_or_assign(name, read_people(reader, member, below("groups", name)));
  }
  return groups;
}

std::map<RiskTier, PolicyTerms> read_tiers(DocumentReader& reader, const Json& value,
                                           const ApproverGroups& groups) {
  std::map<RiskTier, PolicyTerms> tiers;
  if (!reader.object(value, "tiers", words<RiskTier>())) return tiers;
  for (const auto& [name, member] : value.members()) {
    const auto tier = from_word<RiskTier>(name);
    const std::string path = below("tiers", name);
    if (!tier || !reader.object(member, path, kTermNames)) continue;
    tiers.insert_or_assign(*tier, read_terms(reader, member, path, groups));
  }
  return tiers;
}

std::map<std::string, PolicyTemplate, std::less<>> read_templates(DocumentReader& reader,
                                                                  const Json& value,
                                                                  const ApproverGroups& groups) {
  constexpr auto kKnown = std::to_array<std::string_view>(
      {"evidence", "approvers", "expiresAfter", "grantExpiresAfter", "description"});
  std::map<std::string, PolicyTemplate, std::less<>> templates;
  if (!is_named_map(reader, value, "templates", kTemplatesMax)) return templates;
  for (const auto& [name, member] : value.members()) {
    const std::string path = below("templates", name);
    if (!reader.object(member, path, kKnown)) continue;
    PolicyTemplate read{.terms = read_terms(reader, member, path, groups), .description = {}};
    if (const Json* const description = member.find("description")) {
      reader.text(*description, below(path, "description"), read.description);
    }
    templates.insert_or_assign(name, std::move(read));
  }
  return templates;
}

BreakGlass read_break_glass(DocumentReader& reader, const Json& value) {
  constexpr auto kKnown = std::to_array<std::string_view>({"roles", "grantExpiresAfter"});
  BreakGlass glass;
  if (!reader.object(value, "breakGlass", kKnown)) return glass;
  if (const Json* const roles = value.find("roles")) {
    glass.roles.clear();
    if (!roles->is_array() || roles->items().empty()) {
      reader.fault("breakGlass.roles", "must be a list of roles");
    }
    const std::size_t count = roles->is_array() ? roles->items().size() : 0;
    for (std::size_t i = 0; i < count; ++i) {
      Role role{};
      const std::string path = below("breakGlass.roles", i);
      reader.choice(roles->items()[i], path, role);
      if (role == Role::operator_ || role == Role::agent) {
        reader.fault(path, "must not be agent or operator: breaking the glass is for people");
      }
      if (std::find(glass.roles.begin(), glass.roles.end(), role) != glass.roles.end()) {
        reader.fault(path, "occurs twice");
      }
      glass.roles.push_back(role);
    }
  }
  if (const Json* const duration = value.find("grantExpiresAfter")) {
    reader.duration(*duration, "breakGlass.grantExpiresAfter", kBreakGlass,
                    glass.grant_expires_after);
  }
  return glass;
}

Retention read_retention(DocumentReader& reader, const Json& value) {
  constexpr auto kKnown = std::to_array<std::string_view>({"approvals", "rules", "obligations"});
  Retention retention;
  if (!reader.object(value, "retention", kKnown)) return retention;
  if (const Json* const member = value.find("approvals")) {
    reader.duration(*member, "retention.approvals", kRetention, retention.approvals.emplace());
  }
  if (const Json* const member = value.find("rules")) {
    reader.duration(*member, "retention.rules", kRetention, retention.rules.emplace());
  }
  if (const Json* const member = value.find("obligations")) {
    reader.duration(*member, "retention.obligations", kRetention, retention.obligations.emplace());
  }
  return retention;
}

Redactor read_redaction(DocumentReader& reader, const Json& value) {
  constexpr auto kKnown = std::to_array<std::string_view>({"keys"});
  constexpr std::size_t kKeysMax = 100;
  if (!reader.object(value, "redaction", kKnown)) return {};
  const Json* const member = value.find("keys");
  if (member == nullptr) {
    reader.fault("redaction.keys", "is missing");
    return {};
  }
  if (!member->is_array() || member->items().empty() || member->items().size() > kKeysMax) {
    reader.fault("redaction.keys", "must be a list of 1 to 100 names");
    return {};
  }
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < member->items().size(); ++i) {
    const std::string path = below("redaction.keys", i);
    std::string key;
    reader.text(member->items()[i], path, key);
    if (key.empty()) continue;  // That is a fault already.
    if (Redactor::is_declarable(key)) {
      keys.push_back(std::move(key));
    } else {
      reader.fault(path, "must have a letter or a digit, and at most 64 bytes");
    }
  }
  return Redactor(keys);
}

namespace {

// One of `{principal}`, `{group}` and `{role}`.
void read_emitter(DocumentReader& reader, const Json& value, const std::string& path,
                  const ApproverGroups& groups, Emitters& into) {
  constexpr auto kKnown = std::to_array<std::string_view>({"principal", "group", "role"});
  if (!reader.object(value, path, kKnown)) return;
  if (value.members().size() != 1) {
    return reader.fault(path, "must be {principal}, {group} or {role}");
  }
  const auto& [kind, who] = value.members().front();
  const std::string at = below(path, kind);
  if (kind == "role") return reader.choice(who, at, into.roles.emplace_back());
  std::string name;
  reader.text(who, at, name);
  if (name.empty()) return;  // That is a fault already.
  if (kind == "principal") {
    const auto id = PrincipalId::parse(name);
    if (!id) return reader.fault(at, "must be a principal's id (prn_…)");
    return into.principals.push_back(*id);
  }
  const auto group = groups.find(name);
  if (group == groups.end()) return reader.fault(at, "is not a group of this policy");
  into.principals.insert(into.principals.end(), group->second.begin(), group->second.end());
}

Emitters read_emitters(DocumentReader& reader, const Json& value, const std::string& path,
                       const ApproverGroups& groups) {
  Emitters emitters;
  if (!value.is_array() || value.items().empty() || value.items().size() > kEmittersMax) {
    reader.fault(path, "must be a list of 1 to 100 of {principal}, {group} and {role}");
    return emitters;
  }
  for (std::size_t i = 0; i < value.items().size(); ++i) {
    read_emitter(reader, value.items()[i], below(path, i), groups, emitters);
  }
  auto& principals = emitters.principals;
  std::ranges::sort(principals);
  principals.erase(std::unique(principals.begin(), principals.end()), principals.end());
  return emitters;
}

}  // namespace

std::vector<EmissionRule> read_emissions(DocumentReader& reader, const Json& value,
                                         const ApproverGroups& groups) {
  constexpr auto kKnown = std::to_array<std::string_view>({"match", "proof", "by"});
  std::vector<EmissionRule> rules;
  if (!value.is_array() || value.items().size() > kEmissionsMax) {
    reader.fault("emissions", "must be a list of at most " + std::to_string(kEmissionsMax));
    return rules;
  }
  for (std::size_t i = 0; i < value.items().size(); ++i) {
    const Json& item = value.items()[i];
    const std::string path = below("emissions", i);
    EmissionRule& rule = rules.emplace_back();
    if (!reader.object(item, path, kKnown)) continue;
    read_emission_match(reader, item, below(path, "match"), rule);
    const Json* const proof = item.find("proof");
    const Json* const by = item.find("by");
    if (proof != nullptr) reader.choice(*proof, below(path, "proof"), rule.proof.emplace());
    if (by != nullptr) rule.by = read_emitters(reader, *by, below(path, "by"), groups);
    if (proof == nullptr && by == nullptr) {
      reader.fault(below(path, "proof"), "is missing, and so is by");
    }
  }
  return rules;
}

Obligations read_obligations(DocumentReader& reader, const Json& value) {
  constexpr auto kKnown = std::to_array<std::string_view>({"dueAfter"});
  Obligations obligations;
  if (!reader.object(value, "obligations", kKnown)) return obligations;
  if (const Json* const member = value.find("dueAfter")) {
    reader.duration(*member, "obligations.dueAfter", kDueAfter, obligations.due_after);
  }
  return obligations;
}

}  // namespace assent
