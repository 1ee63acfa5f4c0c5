#include "edge/cli/import/import_command.h"

#include "base/text.h"
#include "edge/cli/commands.h"
#include "edge/cli/import/import_sender.h"

#include <CLI/CLI.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace assent::cli {
namespace {

constexpr std::size_t kLinesToldMax = 100;
constexpr std::size_t kTextToldMax = 300;
constexpr std::size_t kProgressStep = 1000;

Error cannot(const std::string& what, const std::string& path) {
  return error_at(Code::validation_error, "rejects",
                  what + " " + path + ": " + std::strerror(errno));
}

// The file of what cannot be imported, byte for byte, so that it can be mended and imported alone.
// Made with the first row; never written over another file.
class Rejects {
 public:
  Rejects(std::string path, std::string_view header) : path_(std::move(path)), header_(header) {}
  ~Rejects() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Rejects(const Rejects&) = delete;
  Rejects& operator=(const Rejects&) = delete;

  Result<void> check() const {
    if (path_.empty() || ::access(path_.c_str(), F_OK) != 0) return {};
    return error_at(Code::validation_error, "rejects", path_ + " is there already");
  }

  void add(std::string_view row) {
    if (path_.empty() || fault_) return;
    if (descriptor_ < 0) {
      descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
      if (descriptor_ < 0) {
        fault_ = cannot("cannot make", path_);
        return;
      }
      if (!header_.empty()) write(header_);
    }
    write(row);
  }

  // What went wrong meanwhile.
  const std::optional<Error>& fault() const { return fault_; }

 private:
  void write(std::string_view line) {
    std::string bytes = std::string(line) + "\n";
    std::string_view left = bytes;
    while (!left.empty()) {
      const ssize_t wrote = ::write(descriptor_, left.data(), left.size());
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote <= 0) {
        fault_ = cannot("cannot write", path_);
        return;
      }
      left.remove_prefix(static_cast<std::size_t>(wrote));
    }
  }

  std::string path_;
  std::string_view header_;
  int descriptor_ = -1;
  std::optional<Error> fault_;
};

// Tells of lines on stderr: the first hundred, and then how many more.
class Teller {
 public:
  ~Teller() {
    if (told_ > kLinesToldMax) {
      std::fprintf(stderr, "… and of %zu more lines\n", told_ - kLinesToldMax);
    }
  }
  Teller() = default;
  Teller(const Teller&) = delete;
  Teller& operator=(const Teller&) = delete;

  void tell(const LineFault& fault) {
    if (++told_ > kLinesToldMax) return;
    std::string what = escape_for_terminal(fault.what);
    if (what.size() > kTextToldMax) what = what.substr(0, kTextToldMax) + "…";
    std::fprintf(stderr, "line %zu: %s\n", fault.line, what.c_str());
  }

 private:
  std::size_t told_ = 0;
};

struct Import {
  ImportPlan plan;
  ImportTally tally;
  std::optional<Error> stopped;  // Why not all rows were sent.
};

Json json_of(const Import& done, const ImportOptions& options) {
  const ImportPlan& plan = done.plan;
  const std::size_t rows = plan.rows.size() + plan.faults.size() + plan.repeated + plan.of_others;
  const auto number = [](std::size_t count) { return static_cast<std::int64_t>(count); };
  return Json::object({{"file", options.file},
                       {"dryRun", options.is_dry_run},
                       {"rows", number(rows)},
                       {"imported", number(done.tally.imported)},
                       {"alreadyThere", number(done.tally.already_there)},
                       {"repeated", number(plan.repeated)},
                       {"ofOtherClients", number(plan.of_others)},
                       {"withoutParent", number(plan.circular.size() + done.tally.without_parent)},
                       {"malformed", number(plan.faults.size())},
                       {"refused", number(done.tally.refused)}});
}

void show_progress(std::size_t sent, std::size_t of) {
  if (isatty(STDERR_FILENO) != 1 || sent % kProgressStep != 0) return;
  std::fprintf(stderr, "\r%zu of %zu rows", sent, of);
}

Result<void> send_all(ImportSender& sender, const ImportPlan& plan, const Rejects& rejects) {
  TRY(sender.start());
  std::size_t sent = 0;
  for (const PlannedRow& row : plan.rows) {
    TRY(sender.send(row));
    if (rejects.fault()) return *rejects.fault();
    show_progress(++sent, plan.rows.size());
  }
  return sender.finish();
}

void send(const Session& session, const RowReader& reader, NoZone no_zone, Rejects& rejects,
          Teller& teller, Import& import) {
  ImportSender sender(
      session.client, reader, no_zone,
      [&](const LineFault& fault) {
        teller.tell(fault);
        rejects.add(fault.text);
      },
      [&](const LineFault& fault) { teller.tell(fault); });
  const auto done = send_all(sender, import.plan, rejects);
  import.tally = sender.tally();
  if (!done) {
    import.stopped = done.error();
  } else if (rejects.fault()) {
    import.stopped = rejects.fault();
  }
}

Exit end(const Session& session, const ImportOptions& options, const Import& import) {
  print(session.output, json_of(import, options));
  if (import.stopped) {
    print_error(*import.stopped);
    std::fprintf(stderr,
                 "%zu of %zu rows are in the log. The same command goes on from there: no row is "
                 "imported twice.\n",
                 import.tally.in_log(), import.plan.rows.size());
    return exit_of(*import.stopped);
  }
  if (!import.plan.faults.empty()) return Exit::usage;
  return import.tally.refused > 0 ? Exit::refused : Exit::done;
}

Result<Exit> run_import(const Session& session, const ImportOptions& options) {
  const std::string text = TRY(read_input(options.file));
  ImportFormat format = RowReader::format_of(text);
  if (!options.format.empty()) {
    format = options.format == "csv" ? ImportFormat::csv : ImportFormat::ndjson;
  }
  RowReader reader = TRY(RowReader::open(text, format));
  ImportChoice choice{.client_id = std::nullopt};
  if (!options.client_id.empty()) choice.client_id = options.client_id;
  if (options.is_utc_assumed) choice.no_zone = NoZone::is_utc;
  Rejects rejects(options.rejects, reader.header());
  TRY(rejects.check());
  Import import{.plan = TRY(plan_import(reader, choice)), .tally = {}, .stopped = {}};
  Teller teller;
  for (const LineFault& fault : import.plan.faults) teller.tell(fault);
  for (const LineFault& fault : import.plan.circular) teller.tell(fault);
  const bool is_whole = import.plan.faults.empty() || !options.rejects.empty();
  if (options.is_dry_run || !is_whole) {
    if (!is_whole) std::fputs("Nothing was sent. --rejects sends the other rows.\n", stderr);
    return end(session, options, import);
  }
  for (const LineFault& fault : import.plan.faults) rejects.add(fault.text);
  send(session, reader, choice.no_zone, rejects, teller, import);
  return end(session, options, import);
}

}  // namespace

void add_import(CLI::App& root, ImportOptions& options, const std::function<void()>& chosen) {
  auto* command = root.add_subcommand(
      "import", "Record the rows of an audit table, NDJSON or CSV; each once, however often.");
  command->add_option("file", options.file, "the rows; - is standard input")->required();
  command->add_option("--format", options.format, "default: what the file begins like")
      ->check(CLI::IsMember({"ndjson", "csv"}));
  command->add_option("--client-id", options.client_id, "import the rows of this client alone");
  command->add_option("--rejects", options.rejects,
                      "a new file for rows that cannot be imported; the others are");
  command->add_flag("--dry-run", options.is_dry_run, "check the file and send nothing");
  command->add_flag("--assume-utc", options.is_utc_assumed, "times without a zone are UTC");
  command->callback(chosen);
}

int import_command(const Session& session, const ImportOptions& options) {
  const auto exit = run_import(session, options);
  return static_cast<int>(exit ? *exit : fail(exit.error()));
}

}  // namespace assent::cli
