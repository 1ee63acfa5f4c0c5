// What the ledger's tests share: the vectors that other implementations made, and the logs
// they speak of. Aborts on a missing or misshapen file.
#pragma once

#include "ledger/key.h"
#include "ledger/merkle.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace assent::ledger {

Hash hash_from_base64(std::string_view text);
Hash hash_from_hex(std::string_view text);

// The log of the vectors: entry i is the text "event-<i>".
std::string event(std::uint64_t i);
std::vector<Hash> event_leaves(std::uint64_t count);

// A signer from 32 bytes that count up from `first`.
Ed25519Signer counting_signer(std::string name, std::uint8_t first);

// A tlog-tiles path and the SHA-256 of what it serves.
struct TileVector {
  std::string path;
  std::uint64_t bytes = 0;
  Hash sha256{};
};

// tests/vectors/ledger/vectors.txt
struct Vectors {
  std::map<std::uint64_t, Hash> reference_roots;  // Of the eight leaves of RFC 6962's test data.
  std::map<std::uint64_t, Hash> event_roots;
  std::map<std::string, std::string> keys;  // vkey, skey, keyid.
  std::vector<TileVector> tiles;
  std::vector<TileVector> bundles;
  std::string checkpoint;
  std::vector<Hash> inclusion;    // Of event 12345 in 70000.
  std::vector<Hash> consistency;  // From 1000 to 70000.
};
Vectors load_vectors();

// tests/vectors/ledger/notes.txt
struct NoteVectors {
  std::vector<std::string> seeds;
  std::vector<std::string> verifier_keys;
  std::vector<std::string> notes;
};
NoteVectors load_note_vectors();

}  // namespace assent::ledger
