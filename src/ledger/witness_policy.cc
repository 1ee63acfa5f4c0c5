#include "ledger/witness_policy.h"

#include "base/text.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace assent::ledger {

namespace {

using Member = WitnessPolicy::Member;

constexpr std::string_view kNone = "none";

Error malformed(std::size_t line, const std::string& what) {
  return {Code::validation_error,
          "The witness policy, line " + std::to_string(line) + ": " + what + "."};
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return words;
    line.remove_prefix(begin);
    const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

bool is_forbidden(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\n') || byte == 0x7f;
}

// Reads one line after the other into a policy.
class Reader {
 public:
  Result<void> read(std::string_view line);
  Result<WitnessPolicy> finish() &&;

 private:
  using Words = std::span<const std::string_view>;

  Error wrong(const std::string& what) const { return malformed(line_, what); }
  Result<void> read_log(Words words);
  Result<void> read_witness(Words words);
  Result<void> read_group(Words words);
  Result<void> read_quorum(Words words);
  Result<VerifierKey> key(std::string_view text, Algorithm algorithm,
                          std::set<std::string>& seen) const;
  Result<void> define(std::string_view name, Member member);
  Result<Member> member(std::string_view name) const;
  Result<std::size_t> threshold(std::string_view text, std::size_t members) const;

  std::size_t line_ = 0;
  bool has_quorum_ = false;
  WitnessPolicy policy_;
  std::map<std::string, Member, std::less<>> names_;
  std::set<std::string, std::less<>> members_;  // Who is in a group already.
  std::set<std::string> log_keys_, witness_keys_;
};

Result<void> Reader::read(std::string_view line) {
  ++line_;
  if (std::ranges::any_of(line, &is_forbidden)) return wrong("a control character");
  const auto words = words_of(line);
  if (words.empty() || words.front().starts_with('#')) return {};
  const Words rest = Words(words).subspan(1);
  if (words.front() == "log") return read_log(rest);
  if (words.front() == "witness") return read_witness(rest);
  if (words.front() == "group") return read_group(rest);
  if (words.front() == "quorum") return read_quorum(rest);
  return wrong("it begins with none of log, witness, group and quorum");
}

Result<WitnessPolicy> Reader::finish() && {
  ++line_;
  if (!has_quorum_) return wrong("the policy ends without a quorum");
  return std::move(policy_);
}

Result<void> Reader::read_log(Words words) {
  if (words.empty() || words.size() > 2) return wrong("a log is `log <vkey> [<url>]`");
  policy_.logs.push_back({.key = TRY(key(words[0], Algorithm::ed25519, log_keys_)),
                          .url = std::string(words.size() > 1 ? words[1] : "")});
  return {};
}

Result<void> Reader::read_witness(Words words) {
  if (words.size() < 2 || words.size() > 3) {
    return wrong("a witness is `witness <name> <vkey> [<url>]`");
  }
  auto verifier_key = TRY(key(words[1], Algorithm::cosignature_v1, witness_keys_));
  TRY(define(words[0], {.kind = Member::Kind::witness, .place = policy_.witnesses.size()}));
  policy_.witnesses.push_back({.name = std::string(words[0]),
                               .key = std::move(verifier_key),
                               .url = std::string(words.size() > 2 ? words[2] : "")});
  return {};
}

Result<void> Reader::read_group(Words words) {
  if (words.size() < 3) return wrong("a group is `group <name> all|any|<k> <name>...`");
  const std::size_t needed = TRY(threshold(words[1], words.size() - 2));
  WitnessPolicy::Group group{.name = std::string(words[0]), .threshold = needed, .members = {}};
  for (const std::string_view name : words.subspan(2)) {
    group.members.push_back(TRY(member(name)));
    // Each witness has one way only to count.
    if (!members_.emplace(name).second) {
      return wrong("`" + std::string(name) + "` is a group's member already");
    }
  }
  // After its members, or it could be its own.
  TRY(define(words[0], {.kind = Member::Kind::group, .place = policy_.groups.size()}));
  policy_.groups.push_back(std::move(group));
  return {};
}

Result<void> Reader::read_quorum(Words words) {
  if (words.size() != 1) return wrong("a quorum is `quorum <name>` or `quorum none`");
  if (has_quorum_) return wrong("a second quorum");
  has_quorum_ = true;
  if (words[0] != kNone) policy_.quorum = TRY(member(words[0]));
  return {};
}

Result<VerifierKey> Reader::key(std::string_view text, Algorithm algorithm,
                                std::set<std::string>& seen) const {
  auto found = VerifierKey::from_text(text);
  if (!found) return wrong("the verifier key is malformed, or of a kind that is not supported");
  if (found->algorithm() != algorithm) {
    return wrong(algorithm == Algorithm::ed25519 ? "this is not the key of a log"
                                                 : "this is not the key of a witness");
  }
  if (!seen.insert(found->public_key()).second) return wrong("the key is there already");
  return std::move(*found);
}

Result<void> Reader::define(std::string_view name, Member member) {
  if (name == kNone) return wrong("nothing can be called `none`");
  if (names_.emplace(name, member).second) return {};
  return wrong("`" + std::string(name) + "` is defined already");
}

Result<Member> Reader::member(std::string_view name) const {
  const auto found = names_.find(name);
  if (found != names_.end()) return found->second;
  return wrong("`" + std::string(name) + "` is not defined on a line before");
}

Result<std::size_t> Reader::threshold(std::string_view text, std::size_t members) const {
  if (text == "all") return members;
  if (text == "any") return std::size_t{1};
  const auto k = from_decimal(text);
  if (k && *k >= 1 && *k <= members) return static_cast<std::size_t>(*k);
  return wrong("the threshold is neither all nor any nor a number from 1 to the group's size");
}

}  // namespace

Result<WitnessPolicy> parse_witness_policy(std::string_view text) {
  if (text.size() > kWitnessPolicyBytesMax) return malformed(1, "the policy is too long");
  Reader reader;
  std::size_t lines = 0;
  while (!text.empty()) {
    ++lines;
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return malformed(lines, "no newline at its end");
    TRY(reader.read(text.substr(0, end)));
    text.remove_prefix(end + 1);
  }
  return std::move(reader).finish();
}

bool is_satisfied(const WitnessPolicy& policy, std::span<const VerifierKey> cosigners) {
  if (!policy.quorum) return true;
  std::vector<bool> groups;
  const auto has_witnessed = [&](const Member& member) {
    if (member.kind == Member::Kind::group) return bool{groups[member.place]};
    const VerifierKey& key = policy.witnesses[member.place].key;
    return std::ranges::find(cosigners, key) != cosigners.end();
  };
  // A group's members stand before it, so one pass is enough, however deep they are nested.
  for (const WitnessPolicy::Group& group : policy.groups) {
    const auto count = std::ranges::count_if(group.members, has_witnessed);
    groups.push_back(static_cast<std::size_t>(count) >= group.threshold);
  }
  return has_witnessed(*policy.quorum);
}

}  // namespace assent::ledger
