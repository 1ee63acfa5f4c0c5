#include "ledger/key.h"

#include "base/hash.h"
#include "base/text.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

namespace assent::ledger {
namespace {

constexpr std::size_t kSeedBytes = 32;
constexpr std::size_t kSignatureBytes = 64;
constexpr std::size_t kTimeBytes = 8;  // In front of a cosignature.
constexpr std::uint64_t kSecondsMax = (std::uint64_t{1} << 63) - 1;
constexpr std::size_t kMasterBytesMin = 32;
constexpr std::string_view kDerivationLabel = "assent tenant log key v1\n";

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Pkey = std::unique_ptr<EVP_PKEY, Free>;
using Context = std::unique_ptr<EVP_MD_CTX, Free>;

const unsigned char* data_of(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* data_of(std::string& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

// OpenSSL refuses S >= L, so a signature cannot be altered into another valid one (RFC 8032 §8.4).
bool verify_ed25519(std::string_view public_key, std::string_view message,
                    std::string_view signature) {
  // A refusal leaves a note in this thread's OpenSSL error queue, which the next TLS call on
  // the thread would take for its own.
  ERR_set_mark();
  const Pkey key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, data_of(public_key),
                                             public_key.size()));
  const Context context(EVP_MD_CTX_new());
  const bool is_right =
      key && context &&
      EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
      EVP_DigestVerify(context.get(), data_of(signature), signature.size(), data_of(message),
                       message.size()) == 1;
  ERR_pop_to_mark();
  return is_right;
}

bool verify_cosignature(std::string_view public_key, std::string_view message,
                        std::string_view signature) {
  std::uint64_t seconds = 0;
  for (const char byte : signature.substr(0, kTimeBytes))
    seconds = seconds << 8 | static_cast<unsigned char>(byte);
  return seconds <= kSecondsMax && verify_ed25519(public_key, cosigned_message(seconds, message),
                                                  signature.substr(kTimeBytes));
}

struct AlgorithmRow {
  Algorithm algorithm;
  std::size_t public_key_bytes;
  std::size_t signature_bytes;
  bool (*verify)(std::string_view public_key, std::string_view message, std::string_view signature);
};

constexpr std::array kAlgorithms = {
    AlgorithmRow{Algorithm::ed25519, 32, kSignatureBytes, &verify_ed25519},
    AlgorithmRow{Algorithm::cosignature_v1, 32, kTimeBytes + kSignatureBytes, &verify_cosignature},
};

const AlgorithmRow* find_algorithm(Algorithm algorithm) {
  const auto row = std::ranges::find(kAlgorithms, algorithm, &AlgorithmRow::algorithm);
  return row == kAlgorithms.end() ? nullptr : &*row;
}

// The code points with Unicode's White_Space property beyond ASCII, in UTF-8: the names are
// compared as bytes, so there is no need to decode.
constexpr std::array<std::string_view, 19> kWideSpaces = {
    "\u0085", "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003",
    "\u2004", "\u2005", "\u2006", "\u2007", "\u2008", "\u2009", "\u200a",
    "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"};

std::string typed_bytes(const PublicKey& key) {
  return std::string(1, static_cast<char>(key.algorithm)) + key.bytes;
}

KeyId key_id(const PublicKey& key) {
  const Hash hash = sha256(key.name + "\n" + typed_bytes(key));
  std::uint32_t id = 0;
  for (std::size_t i = 0; i < 4; ++i) id = id << 8 | hash[i];
  return KeyId{id};
}

}  // namespace

std::string cosigned_message(std::uint64_t seconds, std::string_view text) {
  return "cosignature/v1\ntime " + std::to_string(seconds) + "\n" + std::string(text);
}

bool is_key_name(std::string_view name) {
  const auto is_forbidden = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '+'; };
  const auto is_in_name = [name](std::string_view space) {
    return name.find(space) != std::string_view::npos;
  };
  return !name.empty() && is_utf8(name) && std::ranges::none_of(name, is_forbidden) &&
         std::ranges::none_of(kWideSpaces, is_in_name);
}

VerifierKey::VerifierKey(PublicKey key) : key_(std::move(key)), id_(key_id(key_)) {}

std::optional<VerifierKey> VerifierKey::from(PublicKey key) {
  const AlgorithmRow* row = find_algorithm(key.algorithm);
  if (row == nullptr || key.bytes.size() != row->public_key_bytes) return std::nullopt;
  if (!is_key_name(key.name)) return std::nullopt;
  return VerifierKey(std::move(key));
}

std::optional<VerifierKey> VerifierKey::from_text(std::string_view text) {
  const std::size_t name_end = text.find('+');
  if (name_end == std::string_view::npos) return std::nullopt;
  const std::size_t id_end = text.find('+', name_end + 1);
  if (id_end == std::string_view::npos) return std::nullopt;

  const auto bytes = from_base64(text.substr(id_end + 1));
  if (!bytes || bytes->empty()) return std::nullopt;
  auto key = from({.name = std::string(text.substr(0, name_end)),
                   .algorithm = static_cast<Algorithm>(bytes->front()),
                   .bytes = bytes->substr(1)});
  // The id is redundant, so it must agree; and two texts for one key would be one too many.
  if (!key || key->text() != text) return std::nullopt;
  return key;
}

std::string VerifierKey::text() const {
  std::string id;
  for (int shift = 24; shift >= 0; shift -= 8) {
    id += static_cast<char>(static_cast<std::uint32_t>(id_) >> shift & 0xff);
  }
  return key_.name + "+" + to_hex(id) + "+" + to_base64(typed_bytes(key_));
}

bool VerifierKey::verifies(std::string_view message, std::string_view signature) const {
  const AlgorithmRow* row = find_algorithm(key_.algorithm);
  return signature.size() == row->signature_bytes && row->verify(key_.bytes, message, signature);
}

void Ed25519Signer::Wipe::operator()(evp_pkey_st* key) const {
  EVP_PKEY_free(key);
}

Ed25519Signer::Ed25519Signer(VerifierKey verifier_key, PrivateKey private_key)
    : verifier_key_(std::move(verifier_key)), private_key_(std::move(private_key)) {}

std::optional<Ed25519Signer> Ed25519Signer::from_seed(std::string name, const Secret& seed) {
  if (seed.reveal().size() != kSeedBytes) return std::nullopt;
  PrivateKey private_key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, data_of(seed.reveal()), kSeedBytes));
  CHECK(private_key != nullptr);

  std::string bytes(find_algorithm(Algorithm::ed25519)->public_key_bytes, '\0');
  std::size_t size = bytes.size();
  CHECK(EVP_PKEY_get_raw_public_key(private_key.get(), data_of(bytes), &size) == 1);

  auto verifier_key = VerifierKey::from(
      {.name = std::move(name), .algorithm = Algorithm::ed25519, .bytes = std::move(bytes)});
  if (!verifier_key) return std::nullopt;
  return Ed25519Signer(*std::move(verifier_key), std::move(private_key));
}

// Each call has its own context; the key is only read, so threads may share it.
Result<std::string> Ed25519Signer::sign(std::string_view message) const {
  const Context context(EVP_MD_CTX_new());
  std::string signature(kSignatureBytes, '\0');
  std::size_t size = signature.size();
  if (!context ||
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, private_key_.get()) != 1 ||
      EVP_DigestSign(context.get(), data_of(signature), &size, data_of(message), message.size()) !=
          1) {
    return Error{Code::internal, "OpenSSL could not sign with the log's key."};
  }
  return signature;
}

Secret derive_seed(const Secret& master, std::string_view origin, Generation generation) {
  CHECK(master.reveal().size() >= kMasterBytesMin);
  std::string info = std::string(kDerivationLabel) + std::string(origin);
  if (generation != kFirstGeneration) {
    info += "\n" + std::to_string(static_cast<std::uint32_t>(generation));
  }
  Hash seed = hkdf_sha256(master.reveal(), info);
  Secret secret{std::string(as_bytes(seed))};
  OPENSSL_cleanse(seed.data(), seed.size());
  return secret;
}

}  // namespace assent::ledger
