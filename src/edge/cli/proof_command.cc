#include "edge/cli/proof_command.h"

#include "base/canonical.h"
#include "base/text.h"
#include "ledger/proof.h"

#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <vector>

namespace assent::cli {

namespace {

struct Proven {
  std::uint64_t sequence = 0;
  ledger::Checkpoint checkpoint;
};

Error malformed(std::string what) {
  return {Code::validation_error, std::move(what)};
}

Result<std::string> read_whole(const std::string& name) {
  std::ifstream file(name, std::ios::binary);
  if (!file) return Error{Code::unavailable, "cannot read " + name};
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// What is in the log is the event's one canonical spelling; people keep others.
Result<std::string> entry_from(const std::string& name) {
  return canonicalise(TRY(read_whole(name)));
}

Result<std::vector<Hash>> path_from(const Json& receipt) {
  const Json* const hashes = receipt.find("inclusionProof");
  if (hashes == nullptr || !hashes->is_array()) return malformed("the receipt has no proof");
  std::vector<Hash> path;
  for (const Json& text : hashes->items()) {
    const auto hash = text.is_string() ? ledger::hash_from_text(text.string()) : std::nullopt;
    if (!hash) return malformed("a hash of the receipt's proof is none");
    path.push_back(*hash);
  }
  return path;
}

Result<Proven> open_receipt(const std::string& text, const std::optional<std::string>& entry,
                            const ledger::VerifierKey& key) {
  const Json receipt = TRY(parse_json(text));
  if (!receipt.is_object()) return malformed("this is no receipt");
  const std::int64_t sequence = receipt.integer_at("sequence").value_or(-1);
  const auto leaf = ledger::hash_from_text(receipt.string_at("leafHash").value_or(""));
  if (sequence < 0 || !leaf) return malformed("this is no receipt");
  const auto path = TRY(path_from(receipt));
  auto checkpoint = TRY(ledger::open_checkpoint(receipt.string_at("checkpoint").value_or(""), key));
  if (entry && ledger::hash_leaf(*entry) != *leaf) {
    return Error{Code::unprocessable, "The receipt is of another event."};
  }
  const auto index = static_cast<std::uint64_t>(sequence);
  const auto root = ledger::root_from_path(*leaf, ledger::Index{index}, checkpoint.head.size, path);
  if (root != checkpoint.head.root) {
    return Error{Code::unprocessable, "The receipt does not lead to its checkpoint."};
  }
  return Proven{.sequence = index, .checkpoint = std::move(checkpoint)};
}

Result<Proven> open_any(const ProofOptions& options, const ledger::VerifierKey& key) {
  const std::string text = TRY(read_whole(options.proof));
  std::optional<std::string> entry;
  if (!options.entry.empty()) entry = TRY(entry_from(options.entry));
  if (!text.starts_with("c2sp.org/")) return open_receipt(text, entry, key);
  if (!entry) return malformed("a log proof is of an event: give it with --entry");
  auto checkpoint = TRY(ledger::open_proof(text, *entry, key));
  const auto proof = TRY(ledger::parse_proof(text));
  return Proven{.sequence = ledger::number(proof.index), .checkpoint = std::move(checkpoint)};
}

}  // namespace

Exit verify_proof(const Output& output, const ProofOptions& options) {
  const auto proven = open_any(options, *ledger::VerifierKey::from_text(options.key));
  if (!proven && proven.error().code == Code::unavailable) {
    print_error(proven.error());
    return Exit::unavailable;
  }
  Json said = Json::object({{"ok", proven.has_value()}});
  if (proven) {
    said.set("sequence", static_cast<std::int64_t>(proven->sequence));
    said.set("origin", proven->checkpoint.origin);
    said.set("size", static_cast<std::int64_t>(ledger::number(proven->checkpoint.head.size)));
  } else {
    said.set("finding", Json::object({{"what", proven.error().detail}}));
  }
  if (output.format == Format::json) {
    print(output, said);
  } else if (proven) {
    std::printf("verified: the event with sequence %llu is in the log %s of %llu events\n",
                static_cast<unsigned long long>(proven->sequence),
                escape_for_terminal(proven->checkpoint.origin).c_str(),
                static_cast<unsigned long long>(ledger::number(proven->checkpoint.head.size)));
  } else {
    std::fprintf(stderr, "not verified: %s\n", escape_for_terminal(proven.error().detail).c_str());
  }
  return proven ? Exit::done : Exit::verification_failed;
}

}  // namespace assent::cli
