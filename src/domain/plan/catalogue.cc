#include "domain/plan/catalogue.h"

#include "base/text.h"
#include "domain/plan/readings.h"
#include "domain/policy_parts.h"

#include <algorithm>

namespace assent {
namespace {

constexpr std::size_t kActionsMax = 1000;
constexpr std::size_t kClassesMax = 100;
constexpr std::size_t kNamesMax = 200;
constexpr std::int64_t kAboveMax = 1'000'000'000;
constexpr DocumentReader::Between kTokenExpiry = {std::chrono::seconds(1), std::chrono::hours(24),
                                                  "from 1s to 24h"};

class CatalogueReader {
 public:
  CatalogueReader(DocumentReader& reader, const ApproverGroups& groups)
      : reader_(reader), groups_(groups) {}

  PlanCatalogue read(const Json& value);

 private:
  std::vector<std::string> texts(const Json& value, const std::string& path);
  std::vector<std::string> folded(const Json& value, const std::string& path);
  void actions(const Json& value);
  PlanAction action(const Json& value, const std::string& path);
  void action_providers(const Json* value, const std::string& path, PlanAction& action);
  PlanEnvironment environment(const Json& value, const std::string& path);
  PlanResources resources(const Json& value, const std::string& path);
  PlanBulk bulk(const Json& value, const std::string& path);
  template <class Class, class Read>
  void classes(const Json& value, std::string_view name, std::vector<Class>& out, Read read_class);
  void tier_and_reason(const Json& value, const std::string& path, RiskTier& tier,
                       std::string& reason);
  void terms(const Json& value);

  DocumentReader& reader_;
  const ApproverGroups& groups_;
  PlanCatalogue catalogue_;
};

std::vector<std::string> CatalogueReader::texts(const Json& value, const std::string& path) {
  std::vector<std::string> texts;
  if (!value.is_array() || value.items().empty() || value.items().size() > kNamesMax) {
    reader_.fault(path, "must be a list of 1 to 200 texts");
    return texts;
  }
  for (std::size_t i = 0; i < value.items().size(); ++i) {
    std::string text;
    reader_.text(value.items()[i], below(path, i), text);
    if (std::find(texts.begin(), texts.end(), text) != texts.end()) {
      reader_.fault(below(path, i), "occurs twice");
    }
    texts.push_back(std::move(text));
  }
  return texts;
}

std::vector<std::string> CatalogueReader::folded(const Json& value, const std::string& path) {
  auto all = texts(value, path);
  for (auto& text : all) text = fold(text);
  return all;
}

// Each action says who can do it: that any provider can is said by nobody, least of all by silence.
void CatalogueReader::action_providers(const Json* value, const std::string& path,
                                       PlanAction& action) {
  if (value == nullptr) return reader_.fault(path, "is missing");
  action.providers = texts(*value, path);
  for (std::size_t i = 0; i < action.providers.size(); ++i) {
    if (catalogue_.providers.contains(action.providers[i])) continue;
    reader_.impossible(below(path, i), "is not among plans.providers");
  }
}

PlanAction CatalogueReader::action(const Json& value, const std::string& path) {
  constexpr auto kKnown = std::to_array<std::string_view>({"riskTier", "providers", "description"});
  PlanAction action;
  if (!reader_.object(value, path, kKnown)) return action;
  if (const Json* const member = value.find("riskTier")) {
    reader_.choice(*member, below(path, "riskTier"), action.risk_tier.emplace());
  }
  action_providers(value.find("providers"), below(path, "providers"), action);
  if (const Json* const member = value.find("description")) {
    std::string description;  // For whoever reads the document.
    reader_.text(*member, below(path, "description"), description);
  }
  return action;
}

void CatalogueReader::actions(const Json& value) {
  if (!value.is_object() || value.members().size() > kActionsMax) {
    return reader_.fault("plans.actions", "must be a map of at most 1000 actions");
  }
  for (const auto& [name, member] : value.members()) {
    const std::string path = below("plans.actions", name);
    if (name.empty() || !is_nfc(name)) {
      reader_.fault(path, "must be named, in Unicode's normalization form C");
    }
    catalogue_.actions.insert_or_assign(name, action(member, path));
  }
}

void CatalogueReader::tier_and_reason(const Json& value, const std::string& path, RiskTier& tier,
                                      std::string& reason) {
  if (const Json* const member = value.find("riskTier")) {
    reader_.choice(*member, below(path, "riskTier"), tier);
  } else {
    reader_.fault(below(path, "riskTier"), "is missing");
  }
  if (const Json* const member = value.find("reason")) {
    reader_.text(*member, below(path, "reason"), reason);
  }
}

PlanEnvironment CatalogueReader::environment(const Json& value, const std::string& path) {
  constexpr auto kKnown = std::to_array<std::string_view>({"words", "riskTier", "reason"});
  PlanEnvironment environment;
  if (!reader_.object(value, path, kKnown)) return environment;
  const Json* const words = value.find("words");
  if (words == nullptr) {
    reader_.fault(below(path, "words"), "is missing");
  } else {
    environment.words = folded(*words, below(path, "words"));
  }
  for (std::size_t i = 0; i < environment.words.size(); ++i) {
    std::string_view rest = environment.words[i];
    if (take_word(rest) != environment.words[i]) {
      reader_.impossible(below(below(path, "words"), i),
                         "can never be found: a word has letters and digits only");
    }
    environment.plain_words.push_back(plain_word(environment.words[i]));
  }
  tier_and_reason(value, path, environment.risk_tier, environment.reason);
  return environment;
}

PlanResources CatalogueReader::resources(const Json& value, const std::string& path) {
  constexpr auto kKnown =
      std::to_array<std::string_view>({"names", "actions", "params", "riskTier", "reason"});
  PlanResources resources;
  if (!reader_.object(value, path, kKnown)) return resources;
  if (const Json* const member = value.find("names")) {
    resources.names = folded(*member, below(path, "names"));
  } else {
    reader_.fault(below(path, "names"), "is missing");
  }
  if (const Json* const member = value.find("actions")) {
    resources.actions = texts(*member, below(path, "actions"));
  }
  for (std::size_t i = 0; i < resources.actions.size(); ++i) {
    const bool is_there = std::any_of(
        catalogue_.actions.begin(), catalogue_.actions.end(),
        [&](const auto& action) { return matches_glob(resources.actions[i], action.first); });
    if (!is_there) {
      reader_.impossible(below(below(path, "actions"), i), "is no action of plans.actions");
    }
  }
  if (const Json* const member = value.find("params")) {
    resources.params = folded(*member, below(path, "params"));
  }
  tier_and_reason(value, path, resources.risk_tier, resources.reason);
  return resources;
}

PlanBulk CatalogueReader::bulk(const Json& value, const std::string& path) {
  constexpr auto kKnown =
      std::to_array<std::string_view>({"above", "numbers", "flags", "riskTier", "reason"});
  PlanBulk bulk;
  if (!reader_.object(value, path, kKnown)) return bulk;
  if (const Json* const member = value.find("above")) {
    reader_.whole(*member, below(path, "above"), 0, kAboveMax, bulk.above);
  } else {
    reader_.fault(below(path, "above"), "is missing");
  }
  if (const Json* const member = value.find("numbers")) {
    bulk.numbers = folded(*member, below(path, "numbers"));
  }
  if (const Json* const member = value.find("flags")) {
    bulk.flags = folded(*member, below(path, "flags"));
  }
  tier_and_reason(value, path, bulk.risk_tier, bulk.reason);
  return bulk;
}

template <class Class, class Read>
void CatalogueReader::classes(const Json& value, std::string_view name, std::vector<Class>& out,
                              Read read_class) {
  const std::string path = below("plans", name);
  if (!value.is_array() || value.items().size() > kClassesMax) {
    return reader_.fault(path, "must be a list of at most 100 classes");
  }
  for (std::size_t i = 0; i < value.items().size(); ++i) {
    out.push_back((this->*read_class)(value.items()[i], below(path, i)));
  }
}

// The expiry is a bearer token's, so it is shorter than a grant's may be.
void CatalogueReader::terms(const Json& value) {
  catalogue_.terms = read_terms(reader_, value, "plans", groups_);
  if (const Json* const member = value.find("grantExpiresAfter")) {
    reader_.duration(*member, "plans.grantExpiresAfter", kTokenExpiry,
                     catalogue_.terms.grant_expires_after.emplace());
  }
}

PlanCatalogue CatalogueReader::read(const Json& value) {
  constexpr auto kKnown = std::to_array<std::string_view>(
      {"escalateFrom", "providers", "actions", "environments", "resources", "bulk", "evidence",
       "approvers", "expiresAfter", "grantExpiresAfter", "maxAttempts", "maxDefers", "lease",
       "proof"});
  if (!reader_.object(value, "plans", kKnown)) return {};
  if (const Json* const member = value.find("escalateFrom")) {
    reader_.choice(*member, "plans.escalateFrom", catalogue_.escalate_from);
  }
  if (const Json* const member = value.find("providers")) {
    for (auto& name : texts(*member, "plans.providers")) catalogue_.providers.insert(name);
  }
  if (const Json* const member = value.find("actions")) actions(*member);
  if (const Json* const member = value.find("environments")) {
    classes(*member, "environments", catalogue_.environments, &CatalogueReader::environment);
  }
  if (const Json* const member = value.find("resources")) {
    classes(*member, "resources", catalogue_.resources, &CatalogueReader::resources);
  }
  if (const Json* const member = value.find("bulk")) {
    classes(*member, "bulk", catalogue_.bulk, &CatalogueReader::bulk);
  }
  terms(value);
  return std::move(catalogue_);
}

}  // namespace

PlanCatalogue read_plan_catalogue(DocumentReader& reader, const Json& value,
                                  const ApproverGroups& groups) {
  return CatalogueReader(reader, groups).read(value);
}

}  // namespace assent
