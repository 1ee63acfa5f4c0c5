#include "domain/sensitivity.h"

#include "base/redact.h"

#include <algorithm>
#include <array>
#include <utility>

namespace assent {

template <>
std::span<const std::string_view> words<Sensitivity>() {
  static constexpr std::array<std::string_view, 3> kWords = {"none", "by_name", "declared"};
  return kWords;
}

namespace {

// Whole names, in any case. Source: the sensitivity heuristic of seed 000's approvals module.
constexpr std::array<std::string_view, 11> kTargets = {
    "to",  "recipient", "recipients", "email", "address", "url",
    "uri", "amount",    "price",      "cost",  "account"};
constexpr std::array<std::string_view, 8> kSecrets = {
    "password", "token", "secret", "key", "api_key", "auth", "credential", "credentials"};

bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
  std::string lower(name);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return std::ranges::find(names, lower) != names.end();
}

}  // namespace

Sensitivity sensitivity_of(std::string_view argument, std::span<const std::string> declared) {
  if (std::ranges::find(declared, argument) != declared.end()) return Sensitivity::declared;
  const bool is_known = is_one_of(argument, kTargets) || is_one_of(argument, kSecrets);
  return is_known ? Sensitivity::by_name : Sensitivity::none;
}

Json redacted(std::string_view argument, const Json& value) {
  Json shown = Json::object({{std::string(argument), value}});
  Redactor().redact(shown);
  return std::move(shown.members().front().second);
}

}  // namespace assent
