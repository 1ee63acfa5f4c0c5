// `signing.key`: the one secret of a store, from which all its keys are derived. 64 hexadecimal
// digits, or the same sealed with a passphrase (base/seal.h).
#pragma once

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

#include <string>
#include <string_view>

namespace assent::store {

inline constexpr std::string_view kMasterFile = "signing.key";
inline constexpr std::string_view kRestoringFile = "restoring";  // There until a restore is done.

// The passphrase in a file, without the newline at its end. Code::validation_error if it is empty.
Result<Secret> read_passphrase(const std::string& seal_file);

// The seed in the text of a signing.key; `seal_file` is the passphrase's, empty if there is none.
// Code::invalid_state if it takes a passphrase and there is none; else as read_passphrase() and
// unseal(), or Code::corrupt for what is no seed.
Result<Secret> master_from(std::string_view text, const std::string& seal_file);
// The store's. Code::not_found if there is no store in the directory.
Result<Secret> load_master(const std::string& directory, const std::string& seal_file);

// The text of a new signing.key. Sealed if `seal_file` is not empty.
Result<std::string> master_text(const Secret& seed, const std::string& seal_file, Random& random);

// Replaces the store's signing.key by a sealed one, or by a plain one. Takes the directory's lock.
// Code::invalid_state if it is so already.
Result<void> seal_master(const std::string& directory, const std::string& seal_file,
                         Random& random);
Result<void> unseal_master(const std::string& directory, const std::string& seal_file);

}  // namespace assent::store
