// Verifies what an Assent server says it recorded, without trusting the server: a bundle that it
// exported, or the pages of a log that it serves.
//
//   assent::verify::Options options;
//   options.verifier_key = "assent.example/t/acme+1c2d3e4f+AQ…";   // From a channel of your own.
//   const auto report = assent::verify::verify_bundle("acme.tar", options);
//   if (report.verdict != assent::verify::Verdict::verified) …
//
// Errors are values: nothing here throws on purpose (std::bad_alloc may still pass through). Every
// function may be called from any thread and from many at once; a Report and an Options are plain
// values. Memory stays constant for a bundle or a log of any length, but for the manifest, which
// lists every blob (at most 64 MiB are read).
//
// What a verified report proves: every entry that was read is, byte for byte, in the log whose
// checkpoint the key signed. With `Scope::range` and `Scope::log` it also proves that no entry of
// that stretch was left out; with `Scope::members` it does not.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace assent::verify {

enum class Verdict {
  verified,
  failed,     // Something is not as it was signed, or not as the format wants it: `finding`.
  undecided,  // It could not be read (absent, no permission, no answer): `reason`.
};

// The first thing that is wrong.
struct Finding {
  std::string file;                       // The bundle's member or the log's page; may be empty.
  std::optional<std::uint64_t> sequence;  // The entry's; nothing where no single one can be named.
  std::string what;                       // A sentence, in English, for people.
};

enum class Scope {
  none,     // Not known: the manifest could not be read.
  range,    // Every entry of [begin, end), and none left out.
  members,  // Entries that somebody chose: each is in the log, others may be left out.
  log,      // The whole log, from its first entry.
};

// A signature on the checkpoint by somebody else than the log.
struct Cosignature {
  std::string name;          // The signer's name, as the note says it.
  std::string key_id;        // 8 hex digits.
  bool is_verified = false;  // Checked against a key that was given; else only shown.
};

struct Report {
  Verdict verdict = Verdict::undecided;
  std::optional<Finding> finding;  // Exactly if failed.
  std::string reason;              // Why undecided; else empty.

  Scope scope = Scope::none;
  std::uint64_t begin = 0;   // Of a range.
  std::uint64_t end = 0;     // Of a range: one past its last entry.
  std::uint64_t events = 0;  // How many entries were checked, also when it failed later.

  std::string tenant;
  std::string origin;          // The log's name.
  std::string verifier_key;    // That the checkpoint is signed with, in signed-note's text form.
  bool is_key_pinned = false;  // The caller gave the key, or one that handed over to it. False: the
                               // bundle or server vouches for itself; compare the key elsewhere.
  std::uint64_t size = 0;      // The checkpoint's.
  std::string root;            // The checkpoint's: 64 hex digits.
  std::string checkpoint;      // The signed note, as read.
  std::vector<Cosignature> cosignatures;
  std::vector<std::string> remarks;  // Sentences about what is true but worth knowing.
};

// Called now and then, on the calling thread, with how many entries were checked so far.
using Progress = std::function<void(std::uint64_t)>;

struct Options {
  // The log's key as you have kept it. Empty: the bundle's own is believed, and the report says so.
  // An older key of the log is good, too, if the bundle has the handovers from it.
  std::string verifier_key = {};
  Progress progress = {};
};

// Verifies a bundle, format "assent-bundle/1": a tar file, or the directory that it was unpacked
// into. Reads only below `path`, writes nothing, and needs no network.
Report verify_bundle(const std::string& path, const Options& options);

struct LogOptions {
  std::string verifier_key = {};  // As in Options.
  // A signed checkpoint of the same log that somebody kept. It must fit: otherwise the log was
  // rewritten, rolled back, or shows different people different histories.
  std::vector<std::string> known_checkpoints = {};
  std::string api_key = {};  // Sent as a bearer token; empty: the log is public.
  unsigned requests = 8;     // In flight at once, 1 to 64.
  Progress progress = {};
};

// Verifies a whole log from its pages (C2SP tlog-tiles): `url` is what /checkpoint and /tile/…
// follow, such as https://assent.example/log/acme. Fetches every entry bundle, recomputes the tree,
// and compares every hash tile with it. http and https; redirects are not followed.
Report verify_log(const std::string& url, const LogOptions& options);

}  // namespace assent::verify
