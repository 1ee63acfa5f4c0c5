#include "domain/sensitivity.h"

#include <algorithm>
#include <array>

namespace assent {

template <>
std::span<const std::string_view> words<Sensitivity>() {
  static constexpr std::array<std::string_view, 3> kWords = {"none", "by_name", "declared"};
  return kWords;
}

namespace {

constexpr std::string_view kRedacted = "***REDACTED***";

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

bool is_secret_name(std::string_view argument) {
  return is_one_of(argument, kSecrets);
}

Json redacted(std::string_view argument, const Json& value) {
  if (is_secret_name(argument)) return kRedacted;
  if (value.is_object()) {
    Json copy = Json::object();
    for (const auto& [name, member] : value.members()) copy.set(name, redacted(name, member));
    return copy;
  }
  if (!value.is_array()) return value;
  Json copy = Json::array();
  for (const Json& item : value.items()) copy.push(redacted({}, item));
  return copy;
}

}  // namespace assent
