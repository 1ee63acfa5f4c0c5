#include "verify/testing.h"

#include "base/canonical.h"
#include "base/hash.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/text.h"
#include "ledger/checkpoint.h"
#include "ledger/testing.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace assent::verify {
namespace {

Json hashes(const std::vector<Hash>& list) {
  Json out = Json::array();
  for (const Hash& hash : list) out.push(to_base64(as_bytes(hash)));
  return out;
}

// RFC 6962's MTH, said as the paper does.
Hash naive_root(std::span<const Hash> leaves) {
  if (leaves.empty()) return sha256({});
  if (leaves.size() == 1) return leaves.front();
  std::size_t split = 1;
  while (split * 2 < leaves.size()) split *= 2;
  const Hash left = naive_root(leaves.first(split));
  const Hash right = naive_root(leaves.subspan(split));
  return sha256("\x01" + std::string(as_bytes(left)) + std::string(as_bytes(right)));
}

std::vector<Hash> naive_peaks(std::span<const Hash> leaves) {
  std::vector<Hash> peaks;
  while (!leaves.empty()) {
    std::size_t width = 1;
    while (width * 2 <= leaves.size()) width *= 2;
    peaks.push_back(naive_root(leaves.first(width)));
    leaves = leaves.subspan(width);
  }
  return peaks;
}

std::string octal(std::uint64_t value, int digits) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%0*llo", digits, static_cast<unsigned long long>(value));
  return text.data();
}

}  // namespace

Scratch::Scratch() {
  std::string name = std::filesystem::temp_directory_path() / "assent-verify-XXXXXX";
  CHECK(mkdtemp(name.data()) != nullptr);
  directory_ = name;
}

Scratch::~Scratch() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::string Scratch::write(std::string_view name, std::string_view bytes) const {
  std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
  std::ofstream(path(name), std::ios::binary) << bytes;
  return path(name);
}

std::string tar_of(const std::vector<TarFile>& files) {
  std::string tar;
  for (const TarFile& file : files) {
    std::string header(512, '\0');
    const auto put = [&header](std::size_t at, std::string_view text) {
      header.replace(at, text.size(), text);
    };
    put(0, file.name);
    put(100, octal(0644, 7));
    put(108, octal(0, 7));
    put(116, octal(0, 7));
    put(124, octal(file.size.value_or(file.bytes.size()), 11));
    put(136, octal(0, 11));
    put(148, "        ");
    header[156] = file.type;
    put(157, file.link);
    put(257, std::string_view("ustar\00000", 8));
    std::uint64_t sum = 0;
    for (const char c : header) sum += static_cast<std::uint8_t>(c);
    put(148, octal(sum, 6) + std::string("\0 ", 2));
    tar += header + file.bytes;
    tar.append((512 - file.bytes.size() % 512) % 512, '\0');
  }
  return tar.append(1024, '\0');
}

std::string test_entry(std::uint64_t sequence, std::string_view text, std::string_view tenant) {
  const std::string digits = std::to_string(sequence);
  return R"({"correlationid":"c","data":{"text":")" + std::string(text) +
         R"("},"dataschema":"assent:mail.sent:1","id":"evt_x","sequence":")" +
         std::string(20 - digits.size(), '0') + digits + R"(","source":")" +
         std::string(kTestOrigin) + R"(","specversion":"1.0","subject":"mail/1","tenantid":")" +
         std::string(tenant) +
         R"(","time":"2026-01-19T22:26:59.790000Z","traceid":"t","type":"mail.sent"})";
}

TestLog::TestLog(std::uint64_t size) {
  for (std::uint64_t i = 0; i < size; ++i) {
    entries_.push_back(test_entry(i));
    leaves_.push_back(ledger::hash_leaf(entries_.back()));
  }
  for (const int first : {1, 50, 100}) {
    signers_.push_back(
        ledger::counting_signer(std::string(kTestOrigin), static_cast<std::uint8_t>(first)));
  }
}

std::string TestLog::verifier_key() const {
  return signers_.front().verifier_key().text();
}

ledger::TreeHead TestLog::head(std::uint64_t size) const {
  return {.size = ledger::Size{size}, .root = naive_root(std::span(leaves_).first(size))};
}

std::string TestLog::checkpoint(std::uint64_t size, int key) const {
  return ledger::sign_checkpoint({.origin = std::string(kTestOrigin), .head = head(size)},
                                 signer(key))
      .value();
}

void TestLog::forge(std::uint64_t sequence, std::string_view bytes) {
  entries_[sequence] = bytes;
  leaves_[sequence] = ledger::hash_leaf(bytes);
}

std::string& TestBundle::at(std::string_view name) {
  const auto found = std::ranges::find(members, name, &decltype(members)::value_type::first);
  CHECK(found != members.end());
  return found->second;
}

std::vector<TarFile> TestBundle::files() const {
  Json list = Json::object();
  std::vector<TarFile> files = {{}};
  for (const auto& [name, bytes] : members) {
    list.set(name, Json::object({{"bytes", std::uint64_t{bytes.size()}},
                                 {"sha256", to_hex(as_bytes(sha256(bytes)))}}));
    files.push_back({.name = name, .bytes = bytes});
  }
  Json whole = manifest;
  if (whole.find("files") == nullptr) whole.set("files", std::move(list));
  files.front() = {.name = "manifest.json", .bytes = canonical_json(whole) + "\n"};
  return files;
}

std::string TestBundle::write_tar(const Scratch& scratch) const {
  return scratch.write("bundle.tar", tar_of(files()));
}

std::string TestBundle::write_directory(const Scratch& scratch) const {
  for (const TarFile& file : files()) scratch.write("bundle/" + file.name, file.bytes);
  return scratch.path("bundle");
}

TestBundle bundle_of(const TestLog& log, const TestSelection& selection) {
  const auto leaves = std::span(log.leaves()).first(selection.size);
  std::string events;
  std::string proofs;
  Json chosen =
      Json::object({{"kind", "range"}, {"begin", selection.begin}, {"end", selection.end}});
  if (selection.is_range) {
    for (std::uint64_t i = selection.begin; i < selection.end; ++i) {
      events += log.entries()[i] + "\n";
    }
    const Json proof = Json::object(
        {{"peaks", hashes(naive_peaks(leaves.first(selection.begin)))},
         {"consistency", hashes(ledger::consistency_proof(leaves, ledger::Size{selection.end}))}});
    proofs = canonical_json(proof) + "\n";
  } else {
    for (const std::uint64_t i : selection.members) {
      events += log.entries()[i] + "\n";
      const auto path = ledger::inclusion_proof(leaves, ledger::Index{i});
      proofs += canonical_json(Json::object({{"sequence", i}, {"path", hashes(path)}})) + "\n";
    }
    chosen = Json::object({{"kind", "members"},
                           {"count", std::uint64_t{selection.members.size()}},
                           {"query", Json::object({{"approval", "apr_x"}})}});
  }
  Json keys = Json::array();
  keys.push(
      Json::object({{"verifierKey", log.verifier_key()}, {"fromSize", 0}, {"handover", nullptr}}));
  return {.members = {{"checkpoint", log.checkpoint(selection.size)},
                      {"keys.json", canonical_json(keys) + "\n"},
                      {"events.ndjson", events},
                      {"proofs.ndjson", proofs},
                      {"witnesses.json", R"({"keys":[],"policy":null})"
                                         "\n"}},
          .manifest = Json::object({{"format", "assent-bundle/1"},
                                    {"tenant", "acme"},
                                    {"origin", kTestOrigin},
                                    {"selection", chosen},
                                    {"size", selection.size},
                                    {"verifierKey", log.verifier_key()},
                                    {"createdAt", "2026-01-19T22:26:59.790000Z"}})};
}

}  // namespace assent::verify
