// Keys: the verifying half, which everybody may have, and the signing half, which never leaves.
//
// C2SP signed-note v1.0.0 (https://c2sp.org/signed-note) gives a key a name, an algorithm and
// an id; logs and witnesses sign with Ed25519 (RFC 8032), witnesses a text of their own.
#pragma once

#include "base/result.h"
#include "base/secret.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct evp_pkey_st;  // OpenSSL's EVP_PKEY, which this header does not show.

namespace assent::ledger {

// The signature type byte of signed-note. Adding one is a row in the table in key.cc.
enum class Algorithm : std::uint8_t {
  ed25519 = 0x01,
  // A witness's, with the time of it, which is signed too (C2SP tlog-cosignature): big-endian
  // seconds since 1970 in 8 bytes and the Ed25519 signature. cosignature.h makes them.
  cosignature_v1 = 0x04,
};

// The first four bytes of SHA-256(name ‖ "\n" ‖ algorithm ‖ public key), big-endian. It picks
// a key among those already trusted; it proves nothing, being short enough to forge.
enum class KeyId : std::uint32_t {};

// Whether a key may have this name: non-empty UTF-8 without white space (Unicode's), control
// characters and '+'.
bool is_key_name(std::string_view name);

// What it takes to make a verifier key.
struct PublicKey {
  std::string name;
  Algorithm algorithm = Algorithm::ed25519;
  std::string bytes;  // Ed25519: the 32 bytes of RFC 8032 §5.1.5.
  friend bool operator==(const PublicKey&, const PublicKey&) = default;
};

// A named public key, which can tell whether its other half signed a message.
//
// An immutable value: copy it, share it between threads.
class VerifierKey {
 public:
  // Nothing if the name is not a key name or the bytes have not the algorithm's length.
  static std::optional<VerifierKey> from(PublicKey key);

  // From the text form. Strict: nothing unless text() would give the same text back.
  static std::optional<VerifierKey> from_text(std::string_view text);

  // `name+hex(id)+base64(algorithm ‖ public key)`, signed-note's "vkey".
  std::string text() const;

  const std::string& name() const { return key_.name; }
  Algorithm algorithm() const { return key_.algorithm; }
  const std::string& public_key() const { return key_.bytes; }
  KeyId id() const { return id_; }

  // Whether `signature` (without the key id) is this key's for the note text `message`.
  [[nodiscard]] bool verifies(std::string_view message, std::string_view signature) const;

  friend bool operator==(const VerifierKey&, const VerifierKey&) = default;

 private:
  explicit VerifierKey(PublicKey key);

  PublicKey key_;
  KeyId id_{};
};

// Something that signs: a seed in memory here, a KMS or an HSM elsewhere.
class Signer {
 public:
  virtual ~Signer() = default;

  const std::string& name() const { return verifier_key().name(); }
  virtual const VerifierKey& verifier_key() const = 0;

  // The signature of `message`, without the key id. Thread-safe. Fails if the key
  // cannot be reached now (Code::unavailable) or refuses (Code::internal).
  virtual Result<std::string> sign(std::string_view message) const = 0;
};

// What a cosignature/v1 of that time signs. REQUIRES: `seconds` is at most 2^63 - 1.
std::string cosigned_message(std::uint64_t seconds, std::string_view text);

// Signs with a key held in memory. Never prints it and has no way to get it back.
//
// Movable. The seed is expanded once: that is half the price of a signature (23 of 50 µs),
// and signatures are made on the writer thread. OpenSSL holds the key and wipes it.
class Ed25519Signer final : public Signer {
 public:
  // Nothing if `name` is not a key name or the seed is not the 32 bytes of RFC 8032 §5.1.5.
  static std::optional<Ed25519Signer> from_seed(std::string name, const Secret& seed);

  const VerifierKey& verifier_key() const override { return verifier_key_; }
  Result<std::string> sign(std::string_view message) const override;

 private:
  struct Wipe {
    void operator()(evp_pkey_st* key) const;
  };
  using PrivateKey = std::unique_ptr<evp_pkey_st, Wipe>;

  Ed25519Signer(VerifierKey verifier_key, PrivateKey private_key);

  VerifierKey verifier_key_;
  PrivateKey private_key_;
};

// Which of a log's keys, one after the other: 1 is the one that it was founded with.
enum class Generation : std::uint32_t {};
inline constexpr Generation kFirstGeneration{1};

// The seed of a tenant's log key: HKDF-SHA-256(master, "assent tenant log key v1\n" + origin), and
// of its later generations the same with "\n" and the generation in decimal behind the origin,
// which no origin can have in it.
// One secret to keep safe, one key for each log; a leaked tenant seed tells nothing of the
// master or of the others. The version is in the label: another derivation needs another label.
// REQUIRES: `master` holds at least 32 bytes.
Secret derive_seed(const Secret& master, std::string_view origin,
                   Generation generation = kFirstGeneration);

}  // namespace assent::ledger
