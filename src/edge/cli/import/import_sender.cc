#include "edge/cli/import/import_sender.h"

#include "base/canonical.h"
#include "base/hash.h"
#include "edge/cli/emit_answer.h"
#include "edge/cli/served_log.h"

#include <algorithm>

namespace assent::cli {
namespace {

constexpr std::size_t kBatchRowsMax = 500;
constexpr std::size_t kBatchBytesMax = 524288;
constexpr std::size_t kSaidBytesMax = 1000;
constexpr std::string_view kRedacted = "***REDACTED***";

// Whether the log says the same: secrets are not kept there, and a proof may have more members.
bool agrees(const Json& mine, const Json& stored) {
  if (stored.is_string() && stored.string().find(kRedacted) != std::string::npos) return true;
  if (mine.is_object() && stored.is_object()) {
    return std::ranges::all_of(mine.members(), [&](const auto& member) {
      const Json* const other = stored.find(member.first);
      return other != nullptr && agrees(member.second, *other);
    });
  }
  if (mine.is_array() && stored.is_array()) {
    return std::ranges::equal(mine.items(), stored.items(), agrees);
  }
  return mine == stored;
}

// What the log has of the event in `data`, but for who told it.
Json data_of(const Json& event) {
  Json data = Json::object();
  for (const char* const name : {"actor", "metadata", "occurredAt", "outcome", "proof"}) {
    if (const Json* const value = event.find(name)) data.set(name, *value);
  }
  const Json& target = *event.find("target");
  return data.set("targetId", *target.find("id")).set("targetType", *target.find("type"));
}

// What the server says is wrong, and where.
std::string said_in(const Reply& reply) {
  const Json* const error = reply.body.find("error");
  if (error == nullptr) return "the server answers " + std::to_string(reply.http.status);
  std::string said(error->string_at("message").value_or("the server refuses it"));
  const Json* const fields = error->find("fieldErrors");
  if (fields == nullptr || !fields->is_array() || fields->items().empty()) return said;
  const Json& field = fields->items().front();
  const std::string message(field.string_at("message").value_or(""));
  if (said.find(message) != std::string::npos) return said;
  return said + ": " + std::string(field.string_at("path").value_or("")) + " " + message;
}

bool is_conflict_of_ids(const Reply& reply) {
  const Json* const error = reply.body.find("error");
  return error != nullptr && error->string_at("code") == "IDEMPOTENCY_CONFLICT";
}

// A refusal of what was said, rather than of who says it or of when, and in the server's own words:
// somebody in between has nothing to say about a row.
bool is_refusal(const Reply& reply) {
  const long status = reply.http.status;
  return is_own_error(reply) && (status == 400 || status == 409 || status == 413 || status == 422);
}

// Why to stop, and to try again later.
Error reason_in(const Reply& reply, const std::string& what) {
  if (!is_own_error(reply)) return not_an_answer(reply, what);
  Error error = error_of(reply.http, what);
  error.detail += ": " + said_in(reply).substr(0, kSaidBytesMax);
  return error;
}

HttpRequest get(const std::string& path) {
  return {.method = "GET", .path = path, .body = "", .answer_bytes_max = kAnswerBytesMax};
}

}  // namespace

ImportSender::ImportSender(Client& client, const RowReader& reader, NoZone no_zone, Tell refused,
                           Tell noted)
    : client_(client),
      reader_(reader),
      no_zone_(no_zone),
      refused_(std::move(refused)),
      noted_(std::move(noted)) {}

Result<bool> ImportSender::is_there(std::uint64_t sequence) {
  const Reply reply = TRY(call(client_, get("/v1/events/" + std::to_string(sequence))));
  if (reply.http.status == 404 && is_own_error(reply)) return false;
  if (!reply.http.is_success()) return reason_in(reply, "the log's size");
  TRY(event_in(reply, sequence));
  return true;
}

Result<void> ImportSender::start() {
  const Reply first = TRY(call(client_, get("/v1/events/0")));
  if (!first.http.is_success()) return reason_in(first, "the log's first event");
  TRY(event_in(first, 0));
  // By halves between a size that the log has and one that it has not.
  std::uint64_t has = 1;
  while (TRY(is_there(has))) {
    has *= 2;
    if (has > kLogSizeMax) return not_an_answer(first, "the log's size");
  }
  std::uint64_t low = has / 2;
  while (has - low > 1) {
    const std::uint64_t middle = low + (has - low) / 2;
    (TRY(is_there(middle)) ? low : has) = middle;
  }
  size_ = has;
  return {};
}

Result<std::optional<Json>> ImportSender::find(const EventId& id) {
  const Reply reply = TRY(call(client_, get("/v1/events/" + id.text())));
  if (reply.http.status == 404 && is_own_error(reply)) return std::optional<Json>();
  if (!reply.http.is_success()) return reason_in(reply, "the event " + id.text());
  return std::optional(TRY(event_in(reply, id)));
}

void ImportSender::refuse(const PlannedRow& row, std::string what) {
  ++tally_.refused;
  refused_({row.line, row.text, std::move(what)});
}

Result<void> ImportSender::link(const PlannedRow& row, Json& event) {
  if (!row.parent) return {};
  if (row.is_parent_elsewhere) {
    auto known = elsewhere_.find(*row.parent);
    if (known == elsewhere_.end()) {
      known = elsewhere_.emplace(*row.parent, TRY(find(*row.parent)).has_value()).first;
    }
    if (!known->second) {
      ++tally_.without_parent;
      noted_({row.line, row.text,
              "its parentEventId is neither in the file nor in the log: sent without it"});
      return {};
    }
  }
  event.set("causationId", row.parent->text());
  return {};
}

Result<void> ImportSender::upload(Json& event, const PlannedRow& row, bool& is_refused) {
  auto bytes = detach_large_data(event);
  if (!bytes) return {};
  const std::string hash = content_hash_text(sha256(*bytes));
  const Reply reply = TRY(call(client_, {.method = "PUT",
                                         .path = "/v1/blobs",
                                         .body = *std::move(bytes),
                                         .content_type = "application/octet-stream",
                                         .answer_bytes_max = kAnswerBytesMax}));
  if (reply.http.is_success()) return check_upload(reply, hash);
  if (!is_refusal(reply)) return reason_in(reply, "the data of a proof");
  is_refused = true;
  refuse(row, "proof.data: " + said_in(reply));
  return {};
}

Result<void> ImportSender::send(const PlannedRow& row) {
  // It was read well when the import was planned.
  ImportRow read = TRY(row_from(TRY(reader_.columns_of(row.text)), no_zone_));
  Item item{.row = row, .event = std::move(read.event), .bytes = {}};
  bool is_refused = false;
  TRY(upload(item.event, row, is_refused));
  if (is_refused) return {};
  TRY(link(row, item.event));
  item.bytes = canonical_json(item.event) + "\n";
  const bool is_full =
      batch_.size() == kBatchRowsMax || batch_bytes_ + item.bytes.size() > kBatchBytesMax;
  if (is_full) TRY(finish());
  batch_bytes_ += item.bytes.size();
  batch_.push_back(std::move(item));
  return {};
}

Result<void> ImportSender::finish() {
  if (batch_.empty()) return {};
  TRY(post(batch_.data(), batch_.size()));
  batch_.clear();
  batch_bytes_ = 0;
  return {};
}

Result<void> ImportSender::post(const Item* first, std::size_t count) {
  std::string body;
  for (std::size_t i = 0; i < count; ++i) body += first[i].bytes;
  const Reply reply = TRY(call(client_, {.method = "POST",
                                         .path = "/v1/events",
                                         .body = std::move(body),
                                         .content_type = "application/x-ndjson",
                                         .answer_bytes_max = kAnswerBytesMax}));
  if (reply.http.is_success()) return this->count(reply, first, count);
  if (!is_refusal(reply)) return reason_in(reply, "the rows");
  if (count == 1) return settle(*first, reply);
  // The first half is in the log, as far as it can be, before the second, which may follow from it.
  TRY(post(first, count / 2));
  return post(first + count / 2, count - count / 2);
}

Result<void> ImportSender::count(const Reply& reply, const Item* first, std::size_t count) {
  std::vector<std::optional<EventId>> ids;
  for (std::size_t i = 0; i < count; ++i) ids.emplace_back(first[i].row.id);
  const auto places = TRY(places_in(reply, ids));
  for (const std::uint64_t sequence : places) {
    ++(sequence < size_ ? tally_.already_there : tally_.imported);
  }
  return {};
}

// One row that the server does not take as it is.
Result<void> ImportSender::settle(const Item& item, const Reply& reply) {
  if (is_conflict_of_ids(reply)) {
    // Told by somebody else, or with other content.
    if (const auto stored = TRY(find(item.row.id))) {
      compare(item, *stored);
      return {};
    }
  }
  if (!is_conflict_of_ids(reply) && item.event.find("causationId") != nullptr) {
    Item alone = item;
    std::erase_if(alone.event.members(),
                  [](const auto& member) { return member.first == "causationId"; });
    alone.bytes = canonical_json(alone.event) + "\n";
    const std::size_t before = tally_.in_log();
    TRY(post(&alone, 1));
    if (tally_.in_log() > before) {
      ++tally_.without_parent;
      noted_({item.row.line, item.row.text, said_in(reply) + ": sent without its parentEventId"});
    }
    return {};
  }
  refuse(item.row, said_in(reply));
  return {};
}

void ImportSender::compare(const Item& item, const Json& stored) {
  const Json* const data = stored.find("data");
  const bool is_same = stored.string_at("type") == item.event.string_at("type") &&
                       data != nullptr && agrees(data_of(item.event), *data);
  if (is_same) {
    ++tally_.already_there;
  } else {
    refuse(item.row, "is in the log already, and says something else there");
  }
}

}  // namespace assent::cli
