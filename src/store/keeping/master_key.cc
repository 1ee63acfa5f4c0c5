#include "store/keeping/master_key.h"

#include "base/seal.h"
#include "base/text.h"
#include "store/files.h"

#include <utility>

namespace assent::store {

namespace {

constexpr std::size_t kSeedBytes = 32;

Result<std::string> read_master(const std::string& directory) {
  auto text = read_file(directory + "/" + std::string(kMasterFile));
  if (text || text.error().code != Code::not_found) return text;
  if (read_file(directory + "/" + std::string(kRestoringFile))) {
    return Error{Code::invalid_state,
                 "a restore into this directory was interrupted: remove it and restore again"};
  }
  return Error{Code::not_found, "there is no store in this directory; `assent init` makes one"};
}

Result<Secret> seed_from(std::string_view hex) {
  if (hex.ends_with('\n')) hex.remove_suffix(1);
  const auto seed = from_hex(hex);
  if (seed && seed->size() == kSeedBytes) return Secret(*seed);
  return Error{Code::corrupt, "signing.key is not 64 hexadecimal digits"};
}

}  // namespace

Result<Secret> read_passphrase(const std::string& seal_file) {
  auto text = read_file(seal_file);
  if (!text) return Error{Code::not_found, "the file with the passphrase cannot be read"};
  if (text->ends_with('\n')) text->pop_back();
  Secret passphrase(std::move(*text));
  if (!passphrase.reveal().empty()) return passphrase;
  return Error{Code::validation_error, "the file with the passphrase is empty"};
}

Result<Secret> master_from(std::string_view text, const std::string& seal_file) {
  if (!is_sealed(text)) return seed_from(text);
  if (seal_file.empty()) {
    return Error{Code::invalid_state,
                 "signing.key is sealed: ASSENT_SEAL_FILE must name the file with its passphrase"};
  }
  const Secret passphrase = TRY(read_passphrase(seal_file));
  auto opened = unseal(text, passphrase);
  if (!opened) {
    return Error{opened.error().code, "signing.key cannot be used: " + opened.error().detail};
  }
  return seed_from(opened->reveal());
}

Result<Secret> load_master(const std::string& directory, const std::string& seal_file) {
  return master_from(TRY(read_master(directory)), seal_file);
}

Result<std::string> master_text(const Secret& seed, const std::string& seal_file, Random& random) {
  const std::string hex = to_hex(seed.reveal());
  if (seal_file.empty()) return hex + "\n";
  return seal(Secret(hex), TRY(read_passphrase(seal_file)), random);
}

Result<void> seal_master(const std::string& directory, const std::string& seal_file,
                         Random& random) {
  const std::string text = TRY(read_master(directory));
  const DirectoryLock lock = TRY(DirectoryLock::take(directory));
  if (is_sealed(text)) return Error{Code::invalid_state, "signing.key is sealed already"};
  const Secret seed = TRY(seed_from(text));
  const std::string sealed = TRY(master_text(seed, seal_file, random));
  // Nobody is left with a key that does not open.
  const Secret again = TRY(master_from(sealed, seal_file));
  CHECK(again.equals(seed.reveal()));
  return write_durably(directory, std::string(kMasterFile), sealed);
}

Result<void> unseal_master(const std::string& directory, const std::string& seal_file) {
  const std::string text = TRY(read_master(directory));
  const DirectoryLock lock = TRY(DirectoryLock::take(directory));
  if (!is_sealed(text)) return Error{Code::invalid_state, "signing.key is not sealed"};
  const Secret seed = TRY(master_from(text, seal_file));
  return write_durably(directory, std::string(kMasterFile), to_hex(seed.reveal()) + "\n");
}

}  // namespace assent::store
