#include "base/redact.h"

#include "base/redact_names.h"
#include "base/redact_shapes.h"
#include "base/redact_text.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

namespace assent {
namespace {

bool is_card_number(const Json& value) {
  constexpr std::int64_t kSmallest = 1'000'000'000'000;
  constexpr double kLargest = 1e16;
  if (value.is_double()) {
    const double number = value.number();
    if (!(number >= static_cast<double>(kSmallest)) || number > kLargest) return false;
    if (std::floor(number) != number) return false;
    return redaction::is_card_number(std::to_string(static_cast<std::int64_t>(number)));
  }
  if (value.integer() < kSmallest) return false;
  return redaction::is_card_number(std::to_string(value.integer()));
}

bool is_hidden(NameSecrecy secrecy, const Json& value) {
  switch (secrecy) {
    case NameSecrecy::open:
      return false;
    case NameSecrecy::counted:
      return value.is_string() || value.is_array() || value.is_object();
    case NameSecrecy::secret:
      return !value.is_null() && !value.is_bool();
    case NameSecrecy::declared:
      return !value.is_null();
  }
  return false;
}

// The name under which `value` is kept where it has a place of its own: {"name": …, "value": …}.
const std::string* name_of_value(const Json::Object& members) {
  const std::string* name = nullptr;
  bool has_value = false;
  for (const auto& [key, member] : members) {
    if ((key == "name" || key == "key") && member.is_string()) name = &member.string();
    if (key == "value") has_value = true;
  }
  return has_value ? name : nullptr;
}

}  // namespace

Redactor::Redactor(std::span<const std::string> declared) {
  declared_.reserve(declared.size());
  for (const std::string& name : declared) {
    CHECK(is_declarable(name));
    declared_.emplace_back(redaction::PlainName(name).text());
  }
}

bool Redactor::is_declarable(std::string_view name) {
  return name.size() <= kDeclaredNameMax && !redaction::PlainName(name).text().empty();
}

NameSecrecy Redactor::secrecy_of(std::string_view name) const {
  if (declared_.empty() && !redaction::may_be_secret(name)) return NameSecrecy::open;
  const redaction::PlainName plain(name);
  if (!declared_.empty() && plain.is_whole() &&
      std::ranges::find(declared_, plain.text()) != declared_.end()) {
    return NameSecrecy::declared;
  }
  if (redaction::is_secret(plain)) return NameSecrecy::secret;
  return redaction::is_counted(plain) ? NameSecrecy::counted : NameSecrecy::open;
}

void Redactor::redact(Json& value) const {
  if (value.is_string()) {
    if (auto text = redaction::TextScan(value.string(), *this).run()) value = std::move(*text);
  } else if (value.is_number()) {
    if (is_card_number(value)) value = kRedactionMarker;
  } else if (value.is_array()) {
    for (Json& item : value.items()) redact(item);
  } else if (value.is_object()) {
    redact_members(value.members());
  }
}

void Redactor::redact(std::string& text) const {
  if (auto redacted = redaction::TextScan(text, *this).run()) text = std::move(*redacted);
}

void Redactor::redact_members(Json::Object& members) const {
  const std::string* const value_name = name_of_value(members);
  const NameSecrecy value_secrecy = value_name ? secrecy_of(*value_name) : NameSecrecy::open;
  for (auto& [name, member] : members) {
    const bool is_value = name == "value" && is_hidden(value_secrecy, member);
    if (is_value || is_hidden(secrecy_of(name), member)) {
      member = kRedactionMarker;
    } else {
      redact(member);
    }
  }
  redact_names(members);
}

// A secret may be a name. Two of them in one object stay two members; the names that stay as they
// are go first, so that a second time finds every name where it is.
void Redactor::redact_names(Json::Object& members) const {
  std::vector<std::pair<std::string*, std::string>> changed;
  for (auto& [name, member] : members) {
    auto redacted = redaction::TextScan(name, *this).run();
    if (redacted && *redacted != name) changed.emplace_back(&name, std::move(*redacted));
  }
  if (changed.empty()) return;
  std::set<std::string, std::less<>> taken;
  auto next = changed.begin();
  for (const auto& [name, member] : members) {
    if (next != changed.end() && next->first == &name) {
      ++next;
    } else {
      taken.insert(name);
    }
  }
  std::map<std::string, int, std::less<>> numbers;
  for (auto& [name, redacted] : changed) {
    std::string unused = redacted;
    int& number = numbers.try_emplace(redacted, 1).first->second;
    while (taken.contains(unused)) unused = redacted + " " + std::to_string(++number);
    *name = *taken.insert(std::move(unused)).first;
  }
}

}  // namespace assent
