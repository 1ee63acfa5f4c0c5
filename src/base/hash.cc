#include "base/hash.h"

#include "base/result.h"
#include "base/text.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

namespace assent {
namespace {

constexpr std::string_view kContentHashPrefix = "sha256:";

// Fetched once: OpenSSL 3 looks an algorithm up by name under a lock, which costs more than
// hashing a small message.
const EVP_MD* algorithm() {
  static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  CHECK(fetched != nullptr);
  return fetched;
}

EVP_MD_CTX* as_context(void* context) {
  return static_cast<EVP_MD_CTX*>(context);
}

Sha256& of_this_thread() {
  thread_local Sha256 hasher;
  return hasher;
}

const unsigned char* as_octets(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace

// OpenSSL fails here only when memory runs out or its installation is broken; there is no
// hash to go on with, so these are CHECKs.
Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  CHECK(context_ != nullptr);
  CHECK(EVP_DigestInit_ex2(as_context(context_), algorithm(), nullptr) == 1);
}

Sha256::~Sha256() {
  EVP_MD_CTX_free(as_context(context_));
}

void Sha256::update(std::string_view bytes) {
  CHECK(EVP_DigestUpdate(as_context(context_), bytes.data(), bytes.size()) == 1);
}

Hash Sha256::finish() {
  Hash hash;
  CHECK(EVP_DigestFinal_ex(as_context(context_), hash.data(), nullptr) == 1);
  CHECK(EVP_DigestInit_ex2(as_context(context_), nullptr, nullptr) == 1);
  return hash;
}

Hash sha256(std::string_view bytes) {
  Sha256& hasher = of_this_thread();
  hasher.update(bytes);
  return hasher.finish();
}

Hash sha256_prefixed(std::uint8_t prefix, std::string_view a, std::string_view b) {
  Sha256& hasher = of_this_thread();
  hasher.update({reinterpret_cast<const char*>(&prefix), 1});
  hasher.update(a);
  hasher.update(b);
  return hasher.finish();
}

Hash hmac_sha256(std::string_view key, std::string_view message) {
  // To HMAC() a null key means "the one before", which there is not.
  const char* const key_bytes = key.empty() ? "" : key.data();
  Hash hash;
  CHECK(HMAC(algorithm(), key_bytes, static_cast<int>(key.size()), as_octets(message),
             message.size(), hash.data(), nullptr) != nullptr);
  return hash;
}

// RFC 5869 with L = HashLen: one extraction and one block of expansion, T(1).
Hash hkdf_sha256(std::string_view key, std::string_view info) {
  constexpr Hash kNoSalt = {};
  Hash extracted = hmac_sha256(as_bytes(kNoSalt), key);
  std::string block(info);
  block.push_back('\x01');
  const Hash derived = hmac_sha256(as_bytes(extracted), block);
  OPENSSL_cleanse(extracted.data(), extracted.size());
  return derived;
}

std::string_view as_bytes(const Hash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

std::optional<Hash> hash_from_bytes(std::string_view bytes) {
  Hash hash;
  if (bytes.size() != hash.size()) return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), hash.begin());
  return hash;
}

std::string content_hash_text(const Hash& hash) {
  return std::string(kContentHashPrefix) + to_hex(as_bytes(hash));
}

std::optional<Hash> content_hash_from_text(std::string_view text) {
  if (!text.starts_with(kContentHashPrefix)) return std::nullopt;
  const std::string_view digits = text.substr(kContentHashPrefix.size());
  // One spelling per hash, so that texts compare as the hashes do.
  if (std::any_of(digits.begin(), digits.end(), [](char c) { return c >= 'A' && c <= 'F'; })) {
    return std::nullopt;
  }
  const auto bytes = from_hex(digits);
  if (!bytes) return std::nullopt;
  return hash_from_bytes(*bytes);
}

}  // namespace assent
