#include "ledger/proof.h"

#include "base/text.h"
#include "ledger/note.h"

namespace assent::ledger {
namespace {

constexpr std::string_view kHeader = "c2sp.org/tlog-proof@v1";
constexpr std::string_view kExtra = "extra ";
constexpr std::string_view kIndex = "index ";
// A tree of 2^63 leaves is that high.
constexpr std::size_t kPathMax = 63;
// As much as a note may have (note.h), and a full path.
constexpr std::size_t kProofBytesMax = kNoteBytesMax + 8192;

Error malformed(const std::string& what) {
  return {Code::validation_error, "Not a log proof: " + what};
}

// The hashes up to the empty line, which goes too.
Result<std::vector<Hash>> take_path(std::string_view& text) {
  std::vector<Hash> path;
  for (;;) {
    const auto line = take_line(text);
    if (!line) return malformed("it ends within the path.");
    if (line->empty()) return path;
    const auto hash = hash_from_text(*line);
    if (!hash) return malformed("a line of the path is no hash.");
    if (path.size() == kPathMax) return malformed("the path is longer than any tree is high.");
    path.push_back(*hash);
  }
}

}  // namespace

std::string format_proof(const Proof& proof) {
  std::string text = std::string(kHeader) + "\n";
  if (proof.extra) text += std::string(kExtra) + to_base64(*proof.extra) + "\n";
  text += std::string(kIndex) + std::to_string(number(proof.index)) + "\n";
  for (const Hash& hash : proof.path) text += to_base64(as_bytes(hash)) + "\n";
  return text + "\n" + proof.checkpoint;
}

Result<Proof> parse_proof(std::string_view bytes) {
  if (bytes.size() > kProofBytesMax) return malformed("it is too long.");
  if (take_line(bytes) != kHeader) return malformed("its first line is another.");
  Proof proof;
  auto line = take_line(bytes);
  if (line && line->starts_with(kExtra)) {
    proof.extra = from_base64(line->substr(kExtra.size()));
    if (!proof.extra) return malformed("its extra data are not base64.");
    line = take_line(bytes);
  }
  if (!line || !line->starts_with(kIndex)) return malformed("it has no index.");
  const auto index = from_decimal(line->substr(kIndex.size()));
  if (!index || Size{*index} >= kSizeMax) return malformed("its index is none.");
  proof.index = Index{*index};
  proof.path = TRY(take_path(bytes));
  proof.checkpoint = std::string(bytes);
  // What would not be read as a note is no proof of anything.
  TRY(parse_note(proof.checkpoint));
  return proof;
}

Result<Checkpoint> open_proof(std::string_view bytes, std::string_view entry,
                              const VerifierKey& key) {
  const Proof proof = TRY(parse_proof(bytes));
  Checkpoint checkpoint = TRY(open_checkpoint(proof.checkpoint, key));
  if (number(proof.index) >= number(checkpoint.head.size)) {
    return Error{Code::unprocessable, "The proof is of an entry beyond its checkpoint."};
  }
  const auto root = root_from_path(hash_leaf(entry), proof.index, checkpoint.head.size, proof.path);
  if (root == checkpoint.head.root) return checkpoint;
  return Error{Code::unprocessable, "The proof does not lead from the entry to its checkpoint."};
}

}  // namespace assent::ledger
