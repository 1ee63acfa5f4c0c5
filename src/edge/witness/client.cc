#include "edge/witness/client.h"

#include "base/log.h"
#include "base/text.h"
#include "ledger/checkpoint.h"
#include "ledger/note.h"
#include "ledger/submission.h"

#include <algorithm>
#include <array>
#include <utility>

namespace assent::witness {

namespace {

constexpr std::chrono::milliseconds kTick{200};
constexpr int kDoublingsMax = 20;

using SteadyClock = std::chrono::steady_clock;

std::string add_checkpoint_url(std::string url) {
  if (!url.ends_with('/')) url += '/';
  return url + "add-checkpoint";
}

std::uint64_t size_of(const ledger::TreeHead& head) {
  return ledger::number(head.size);
}

}  // namespace

Result<void> check_usable(const ledger::WitnessPolicy& policy) {
  for (const auto& witness : policy.witnesses) {
    if (witness.url.starts_with("http://") || witness.url.starts_with("https://")) continue;
    return Error{Code::validation_error,
                 "The witness policy: the witness `" + witness.name +
                     "` needs its submission prefix, a URL of http or https."};
  }
  return {};
}

Client::Client(store::Store& store, ledger::WitnessPolicy policy, const ClientOptions& options)
    : store_(store),
      policy_(std::move(policy)),
      options_(options),
      sent_(policy_.witnesses.size()),
      cosigned_at_(policy_.witnesses.size()) {
  publish_report();
  thread_ = std::thread([this] { run(); });
}

Client::~Client() {
  is_stopping_ = true;
  calls_.wake();
  thread_.join();
}

Report Client::report() const {
  const std::lock_guard lock(mutex_);
  return report_;
}

void Client::run() {
  Moment next_look{};
  while (!is_stopping_) {
    const Moment now = SteadyClock::now();
    if (now >= next_look) {
      look();
      publish_report();
      next_look = now + kTick;
    }
    for (const auto& finished : calls_.wait(kTick)) land(finished);
  }
}

// Begins what is due: a round where a log has grown, a request where a witness has a round to do.
void Client::look() {
  const auto identities = store_.identities();
  for (const Tenant& tenant : identities->tenants()) {
    const auto is_it = [&](const auto& log) { return log.key.name() == tenant.origin; };
    if (!policy_.logs.empty() && std::ranges::none_of(policy_.logs, is_it)) continue;
    Log& log = log_of(tenant);
    if (may_begin(log)) {
      const auto published = store_.published_checkpoint(tenant);
      auto note = published ? ledger::parse_note(*published) : published.error();
      const auto checkpoint = note ? ledger::parse_checkpoint(note->text) : note.error();
      if (!checkpoint) continue;  // Not published yet, or not readable now: the store says why.
      if (!log.round || log.round->head != checkpoint->head) {
        std::erase_if(note->signatures, [&](const auto& it) { return it.name != tenant.origin; });
        log.round = {.note = *std::move(note), .head = checkpoint->head, .cosignatures = {}};
        log.began = SteadyClock::now();
        if (has_quorum(*log.round)) keep(log, *log.round);  // `quorum none`.
      }
    }
    for (std::size_t i = 0; log.round && i < log.lanes.size(); ++i) submit(log, i);
  }
}

Client::Log& Client::log_of(const Tenant& tenant) {
  const auto [place, is_new] = logs_.try_emplace(tenant.number);
  Log& log = place->second;
  if (!is_new) return log;
  log.tenant = tenant;
  log.lanes.resize(policy_.witnesses.size());
  log.quorum_at = SteadyClock::now();
  recall(log);
  return log;
}

// What was kept before a restart tells where each witness is; where it is wrong, the witness says
// so.
void Client::recall(Log& log) const {
  const auto cosigned = store_.cosigned_checkpoint(log.tenant);
  if (!cosigned || !*cosigned) return;
  auto note = ledger::parse_note(**cosigned);
  const auto checkpoint = note ? ledger::parse_checkpoint(note->text) : note.error();
  if (!checkpoint) return;
  Round kept{.note = *note, .head = checkpoint->head, .cosignatures = {}};
  std::erase_if(kept.note.signatures, [&](const auto& it) { return it.name != log.tenant.origin; });
  for (std::size_t i = 0; i < policy_.witnesses.size(); ++i) {
    const auto opened = ledger::open_note(**cosigned, {&policy_.witnesses[i].key, 1});
    if (!opened) continue;
    kept.cosignatures[i] = opened->signatures.front();
    log.lanes[i].size = log.lanes[i].cosigned = size_of(kept.head);
  }
  log.kept = std::move(kept);
}

// A round lasts until all who are well have answered, but never keeps the log from the next one
// for long: its signatures are worth most on a head that is still new.
bool Client::may_begin(const Log& log) const {
  if (!log.round) return true;
  const auto age = SteadyClock::now() - log.began;
  if (age < options_.period) return false;
  const auto is_awaited = [&](const Lane& lane) {
    return lane.failures == 0 && lane.cosigned < size_of(log.round->head);
  };
  return age > 2 * options_.timeout || std::ranges::none_of(log.lanes, is_awaited);
}

void Client::submit(Log& log, std::size_t witness) {
  Lane& lane = log.lanes[witness];
  const Round& round = *log.round;
  const bool is_done = round.cosignatures.contains(witness);
  if (is_done || lane.is_in_flight || SteadyClock::now() < lane.not_before) return;
  // One that is ahead says so again, at the pace of its pauses, until this log is there.
  const ledger::Size old{std::min(lane.size, size_of(round.head))};
  auto proof = old == ledger::Size{} ? Result<std::vector<Hash>>(std::vector<Hash>())
                                     : store_.consistency(log.tenant, {old, round.head.size});
  if (!proof) {
    log_line(LogLevel::warning, "witness.proof",
             {{"tenant", log.tenant.name}, {"why", proof.error().detail}});
    return pause(lane);
  }
  const std::string body = ledger::format_submission(
      {.old = old, .proof = *std::move(proof), .checkpoint = format_note(round.note)});
  const auto id = calls_.begin({.url = add_checkpoint_url(policy_.witnesses[witness].url),
                                .headers = {},
                                .content_type = "text/plain; charset=utf-8",
                                .body = body,
                                .timeout = options_.timeout});
  lane.is_in_flight = true;
  flights_.emplace(id, Flight{.tenant = log.tenant.number,
                              .witness = witness,
                              .round = {.note = round.note, .head = round.head}});
}

void Client::land(const execute::Calls::Finished& finished) {
  const auto found = flights_.find(finished.id);
  CHECK(found != flights_.end());
  const Flight flight = std::move(found->second);
  flights_.erase(found);
  Log& log = logs_.at(flight.tenant);
  Lane& lane = log.lanes[flight.witness];
  lane.is_in_flight = false;

  const Sent outcome = judge(log, flight, finished.reply);
  ++sent_[flight.witness][static_cast<std::size_t>(outcome)];
  if (outcome == Sent::cosigned || (outcome == Sent::stale && !std::exchange(lane.is_told, true))) {
    if (outcome == Sent::cosigned) lane.is_told = false;
    lane.failures = 0;
    lane.not_before = {};
    return;
  }
  pause(lane);
  log_line(outcome == Sent::ahead ? LogLevel::error : LogLevel::warning, "witness.request",
           {{"witness", policy_.witnesses[flight.witness].name},
            {"tenant", log.tenant.name},
            {"outcome", std::string(kSentWords[static_cast<std::size_t>(outcome)])},
            {"status", std::to_string(finished.reply.status)},
            {"fault", finished.reply.fault}});
}

Sent Client::judge(Log& log, const Flight& flight, const execute::CallReply& reply) {
  if (!reply.fault.empty() || reply.status == 0 || reply.status >= 500 || reply.status == 429) {
    return Sent::unreachable;
  }
  if (reply.is_too_long) return Sent::bad_answer;
  if (reply.status == 200) return take_cosignature(log, flight, reply);
  if (reply.status == 409) return take_size(log, flight, reply);
  return Sent::refused;
}

// The witness is elsewhere than we thought; the next request says so.
Sent Client::take_size(Log& log, const Flight& flight, const execute::CallReply& reply) {
  const bool is_size = reply.content_type == "text/x.tlog.size" && reply.body.ends_with('\n');
  const auto size =
      is_size ? from_decimal(std::string_view(reply.body).substr(0, reply.body.size() - 1))
              : std::nullopt;
  if (!size) return Sent::bad_answer;
  log.lanes[flight.witness].size = *size;
  const bool is_ahead = *size > size_of(flight.round.head);
  // A log that has grown meanwhile is no reason to worry; one that has not is behind what it has
  // promised to somebody.
  const bool has_it = log.round && *size <= size_of(log.round->head);
  return is_ahead && !has_it ? Sent::ahead : Sent::stale;
}

Sent Client::take_cosignature(Log& log, const Flight& flight, const execute::CallReply& reply) {
  const auto& witness = policy_.witnesses[flight.witness];
  auto opened = ledger::open_cosignatures(flight.round.note.text, reply.body, {&witness.key, 1});
  if (!opened) return Sent::bad_answer;
  const ledger::Signature& signature = opened->front();
  Lane& lane = log.lanes[flight.witness];
  lane.size = std::max(lane.size, size_of(flight.round.head));
  lane.cosigned = std::max(lane.cosigned, size_of(flight.round.head));
  cosigned_at_[flight.witness] = to_microseconds(store_.clock().now()) / 1'000'000;
  // An answer to an older round still adds to it, if that is what is kept.
  for (auto* round : {&log.round, &log.kept}) {
    if (*round && (*round)->note.text == flight.round.note.text) {
      (*round)->cosignatures[flight.witness] = signature;
    }
  }
  const bool is_kept = log.kept && log.kept->note.text == flight.round.note.text;
  if (is_kept) {
    keep(log, Round(*log.kept));
  } else if (log.round && log.round->note.text == flight.round.note.text) {
    // What has its quorum is not given up for what has not.
    if (!log.kept || !has_quorum(*log.kept) || has_quorum(*log.round)) keep(log, *log.round);
  }
  return Sent::cosigned;
}

void Client::keep(Log& log, const Round& round) {
  ledger::Note note = round.note;
  for (const auto& [witness, signature] : round.cosignatures) note.signatures.push_back(signature);
  const auto kept = store_.keep_cosigned(log.tenant, ledger::format_note(note));
  if (!kept) {
    log_line(LogLevel::warning, "witness.keep",
             {{"tenant", log.tenant.name}, {"why", kept.error().detail}});
  }
  log.kept = round;
}

bool Client::has_quorum(const Round& round) const {
  std::vector<ledger::VerifierKey> cosigners;
  for (const auto& [witness, signature] : round.cosignatures) {
    cosigners.push_back(policy_.witnesses[witness].key);
  }
  return ledger::is_satisfied(policy_, cosigners);
}

// Between half and one and a half times the pause, so that many logs do not come back together.
void Client::pause(Lane& lane) {
  std::array<std::uint8_t, 2> jitter{};
  store_.random().fill(jitter);
  const double factor = 0.5 + (jitter[0] * 256 + jitter[1]) / 65536.0;
  const auto doubled = options_.first_pause * (1LL << std::min(lane.failures, kDoublingsMax));
  const auto whole = std::min<std::chrono::milliseconds>(doubled, options_.pause_max);
  ++lane.failures;
  lane.not_before =
      SteadyClock::now() + std::chrono::duration_cast<std::chrono::milliseconds>(whole * factor);
}

void Client::publish_report() {
  Report report{.witnesses = {}, .has_policy = true};
  for (std::size_t i = 0; i < policy_.witnesses.size(); ++i) {
    report.witnesses.push_back({.name = policy_.witnesses[i].name,
                                .sent = sent_[i],
                                .lag = 0,
                                .cosigned_at = cosigned_at_[i]});
  }
  const Moment now = SteadyClock::now();
  for (auto& [number, log] : logs_) {
    if (!log.round) continue;
    const std::uint64_t size = size_of(log.round->head);
    for (std::size_t i = 0; i < log.lanes.size(); ++i) {
      report.witnesses[i].lag += size - std::min(size, log.lanes[i].cosigned);
    }
    const bool is_current = log.kept && log.kept->head == log.round->head && has_quorum(*log.kept);
    if (is_current) log.quorum_at = now;
    report.is_behind = report.is_behind || now - log.quorum_at > options_.behind_after;
  }
  const std::lock_guard lock(mutex_);
  report_ = std::move(report);
}

}  // namespace assent::witness
