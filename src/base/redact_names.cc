#include "base/redact_names.h"

#include <algorithm>
#include <span>

namespace assent::redaction {
namespace {

constexpr std::array<std::string_view, 11> kWhole = {"key", "auth", "pin", "otp",  "totp", "bearer",
                                                     "dsn", "cvv",  "cvc", "cvv2", "cvc2"};

constexpr std::size_t kWholeMax = 6;

// Ordered by the last letter, so that one look tells which of them to compare with.
constexpr auto kEndings = std::to_array<std::string_view>({
    "mnemonic",  // c
    "password",
    "passwd",
    "pwd",
    "accesskeyid",
    "creditcard",  // d
    "passphrase",
    "passcode",
    "cookie",
    "seedphrase",
    "recoveryphrase",  // e
    "recoverycode",
    "backupcode",
    "securitycode",
    "xamzsignature",
    "xgoogsignature",
    "connectionstring",  // g
    "passwordhash",      // h
    "credential",
    "keymaterial",  // l
    "token",
    "authorization",  // n
    "cardnumber",
    "connstr",  // r
    "secret",
    "jwt",  // t
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "signingkey",  // y
    "encryptionkey",
    "decryptionkey",
    "masterkey",
    "sshkey",
    "hmackey",
    "sharedkey",
    "accountkey",
    "authkey",
    "sessionkey",
});
static_assert(std::ranges::is_sorted(kEndings, {}, [](std::string_view a) { return a.back(); }));

constexpr std::array<std::string_view, 5> kShort = {"key", "auth", "pin", "pass", "sig"};

constexpr std::array<std::string_view, 6> kPhrases = {
    "authorization", "cookie", "mnemonic", "passphrase", "recoveryphrase", "seedphrase"};

// Where the endings with each last letter begin; one more, where the last of them ends.
constexpr auto kFirstEnding = [] {
  std::array<std::size_t, 27> first{};
  for (std::size_t letter = 0; letter < first.size(); ++letter) {
    for (const std::string_view ending : kEndings) {
      if (static_cast<std::size_t>(ending.back() - 'a') < letter) ++first[letter];
    }
  }
  return first;
}();

// Each character as a plain name has it; 0 where it has none.
constexpr auto kPlain = [] {
  std::array<char, 256> plain{};
  for (std::size_t c = 0; c < plain.size(); ++c) {
    const bool is_capital = c >= 'A' && c <= 'Z';
    const bool is_kept =
        is_capital || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80;
    if (is_kept) plain[c] = static_cast<char>(is_capital ? c - 'A' + 'a' : c);
  }
  return plain;
}();

// With what the text of a secret name ends.
constexpr auto kLasts = [] {
  std::array<bool, 256> lasts{};
  const auto add = [&](std::string_view name) {
    lasts[static_cast<unsigned char>(name.back())] = true;
  };
  for (const std::string_view name : kWhole) add(name);
  for (const std::string_view name : kEndings) add(name);
  return lasts;
}();

bool is_last(char c) {
  return kLasts[static_cast<unsigned char>(c)];
}

// Takes the last character that a plain name keeps off `name`; 0 if there is none.
char take_last(std::string_view& name) {
  while (!name.empty()) {
    const char c = kPlain[static_cast<unsigned char>(name.back())];
    name.remove_suffix(1);
    if (c != '\0') return c;
  }
  return '\0';
}

bool has_ending(std::string_view name, std::span<const std::string_view> endings) {
  return std::ranges::any_of(endings, [&](auto ending) { return name.ends_with(ending); });
}

bool is_secret_text(std::string_view name, bool is_whole) {
  if (name.empty()) return false;
  if (is_whole && name.size() <= kWholeMax && std::ranges::find(kWhole, name) != kWhole.end())
    return true;
  const char last = name.back();
  if (last < 'a' || last > 'z') return false;
  const auto letter = static_cast<std::size_t>(last - 'a');
  const std::size_t first = kFirstEnding[letter];
  return has_ending(name, std::span(kEndings).subspan(first, kFirstEnding[letter + 1] - first));
}

}  // namespace

PlainName::PlainName(std::string_view name) {
  for (std::size_t i = name.size(); i-- > 0;) {
    const char c = kPlain[static_cast<unsigned char>(name[i])];
    if (c == '\0') continue;
    if (begin_ == 0) {
      is_whole_ = false;
      return;
    }
    buffer_[--begin_] = c;
  }
}

bool may_be_secret(std::string_view name) {
  const char last = take_last(name);
  if (is_last(last) || last != 's') return is_last(last);
  const char before = take_last(name);
  return before == 's' || is_last(before);  // `pass` is counted, and no plural.
}

bool is_secret(const PlainName& name) {
  return is_secret_text(name.text(), name.is_whole());
}

bool is_counted(const PlainName& name) {
  const std::string_view text = name.text();
  if (!text.ends_with('s')) return false;
  if (text == "pass" && name.is_whole()) return true;
  return is_secret_text(text.substr(0, text.size() - 1), name.is_whole());
}

bool is_short(const PlainName& name) {
  return name.is_whole() && std::ranges::find(kShort, name.text()) != kShort.end();
}

bool is_phrase(const PlainName& name) {
  return has_ending(name.text(), kPhrases);
}

}  // namespace assent::redaction
