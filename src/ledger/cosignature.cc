#include "ledger/cosignature.h"

#include <utility>

namespace assent::ledger {

namespace {

constexpr std::size_t kTimeBytes = 8;
constexpr std::size_t kCosignatureBytes = kTimeBytes + 64;

std::string time_bytes(std::uint64_t seconds) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) {
    bytes += static_cast<char>(seconds >> shift & 0xff);
  }
  return bytes;
}

}  // namespace

Cosigner::Cosigner(Ed25519Signer signer, VerifierKey verifier_key)
    : signer_(std::move(signer)), verifier_key_(std::move(verifier_key)) {}

std::optional<Cosigner> Cosigner::from_seed(std::string name, const Secret& seed) {
  auto signer = Ed25519Signer::from_seed(std::move(name), seed);
  if (!signer) return std::nullopt;
  auto key = VerifierKey::from({.name = signer->name(),
                                .algorithm = Algorithm::cosignature_v1,
                                .bytes = signer->verifier_key().public_key()});
  CHECK(key);  // The same name and bytes made a key already.
  return Cosigner(*std::move(signer), *std::move(key));
}

Result<Signature> Cosigner::cosign(std::string_view text, std::chrono::sys_seconds at) const {
  CHECK(at.time_since_epoch().count() >= 0);
  const auto seconds = static_cast<std::uint64_t>(at.time_since_epoch().count());
  const std::string signature = TRY(signer_.sign(cosigned_message(seconds, text)));
  return Signature{.name = verifier_key_.name(),
                   .key_id = verifier_key_.id(),
                   .bytes = time_bytes(seconds) + signature};
}

std::optional<std::chrono::sys_seconds> cosigned_at(const Signature& signature) {
  if (signature.bytes.size() != kCosignatureBytes) return std::nullopt;
  std::uint64_t seconds = 0;
  for (std::size_t i = 0; i < kTimeBytes; ++i) {
    seconds = seconds << 8 | static_cast<unsigned char>(signature.bytes[i]);
  }
  if (seconds >> 63 != 0) return std::nullopt;
  return std::chrono::sys_seconds(std::chrono::seconds(seconds));
}

Result<std::vector<Signature>> open_cosignatures(std::string_view text, std::string_view lines,
                                                 std::span<const VerifierKey> keys) {
  Note note = TRY(open_note(std::string(text) + "\n" + std::string(lines), keys));
  // An empty line among the lines would have ended another text than the checkpoint's.
  if (note.text != text) return Error{Code::validation_error, "These are no signature lines."};
  for (const Signature& signature : note.signatures) {
    const auto at = cosigned_at(signature);
    if (at && at->time_since_epoch().count() > 0) continue;
    return Error{Code::unprocessable, "The cosignature by " + signature.name + " has no time."};
  }
  return std::move(note.signatures);
}

}  // namespace assent::ledger
