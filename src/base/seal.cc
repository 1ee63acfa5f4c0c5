#include "base/seal.h"

#include "base/text.h"

#include <openssl/evp.h>

#include <array>
#include <charconv>
#include <memory>
#include <sodium.h>
#include <utility>

namespace assent {
namespace {

constexpr std::string_view kMagic = "assent-sealed/1\n";
constexpr std::size_t kSaltBytes = crypto_pwhash_SALTBYTES;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kSecretBytesMax = 65'536;

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

std::string header_of(const Sealed& sealed) {
  return std::string(kMagic) + "argon2id " + std::to_string(sealed.cost.operations) + " " +
         std::to_string(sealed.cost.memory_bytes) + "\nsalt " + to_base64(sealed.salt) +
         "\nnonce " + to_base64(sealed.nonce) + "\n";
}

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}
int length(std::string_view text) {
  return static_cast<int>(text.size());
}

// Takes `prefix`, and all up to the next `end`, off `text`; gives what is between them.
std::optional<std::string_view> take(std::string_view& text, std::string_view prefix, char end) {
  if (!text.starts_with(prefix)) return std::nullopt;
  const std::size_t at = text.find(end, prefix.size());
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view between = text.substr(prefix.size(), at - prefix.size());
  text.remove_prefix(at + 1);
  return between;
}

std::optional<std::uint64_t> number_from(std::optional<std::string_view> text) {
  std::uint64_t number = 0;
  if (!text) return std::nullopt;
  const auto read = std::from_chars(text->data(), text->data() + text->size(), number);
  if (read.ec != std::errc() || read.ptr != text->data() + text->size()) return std::nullopt;
  return number;
}

std::optional<std::string> bytes_from(std::optional<std::string_view> text) {
  return text ? from_base64(*text) : std::nullopt;
}

bool is_affordable(const SealCost& cost) {
  return cost.operations >= crypto_pwhash_argon2id_OPSLIMIT_MIN &&
         cost.operations <= kSealOperationsMax &&
         cost.memory_bytes >= crypto_pwhash_argon2id_MEMLIMIT_MIN &&
         cost.memory_bytes <= kSealMemoryMax;
}

std::string random_bytes(Random& random, std::size_t count) {
  std::string out(count, '\0');
  random.fill({bytes(out), out.size()});
  return out;
}

Result<Secret> stretch(const Secret& passphrase, const Sealed& sealed) {
  if (sodium_init() < 0) return Error{Code::internal, "libsodium cannot start"};
  std::string key(kKeyBytes, '\0');
  const std::string_view from = passphrase.reveal();
  if (crypto_pwhash(bytes(key), key.size(), from.data(), from.size(), bytes(sealed.salt),
                    sealed.cost.operations, static_cast<std::size_t>(sealed.cost.memory_bytes),
                    crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return Error{Code::unavailable, "there is not the memory to derive a key from a passphrase"};
  }
  return Secret(std::move(key));
}

// The ciphertext with its tag.
std::optional<std::string> encrypt(const Secret& key, const Sealed& sealed, std::string_view header,
                                   std::string_view secret) {
  const Cipher cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  std::string out(secret.size() + kTagBytes, '\0');
  int count = 0;
  const bool is_done =
      cipher &&
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes(key.reveal()),
                         bytes(sealed.nonce)) == 1 &&
      EVP_EncryptUpdate(cipher.get(), nullptr, &count, bytes(header), length(header)) == 1 &&
      EVP_EncryptUpdate(cipher.get(), bytes(out), &count, bytes(secret), length(secret)) == 1 &&
      EVP_EncryptFinal_ex(cipher.get(), bytes(out) + count, &count) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes,
                          bytes(out) + secret.size()) == 1;
  if (!is_done) return std::nullopt;
  return out;
}

std::optional<Secret> decrypt(const Secret& key, const Sealed& sealed, std::string_view header) {
  const Cipher cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  const std::size_t size = sealed.ciphertext.size() - kTagBytes;
  std::string tag = sealed.ciphertext.substr(size);
  std::string out(size, '\0');
  int count = 0;
  const bool is_authentic =
      cipher &&
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes(key.reveal()),
                         bytes(sealed.nonce)) == 1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &count, bytes(header), length(header)) == 1 &&
      EVP_DecryptUpdate(cipher.get(), bytes(out), &count, bytes(sealed.ciphertext),
                        static_cast<int>(size)) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, bytes(tag)) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), bytes(out) + count, &count) == 1;
  Secret secret(std::move(out));  // Wiped either way.
  if (!is_authentic) return std::nullopt;
  return secret;
}

}  // namespace

bool is_sealed(std::string_view text) {
  return text.starts_with(kMagic);
}

std::string format_sealed(const Sealed& sealed) {
  return header_of(sealed) + "sealed " + to_base64(sealed.ciphertext) + "\n";
}

std::optional<Sealed> parse_sealed(std::string_view text) {
  const std::string_view whole = text;
  if (!is_sealed(text) || text.size() > 2 * kSecretBytesMax) return std::nullopt;
  text.remove_prefix(kMagic.size());
  const auto operations = number_from(take(text, "argon2id ", ' '));
  const auto memory = number_from(take(text, "", '\n'));
  auto salt = bytes_from(take(text, "salt ", '\n'));
  auto nonce = bytes_from(take(text, "nonce ", '\n'));
  auto ciphertext = bytes_from(take(text, "sealed ", '\n'));
  if (!operations || !memory || !salt || !nonce || !ciphertext) return std::nullopt;
  Sealed sealed{.cost = {.operations = *operations, .memory_bytes = *memory},
                .salt = std::move(*salt),
                .nonce = std::move(*nonce),
                .ciphertext = std::move(*ciphertext)};
  const bool is_sound = is_affordable(sealed.cost) && sealed.salt.size() == kSaltBytes &&
                        sealed.nonce.size() == kNonceBytes && sealed.ciphertext.size() >= kTagBytes;
  if (!is_sound || format_sealed(sealed) != whole) return std::nullopt;
  return sealed;
}

Result<std::string> seal(const Secret& secret, const Secret& passphrase, Random& random,
                         const SealCost& cost) {
  CHECK(secret.reveal().size() <= kSecretBytesMax);
  Sealed sealed{.cost = cost,
                .salt = random_bytes(random, kSaltBytes),
                .nonce = random_bytes(random, kNonceBytes),
                .ciphertext = {}};
  const Secret key = TRY(stretch(passphrase, sealed));
  auto ciphertext = encrypt(key, sealed, header_of(sealed), secret.reveal());
  if (!ciphertext) return Error{Code::internal, "the secret could not be encrypted"};
  sealed.ciphertext = std::move(*ciphertext);
  return format_sealed(sealed);
}

Result<Secret> unseal(std::string_view text, const Secret& passphrase) {
  const auto sealed = parse_sealed(text);
  if (!sealed) return Error{Code::validation_error, "the sealed file is damaged"};
  const Secret key = TRY(stretch(passphrase, *sealed));
  auto secret = decrypt(key, *sealed, header_of(*sealed));
  if (secret) return std::move(*secret);
  return Error{Code::unprocessable,
               "the passphrase does not open the sealed file, or the file is damaged"};
}

}  // namespace assent
