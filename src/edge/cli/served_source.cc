#include "edge/cli/served_source.h"

#include "base/canonical.h"
#include "base/json.h"
#include "base/text.h"
#include "domain/event.h"
#include "domain/principal.h"
#include "edge/cli/served_log.h"
#include "edge/cli/session.h"
#include "store/bundle/log_keys.h"
#include "store/bundle/selection.h"
#include "store/search/facets.h"
#include "store/search/search_terms.h"

#include <charconv>
#include <utility>

namespace assent::cli {

namespace {

using store::EventQuery;
using store::SequenceRange;

// A page of events is in memory whole, and an event may have 64 KiB.
constexpr const char* kEventsPerPage = "100";

using Parameters = std::vector<std::pair<std::string, std::string>>;

Parameters parameters_of(const EventQuery& query) {
  Parameters parameters;
  const auto add = [&parameters](const char* name, const std::optional<std::string>& value) {
    if (value) parameters.emplace_back(name, *value);
  };
  if (!query.types.empty()) parameters.emplace_back("type", query.types.front());
  add("actor", query.actor);
  add("subject", query.subject);
  add("target", query.target);
  add("approvalId", query.approval_id);
  add("correlationId", query.correlation_id);
  add("traceId", query.trace_id);
  add("outcome", query.outcome);
  parameters.emplace_back("limit", kEventsPerPage);
  return parameters;
}

Result<std::uint64_t> sequence_of(const Json& event) {
  const auto text = event.string_at("sequence").value_or("");
  std::uint64_t sequence = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), sequence);
  if (read.ec == std::errc() && read.ptr == text.data() + text.size()) return sequence;
  return Error{Code::corrupt, "the server answers with an event that has no sequence"};
}

// The caller's own note is the caller's fault, the server's is the log's.
Error not_vouched_for(bool is_given, const Error& why) {
  return {is_given ? Code::unprocessable : Code::corrupt,
          "the checkpoint is none that the log's key vouches for: " + why.detail};
}

Error unasked(std::uint64_t sequence) {
  return {Code::corrupt, "the server answers with event " + std::to_string(sequence) +
                             ", which was not asked for"};
}

class ServedSource final : public store::BundleSource {
 public:
  ServedSource(Client& client, const std::string& tenant)
      : client_(client), pages_(client, tenant) {
    log_.tenant = tenant;
  }

  Result<void> open(const std::optional<std::string>& given);

  const store::BundleLog& log() const override { return log_; }
  Result<void> walk(SequenceRange range, const Visitor& visit) override;
  Result<void> find(const EventQuery& query, SequenceRange range, const Visitor& visit) override;
  Result<Hash> node(ledger::Node node) override { return pages_.node(node); }
  Result<std::string> blob(const Hash& hash) override;

 private:
  Result<void> read_keys();
  Result<void> look_beyond();
  Result<std::string> event(std::uint64_t sequence);
  Result<Reply> page_of(const Parameters& parameters, const std::string& cursor);

  Client& client_;
  ServedLog pages_;
  store::BundleLog log_;
};

Result<void> ServedSource::open(const std::optional<std::string>& given) {
  log_.checkpoint = given ? *given : TRY(pages_.checkpoint());
  // Not believed yet, but the tiles of a tree cannot be asked for without its size.
  const auto claimed = store::claimed_size(log_.checkpoint);
  if (!claimed) return not_vouched_for(given.has_value(), claimed.error());
  const std::uint64_t size = *claimed;
  if (size == 0) return Error{Code::invalid_state, "The log is empty."};
  pages_.set_size(size);
  log_.known_size = size;
  log_.head.size = ledger::Size{size};
  TRY(read_keys());
  const auto chosen = store::choose_checkpoint(log_, log_.checkpoint);
  if (!chosen) return not_vouched_for(given.has_value(), chosen.error());
  return look_beyond();
}

// Of later keys the events tell; their handovers are files of the store, and not served.
Result<void> ServedSource::read_keys() {
  const std::string created = TRY(event(0));
  log_.origin = TRY(stored_event_from(created)).source;
  log_.keys.push_back(TRY(store::first_key(created)));
  EventQuery rotations;
  rotations.types = {"ledger.key_rotated"};
  return find(rotations, {0, log_.known_size}, [this](std::uint64_t, std::string_view bytes) {
    auto key = store::rotated_key(bytes, std::nullopt);
    if (!key) return Result<void>(key.error());
    log_.keys.push_back(*std::move(key));
    return Result<void>();
  });
}

// Whether there is an event that the checkpoint does not have. How many is not asked.
Result<void> ServedSource::look_beyond() {
  const auto next = event(log_.known_size);
  if (next) {
    ++log_.known_size;
    return {};
  }
  return next.error().code == Code::not_found ? Result<void>() : Result<void>(next.error());
}

Result<std::string> ServedSource::event(std::uint64_t sequence) {
  if (sequence < ledger::number(log_.head.size)) return pages_.entry(sequence);
  const std::string number = std::to_string(sequence);
  const auto reply =
      TRY(call(client_, {.method = "GET", .path = "/v1/events/" + number, .body = ""}));
  if (!reply.http.is_success()) return error_of(reply.http, "event " + number);
  return canonical_json(reply.data());
}

Result<void> ServedSource::walk(SequenceRange range, const Visitor& visit) {
  for (std::uint64_t sequence = range.begin; sequence < range.end; ++sequence) {
    TRY(visit(sequence, TRY(event(sequence))));
  }
  return {};
}

Result<Reply> ServedSource::page_of(const Parameters& parameters, const std::string& cursor) {
  Parameters all = parameters;
  if (!cursor.empty()) all.emplace_back("cursor", cursor);
  auto reply =
      TRY(call(client_, {.method = "GET", .path = "/v1/events?" + query_text(all), .body = ""}));
  if (!reply.http.is_success()) return error_of(reply.http, "the query");
  if (!reply.data().is_array()) return Error{Code::corrupt, "the server answers with no events"};
  return reply;
}

// What the server names is looked at again: in the range, ascending, and what was asked for.
Result<void> ServedSource::find(const EventQuery& query, SequenceRange range,
                                const Visitor& visit) {
  if (range.begin >= range.end) return {};
  const store::Filters filters = filters_of(query);
  Parameters parameters = parameters_of(query);
  parameters.emplace_back("asOf", std::to_string(range.end));
  if (range.begin > 0) {
    const Timestamp since = TRY(store::time_of_event(*this, range.begin));
    parameters.emplace_back("since", to_rfc3339(since));
  }
  std::string cursor;
  std::uint64_t next = range.begin;
  do {
    const Reply page = TRY(page_of(parameters, cursor));
    for (const Json& row : page.data().items()) {
      const std::uint64_t sequence = TRY(sequence_of(row));
      if (sequence < range.begin) continue;  // Of the same microsecond as the first.
      if (sequence < next || sequence >= range.end) return unasked(sequence);
      const std::string bytes = TRY(event(sequence));
      const auto facets = store::facets_of(bytes);
      if (!facets || !matches(*facets, filters)) return unasked(sequence);
      next = sequence + 1;
      TRY(visit(sequence, bytes));
    }
    const Json* const meta = page.body.find("meta");
    cursor = meta == nullptr ? "" : std::string(meta->string_at("nextCursor").value_or(""));
  } while (!cursor.empty());
  return {};
}

Result<std::string> ServedSource::blob(const Hash& hash) {
  const std::string name = to_hex(as_bytes(hash));
  auto reply = TRY(client_.send({.method = "GET", .path = "/v1/blobs/" + name, .body = ""}));
  if (!reply.is_success()) return error_of(reply, "the blob " + name);
  return std::move(reply.body);
}

}  // namespace

Result<std::unique_ptr<store::BundleSource>> open_served_log(Client& client,
                                                             const ServedLogOptions& options) {
  if (!is_tenant_name(options.tenant)) return Error{Code::not_found, "There is no such tenant."};
  auto source = std::make_unique<ServedSource>(client, options.tenant);
  TRY(source->open(options.checkpoint));
  return std::unique_ptr<store::BundleSource>(std::move(source));
}

}  // namespace assent::cli
