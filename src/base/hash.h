// SHA-256 (FIPS 180-4), and HMAC and HKDF on it (RFC 2104, RFC 5869).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace assent {

using Hash = std::array<std::uint8_t, 32>;

// Incremental SHA-256. One instance, one thread.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(std::string_view bytes);
  Hash finish();  // And starts anew.

 private:
  void* context_;  // EVP_MD_CTX.
};

// Thread-safe; uses a context of the calling thread.
Hash sha256(std::string_view bytes);
// SHA-256 of `prefix` byte followed by `a` and `b`: what a Merkle tree needs.
Hash sha256_prefixed(std::uint8_t prefix, std::string_view a, std::string_view b = {});
Hash hmac_sha256(std::string_view key, std::string_view message);
// HKDF-SHA-256 with an empty salt, 32 bytes out.
Hash hkdf_sha256(std::string_view key, std::string_view info);

std::string_view as_bytes(const Hash& hash);  // REQUIRES: `hash` outlives the view.
std::optional<Hash> hash_from_bytes(std::string_view bytes);

// `sha256:` + 64 lower-case hex digits, and back (nothing if not exactly that).
std::string content_hash_text(const Hash& hash);
std::optional<Hash> content_hash_from_text(std::string_view text);

}  // namespace assent
