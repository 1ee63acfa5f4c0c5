// What the tests of bundles and pages share: a log of small events, the bundles that an exporter
// would make of it, written by code of its own, and tar files as hostile as a test wants them.
#pragma once

#include "assent/verify.h"
#include "base/json.h"
#include "ledger/key.h"
#include "ledger/merkle.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assent::verify {

// A directory that goes with its owner.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::string path(std::string_view name) const { return directory_ + "/" + std::string(name); }
  // Writes the file, making the folders above it. Returns its path.
  std::string write(std::string_view name, std::string_view bytes) const;

 private:
  std::string directory_;
};

// One file of a tar archive, as its header says it.
struct TarFile {
  std::string name;
  std::string bytes;
  char type = '0';
  std::string link = {};
  std::optional<std::uint64_t> size = std::nullopt;  // Default: that of the bytes.
};
std::string tar_of(const std::vector<TarFile>& files);

// A log of `size` events of one tenant.
class TestLog {
 public:
  explicit TestLog(std::uint64_t size);

  const std::vector<std::string>& entries() const { return entries_; }
  const std::vector<Hash>& leaves() const { return leaves_; }
  std::string verifier_key() const;
  ledger::TreeHead head(std::uint64_t size) const;
  // Signed by the key of that number, of which 0 is the first.
  std::string checkpoint(std::uint64_t size, int key = 0) const;
  // Replaces an entry, as somebody would who has the key.
  void forge(std::uint64_t sequence, std::string_view bytes);
  const ledger::Ed25519Signer& signer(int key) const { return signers_[std::size_t(key)]; }

 private:
  std::vector<std::string> entries_;
  std::vector<Hash> leaves_;
  std::vector<ledger::Ed25519Signer> signers_;
};

constexpr std::string_view kTestOrigin = "test.example/log/acme";
std::string test_entry(std::uint64_t sequence, std::string_view text = "x",
                       std::string_view tenant = "acme");

// A bundle's members in their order, the manifest first; each may be changed before it is written.
struct TestBundle {
  std::vector<std::pair<std::string, std::string>> members;  // Without the manifest.
  Json manifest = Json::object();                            // Without `files`.

  std::string& at(std::string_view name);
  // The manifest with the hashes of the members as they are now.
  std::vector<TarFile> files() const;
  // Writes the tar file and the directory; returns their paths.
  std::string write_tar(const Scratch& scratch) const;
  std::string write_directory(const Scratch& scratch) const;
};

struct TestSelection {
  std::uint64_t size = 0;
  std::uint64_t begin = 0, end = 0;         // A range, …
  std::vector<std::uint64_t> members = {};  // … or these.
  bool is_range = true;
};
TestBundle bundle_of(const TestLog& log, const TestSelection& selection);

}  // namespace assent::verify
