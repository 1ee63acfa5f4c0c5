#include "edge/cli/verify_command.h"

#include "assent/verify.h"
#include "base/json.h"
#include "base/text.h"
#include "edge/cli/session.h"
#include "store/verify/verify_store.h"

#include <chrono>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <optional>
#include <unistd.h>
#include <utility>

namespace assent::cli {

namespace {

using assent::verify::Report;
using assent::verify::Scope;
using assent::verify::Verdict;

// One line on stderr, written over.
class ProgressLine {
 public:
  explicit ProgressLine(bool is_wanted)
      : is_terminal_(isatty(STDERR_FILENO) == 1), is_shown_(is_wanted || is_terminal_) {}
  ~ProgressLine() {
    if (is_terminal_) std::fputs("\r\033[K", stderr);
    if (!is_terminal_ && is_shown_) std::fputs("\n", stderr);
  }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  std::function<void(std::uint64_t)> teller() const {
    if (!is_shown_) return nullptr;
    return [this](std::uint64_t events) { show(events); };
  }

 private:
  void show(std::uint64_t events) const {
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin_;
    const double rate = taken.count() > 0 ? static_cast<double>(events) / taken.count() : 0;
    std::fprintf(stderr, "\r%llu events checked, %.0f a second",
                 static_cast<unsigned long long>(events), rate);
  }

  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  const bool is_terminal_;
  const bool is_shown_;
};

// What all three forms say, in the one shape.
struct Told {
  bool is_ok = false;
  std::uint64_t events = 0;
  Json tenants = Json::array();
  std::optional<Json> finding = std::nullopt;
  std::vector<std::string> lines = {};  // For people; the last says what was verified or not.
};

Json finding_json(const std::string& tenant, const std::string& file,
                  std::optional<std::uint64_t> sequence, const std::string& what) {
  Json finding = Json::object({{"tenant", tenant},
                               {"file", file.empty() ? Json() : Json(file)},
                               {"sequence", sequence ? Json(*sequence) : Json()},
                               {"what", what}});
  return finding;
}

std::string finding_line(const Json& finding) {
  const std::string tenant(finding.string_at("tenant").value_or(""));
  std::string where = tenant.empty() ? "" : "tenant " + escape_for_terminal(tenant) + ", ";
  if (const auto file = finding.string_at("file")) where += escape_for_terminal(*file) + ", ";
  if (const auto sequence = finding.integer_at("sequence")) {
    where += "sequence " + std::to_string(*sequence) + ", ";
  }
  if (!where.empty()) where.replace(where.size() - 2, 2, ": ");
  return "NOT verified: " + where + escape_for_terminal(finding.string_at("what").value_or(""));
}

Json texts(const std::vector<std::string>& list) {
  Json out = Json::array();
  for (const std::string& text : list) out.push(text);
  return out;
}

Exit tell(const Output& output, Told told) {
  if (output.format == Format::json) {
    Json out = Json::object(
        {{"ok", told.is_ok}, {"events", told.events}, {"tenants", std::move(told.tenants)}});
    if (told.finding) out.set("finding", *std::move(told.finding));
    print(output, out);
  } else {
    if (told.finding) told.lines.push_back(finding_line(*told.finding));
    for (const std::string& line : told.lines) std::printf("%s\n", line.c_str());
  }
  return told.is_ok ? Exit::done : Exit::verification_failed;
}

Told told_of(const store::VerifyReport& report) {
  Told told{.is_ok = !report.finding, .events = report.events};
  for (const store::TenantReport& tenant : report.tenants) {
    Json row = Json::object({{"tenant", tenant.name},
                             {"origin", tenant.origin},
                             {"size", tenant.size},
                             {"root", tenant.root},
                             {"verifierKey", tenant.verifier_key},
                             {"remarks", texts(tenant.remarks)}});
    if (tenant.checkpoint_size) row.set("checkpointSize", *tenant.checkpoint_size);
    told.tenants.push(std::move(row));
    told.lines.push_back("tenant " + escape_for_terminal(tenant.name) + ": " +
                         std::to_string(tenant.size) + " events, root " + tenant.root);
    for (const std::string& remark : tenant.remarks) told.lines.push_back("  " + remark);
  }
  if (report.finding) {
    told.finding =
        finding_json(report.finding->tenant, "", report.finding->sequence, report.finding->what);
  } else {
    told.lines.push_back("verified: " + std::to_string(report.events) +
                         " events, every one as it was written");
  }
  return told;
}

std::string scope_word(Scope scope) {
  switch (scope) {
    case Scope::none:
      return "none";
    case Scope::range:
      return "range";
    case Scope::members:
      return "members";
    case Scope::log:
      return "log";
  }
  return "none";
}

// What it proves, and what not: the sentence that must not be missed.
std::string proof_line(const Report& report) {
  const std::string events = std::to_string(report.events) + " events";
  switch (report.scope) {
    case Scope::none:
      break;
    case Scope::range:
      return "verified: " + events + ", every one from sequence " + std::to_string(report.begin) +
             " up to, not with, " + std::to_string(report.end) + "; none is left out";
    case Scope::members:
      return "verified: " + events +
             ", each of them in the log; this does not prove that others were not left out";
    case Scope::log:
      return "verified: " + events + ", the whole log; none is left out";
  }
  return "verified";
}

Json tenant_json(const Report& report) {
  Json cosignatures = Json::array();
  for (const auto& cosignature : report.cosignatures) {
    cosignatures.push(Json::object({{"name", cosignature.name},
                                    {"keyId", cosignature.key_id},
                                    {"verified", cosignature.is_verified}}));
  }
  Json scope = Json::object(
      {{"kind", scope_word(report.scope)}, {"complete", report.scope != Scope::members}});
  if (report.scope == Scope::range) scope.set("begin", report.begin).set("end", report.end);
  return Json::object({{"tenant", report.tenant},
                       {"origin", report.origin},
                       {"size", report.size},
                       {"root", report.root},
                       {"verifierKey", report.verifier_key},
                       {"keyPinned", report.is_key_pinned},
                       {"scope", std::move(scope)},
                       {"cosignatures", std::move(cosignatures)},
                       {"remarks", texts(report.remarks)}});
}

Told told_of(const Report& report) {
  Told told{.is_ok = report.verdict == Verdict::verified, .events = report.events};
  told.tenants.push(tenant_json(report));
  if (!report.root.empty()) {
    told.lines.push_back("tenant " + escape_for_terminal(report.tenant) + ": the log " +
                         escape_for_terminal(report.origin) + " of " + std::to_string(report.size) +
                         " events, root " + report.root);
    for (const auto& cosignature : report.cosignatures) {
      told.lines.push_back(std::string("  also signed by ") +
                           escape_for_terminal(cosignature.name) +
                           (cosignature.is_verified ? "" : ", which was not checked"));
    }
    for (const std::string& remark : report.remarks) told.lines.push_back("  " + remark);
    if (!report.is_key_pinned) {
      told.lines.push_back("  The key is the log's own word: compare " + report.verifier_key +
                           " with what you know from elsewhere, or give it with --key.");
    }
  }
  if (report.finding) {
    told.finding = finding_json(report.tenant, report.finding->file, report.finding->sequence,
                                report.finding->what);
  } else {
    told.lines.push_back(proof_line(report));
  }
  return told;
}

Exit tell(const Output& output, const Report& report) {
  if (report.verdict != Verdict::undecided) return tell(output, told_of(report));
  print_error({Code::unavailable, report.reason});
  return Exit::unavailable;
}

Result<std::string> text_of_file(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    return Error{Code::not_found, "The file " + escape_for_terminal(path) + " cannot be read."};
  }
  return std::string(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
}

Exit verify_data(const Output& output, const VerifyOptions& options) {
  store::VerifyQuestion question;
  for (const std::string& path : options.against) {
    auto text = text_of_file(path);
    if (!text) {
      print_error(text.error());
      return Exit::usage;
    }
    question.kept.emplace_back(path, *std::move(text));
  }
  std::optional<ProgressLine> line(options.is_progress_wanted);
  question.progress = line->teller();
  const auto report = store::verify_store(options.directory, question);
  line.reset();
  if (report) return tell(output, told_of(*report));
  print_error(report.error());
  return report.error().code == Code::unavailable ? Exit::unavailable : Exit::error;
}

Exit verify_bundle(const Output& output, const VerifyOptions& options) {
  std::optional<ProgressLine> line(options.is_progress_wanted);
  const Report report = assent::verify::verify_bundle(
      options.bundle, {.verifier_key = options.key, .progress = line->teller()});
  line.reset();
  return tell(output, report);
}

// What was verified the last time: a JSON object of the log's URL, its key and its checkpoint.
struct Remembered {
  std::string verifier_key;
  std::string checkpoint;
};

Result<std::optional<Remembered>> remembered(const std::string& path, const std::string& url) {
  if (path.empty() || ::access(path.c_str(), F_OK) != 0) return std::optional<Remembered>();
  const auto state = parse_json(TRY(text_of_file(path)));
  const auto key = state ? state->string_at("verifierKey") : std::nullopt;
  const auto note = state ? state->string_at("checkpoint") : std::nullopt;
  if (!key || !note) {
    return Error{Code::validation_error, "The file of --state is none that verify has written."};
  }
  if (state->string_at("url") != url) {
    return Error{Code::validation_error, "The file of --state remembers another log."};
  }
  return std::optional(
      Remembered{.verifier_key = std::string(*key), .checkpoint = std::string(*note)});
}

// Under another name first: a crash leaves the old file or the new one.
bool remember(const std::string& path, const std::string& url, const Report& report) {
  const std::string text = json_text(Json::object({{"url", url},
                                                   {"verifierKey", report.verifier_key},
                                                   {"checkpoint", report.checkpoint}}),
                                     2) +
                           "\n";
  const std::string part = path + ".part";
  const int file = ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return false;
  const bool is_written =
      ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fsync(file) == 0;
  ::close(file);
  return is_written && std::rename(part.c_str(), path.c_str()) == 0;
}

Exit verify_url(const Output& output, const VerifyOptions& options) {
  std::string url = options.url;
  while (url.ends_with('/')) url.pop_back();
  url += "/log/" + options.tenant;
  assent::verify::LogOptions question{.verifier_key = options.key};
  const auto before = remembered(options.state, url);
  if (!before) {
    print_error(before.error());
    return Exit::usage;
  }
  if (*before) {
    question.known_checkpoints.push_back((*before)->checkpoint);
    if (question.verifier_key.empty()) question.verifier_key = (*before)->verifier_key;
  }
  for (const std::string& path : options.against) {
    auto text = text_of_file(path);
    if (!text) {
      print_error(text.error());
      return Exit::usage;
    }
    question.known_checkpoints.push_back(*std::move(text));
  }
  question.api_key = std::string(target_from_environment(options.url).key.reveal());
  std::optional<ProgressLine> line(options.is_progress_wanted);
  question.progress = line->teller();
  const Report report = assent::verify::verify_log(url, question);
  line.reset();
  const Exit ended = tell(output, report);
  if (ended != Exit::done || options.state.empty()) return ended;
  if (remember(options.state, url, report)) return ended;
  print_error({Code::unavailable, "The log is verified, but --state cannot be written."});
  return Exit::error;
}

}  // namespace

Exit verify(const Output& output, const VerifyOptions& options) {
  if (!options.bundle.empty()) return verify_bundle(output, options);
  if (!options.directory.empty()) return verify_data(output, options);
  return verify_url(output, options);
}

}  // namespace assent::cli
