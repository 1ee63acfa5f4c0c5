// A secret in a file that a passphrase opens.
//
//   assent-sealed/1                                    the format; all of it is text, line by line
//   argon2id <operations> <bytes of memory>            what one guess of the passphrase costs
//   salt <16 bytes, base64>
//   nonce <12 bytes, base64>
//   sealed <AES-256-GCM of the secret, and the 16 bytes of its tag, base64>
//
// The AES key is Argon2id 1.3 (RFC 9106, one lane, 32 bytes) of the passphrase; the lines before
// `sealed`, with their newlines, are authenticated with it. Whatever changes the file, or another
// passphrase, opens nothing.
#pragma once

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace assent {

struct SealCost {
  std::uint64_t operations = 3;
  std::uint64_t memory_bytes = 268'435'456;
  friend bool operator==(const SealCost&, const SealCost&) = default;
};
// What a file may ask of us, which reads it before anything in it is authenticated.
inline constexpr std::uint64_t kSealOperationsMax = 16;
inline constexpr std::uint64_t kSealMemoryMax = 1'073'741'824;

// A sealed secret, taken apart.
struct Sealed {
  SealCost cost;
  std::string salt;
  std::string nonce;
  std::string ciphertext;  // With the tag.
  friend bool operator==(const Sealed&, const Sealed&) = default;
};
bool is_sealed(std::string_view text);  // By its first line.
// Strict: nothing unless format_sealed() of the result is `text` again.
std::optional<Sealed> parse_sealed(std::string_view text);
std::string format_sealed(const Sealed& sealed);

// Code::unavailable if there is not the memory for it.
Result<std::string> seal(const Secret& secret, const Secret& passphrase, Random& random,
                         const SealCost& cost = {});
// Code::validation_error for what is no sealed text, Code::unprocessable if the passphrase does not
// open it or it was damaged: nobody can tell which.
Result<Secret> unseal(std::string_view text, const Secret& passphrase);

}  // namespace assent
