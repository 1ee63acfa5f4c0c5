#include "ledger/testing.h"

#include "base/text.h"

#include <fstream>
#include <optional>
#include <utility>

namespace assent::ledger {
namespace {

std::vector<std::string> lines_of(const std::string& name) {
  std::ifstream file(std::string(ASSENT_SOURCE_DIR) + "/tests/vectors/ledger/" + name);
  CHECK(file.good());
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(std::move(line));
  return lines;
}

// The part of `line` between `before` and the next `after` (or its end).
std::optional<std::string> between(std::string_view line, std::string_view before,
                                   std::string_view after) {
  const std::size_t at = line.find(before);
  if (at == std::string_view::npos) return std::nullopt;
  const std::size_t begin = at + before.size();
  return std::string(line.substr(begin, line.find(after, begin) - begin));
}

std::string word(std::string_view line, std::size_t index) {
  for (;; --index) {
    const std::size_t begin = line.find_first_not_of(' ');
    CHECK(begin != std::string_view::npos);
    line.remove_prefix(begin);
    if (index == 0) return std::string(line.substr(0, line.find(' ')));
    line.remove_prefix(line.find(' '));
  }
}

TileVector tile_from(std::string_view line) {
  return {.path = word(line, 1),
          .bytes = std::stoull(*between(line, "bytes=", " ")),
          .sha256 = hash_from_hex(*between(line, "sha256=", " "))};
}

}  // namespace

Hash hash_from_base64(std::string_view text) {
  return *hash_from_bytes(*from_base64(text));
}
Hash hash_from_hex(std::string_view text) {
  return *hash_from_bytes(*from_hex(text));
}

std::string event(std::uint64_t i) {
  return "event-" + std::to_string(i);
}

std::vector<Hash> event_leaves(std::uint64_t count) {
  std::vector<Hash> leaves;
  for (std::uint64_t i = 0; i < count; ++i) leaves.push_back(hash_leaf(event(i)));
  return leaves;
}

Ed25519Signer counting_signer(std::string name, std::uint8_t first) {
  std::string seed;
  for (int i = 0; i < 32; ++i) seed += static_cast<char>(first + i);
  auto signer = Ed25519Signer::from_seed(std::move(name), Secret(std::move(seed)));
  CHECK(signer.has_value());
  return *std::move(signer);
}

Vectors load_vectors() {
  Vectors vectors;
  std::vector<Hash>* proof = nullptr;
  bool in_checkpoint = false;
  for (const std::string& line : lines_of("vectors.txt")) {
    if (line.starts_with("---")) {
      in_checkpoint = line == "--- checkpoint";
    } else if (in_checkpoint) {
      vectors.checkpoint += line + "\n";
    } else if (line.starts_with("root[")) {
      vectors.reference_roots[std::stoull(*between(line, "[", "]"))] = hash_from_hex(word(line, 1));
    } else if (line.starts_with("root(event-i)[")) {
      vectors.event_roots[std::stoull(*between(line, "[", "]"))] = hash_from_base64(word(line, 1));
    } else if (line.starts_with("tile ")) {
      vectors.tiles.push_back(tile_from(line));
    } else if (line.starts_with("bundle ")) {
      vectors.bundles.push_back(tile_from(line));
    } else if (line.starts_with("inclusion 12345 in 70000:")) {
      proof = &vectors.inclusion;
    } else if (line.starts_with("consistency 1000 -> 70000:")) {
      proof = &vectors.consistency;
    } else if (line.starts_with("  ")) {
      proof->push_back(hash_from_base64(word(line, 0)));
    } else if (!line.empty()) {
      vectors.keys[word(line, 0)] = word(line, 1);
    }
  }
  return vectors;
}

NoteVectors load_note_vectors() {
  NoteVectors vectors;
  bool in_note = false;
  for (const std::string& line : lines_of("notes.txt")) {
    if (line == "end") {
      in_note = false;
    } else if (in_note) {
      vectors.notes.back() += line + "\n";
    } else if (line.starts_with("note ")) {
      in_note = true;
      vectors.notes.emplace_back();
    } else if (line.starts_with("seed ")) {
      vectors.seeds.push_back(*from_hex(word(line, 1)));
    } else if (line.starts_with("vkey ")) {
      vectors.verifier_keys.push_back(word(line, 1));
    }
  }
  return vectors;
}

}  // namespace assent::ledger
