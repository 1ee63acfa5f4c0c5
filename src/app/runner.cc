#include "app/runner.h"

#include "app/plan_judgement.h"
#include "store/idempotency.h"

namespace assent::app {

namespace {

// What the idempotency record keeps of an answer: enough to give it again, byte for byte.
Result<std::string> answer_text(const Answer& answer, std::string_view secret) {
  Json kept = Json::object();
  if (answer.refused) {
    kept.set("refused", Json::object({{"code", answer.refused->code},
                                      {"message", answer.refused->message},
                                      {"details", answer.refused->details}}));
  } else {
    Json data = answer.data_text ? TRY(parse_json(*answer.data_text)) : answer.data;
    if (!secret.empty())
      std::erase_if(data.members(), [&](const auto& m) { return m.first == secret; });
    kept.set("data", std::move(data));
  }
  return json_text(kept);
}

Result<Answer> answer_from(const std::string& text) {
  const Json kept = TRY(parse_json(text));
  Answer answer;
  if (const Json* refused = kept.find("refused")) {
    answer.refused =
        Refused{std::string(refused->string_at("code").value_or("")),
                std::string(refused->string_at("message").value_or("")), *refused->find("details")};
  } else if (const Json* data = kept.find("data")) {
    answer.data = *data;
  }
  return answer;
}

// One call on its way: shared by the stages, because it crosses threads.
struct InFlight {
  Invocation invocation;
  std::function<void(Completed)> done;
  std::optional<Answer> answer;
  TraceId trace;
  bool is_replay = false;
  std::optional<std::uint64_t> sequence;  // Of the last event that was recorded.
  int waits = 0;                          // How often something had to be found out first.

  void finish(Result<void> result) {
    if (!result && result.error().code == Code::not_ready) {
      result = Error{Code::overloaded, "the policy changes faster than this can be judged"};
    }
    if (!result) return done({.answer = std::move(result).error(), .trace = trace});
    done({.answer = std::move(*answer),
          .trace = trace,
          .is_replay = is_replay,
          .wanted_receipt = invocation.wants_receipt});
  }
};

// Inside the writer's savepoint: the earlier answer to the same key, or the operation and its
// record.
Result<void> run_write(InFlight& flight, store::Write& write) {
  Invocation& invocation = flight.invocation;
  if (!is_allowed(invocation.operation->about.permission, write.caller().principal)) {
    return Error{Code::insufficient_permissions, "your roles do not allow this operation"};
  }
  if (!invocation.idempotency_key) {
    flight.answer = TRY(invocation.operation->write(write, *invocation.call));
    flight.sequence = TRY(write.last_recorded());
    return {};
  }
  const store::IdempotencyKey key{.tenant = write.tenant_key(),
                                  .principal = write.caller().principal.id.text(),
                                  .route = std::string(invocation.operation->about.route),
                                  .key = *invocation.idempotency_key};
  if (const auto earlier = TRY(store::find_idempotent(write.connection(), key))) {
    if (earlier->fingerprint != invocation.fingerprint) {
      return Error{Code::idempotency_conflict, "this Idempotency-Key was used for another request"};
    }
    flight.answer = TRY(answer_from(earlier->answer));
    flight.trace = earlier->trace;
    flight.is_replay = true;
    flight.sequence = earlier->sequence;
    return {};
  }
  flight.answer = TRY(invocation.operation->write(write, *invocation.call));
  flight.sequence = TRY(write.last_recorded());
  std::string kept = TRY(answer_text(*flight.answer, invocation.operation->about.secret));
  return store::keep_idempotent(write.connection(), key,
                                {.fingerprint = invocation.fingerprint,
                                 .answer = std::move(kept),
                                 .trace = flight.trace,
                                 .at = write.now(),
                                 .sequence = flight.sequence});
}

// The write is durable. That no receipt could be made is no reason to say otherwise: it can be had
// later, from the event's proof or by a retry under the same key.
void finish_write(store::Store& store, const std::shared_ptr<InFlight>& flight,
                  Result<void> result) {
  if (!result || !flight->invocation.wants_receipt || !flight->sequence) {
    return flight->finish(std::move(result));
  }
  store.receipt(flight->invocation.caller.tenant, *flight->sequence,
                [flight](Result<store::Receipt> receipt) {
                  if (receipt) flight->answer->receipt = std::move(*receipt);
                  flight->finish({});
                });
}

Result<void> prepare(store::Store& store, InFlight& flight, Timestamp now,
                     const store::Read* read) {
  return flight.invocation.call->prepare({.caller = flight.invocation.caller,
                                          .trace = flight.trace,
                                          .blobs = store.blobs(),
                                          .policies = store.policies(),
                                          .ids = store.remembered_ids(),
                                          .now = now,
                                          .random = store.random(),
                                          .read = read});
}

// Policies may change as often as something is found out about one of them.
constexpr int kWaitsMax = 5;

bool has_to_wait(InFlight& flight, const Result<void>& result) {
  return !result && result.error().code == Code::not_ready && ++flight.waits <= kWaitsMax;
}

void submit_write(store::Store& store, const std::shared_ptr<InFlight>& flight);

// What the writer would not wait for: then the write again. Nothing of it has happened so far.
void submit_again(store::Store& store, const std::shared_ptr<InFlight>& flight, Error not_ready) {
  const auto run = [&store, flight, not_ready = std::move(not_ready)](Result<void> result,
                                                                      const store::Read* read) {
    if (!result) return flight->finish(std::move(result));
    auto found = find_out(*read, not_ready);
    if (found && flight->invocation.call->needs_prepare(store) == Call::Prepare::on_reader_thread) {
      found = prepare(store, *flight, read->now(), read);
    }
    if (!found) return flight->finish(std::move(found));
    submit_write(store, flight);
  };
  auto accepted = store.read({.caller = flight->invocation.caller, .run = run});
  if (!accepted) flight->finish(std::move(accepted));
}

void submit_write(store::Store& store, const std::shared_ptr<InFlight>& flight) {
  const auto done = [&store, flight](Result<void> result) {
    if (has_to_wait(*flight, result)) return submit_again(store, flight, std::move(result).error());
    finish_write(store, flight, std::move(result));
  };
  auto accepted =
      store.write({.caller = flight->invocation.caller,
                   .trace = flight->trace,
                   .run = [flight](store::Write& write) { return run_write(*flight, write); },
                   .done = done});
  if (!accepted) flight->finish(std::move(accepted));
}

// A reader thread has the time: it finds out at once, in the same snapshot.
Result<Answer> run_read(InFlight& flight, const store::Read& read) {
  const Invocation& invocation = flight.invocation;
  for (;;) {
    auto answer = invocation.operation->read(read, *invocation.call);
    if (answer || answer.error().code != Code::not_ready || ++flight.waits > kWaitsMax) {
      return answer;
    }
    TRY(find_out(read, answer.error()));
  }
}

void submit_read(store::Store& store, const std::shared_ptr<InFlight>& flight) {
  const auto run = [flight](Result<void> result, const store::Read* read) {
    if (!result) return flight->finish(std::move(result));
    auto answer = run_read(*flight, *read);
    if (!answer) return flight->finish(std::move(answer).error());
    flight->answer = std::move(*answer);
    flight->finish({});
  };
  auto accepted = store.read({.caller = flight->invocation.caller, .run = run});
  if (!accepted) flight->finish(std::move(accepted));
}

// A preparation that may wait for the disk, on a reader thread; then the write itself.
void submit_prepare(store::Store& store, const std::shared_ptr<InFlight>& flight) {
  const auto run = [&store, flight](Result<void> result, const store::Read* read) {
    if (!result) return flight->finish(std::move(result));
    auto prepared = prepare(store, *flight, read->now(), read);
    if (!prepared) return flight->finish(std::move(prepared));
    submit_write(store, flight);
  };
  auto accepted = store.read({.caller = flight->invocation.caller, .run = run});
  if (!accepted) flight->finish(std::move(accepted));
}

}  // namespace

void Runner::run(Invocation invocation, std::function<void(Completed)> done) {
  const Operation& operation = *invocation.operation;
  auto flight = std::make_shared<InFlight>();
  flight->trace = invocation.trace;
  flight->invocation = std::move(invocation);
  flight->done = std::move(done);
  if (!is_allowed(operation.about.permission, flight->invocation.caller.principal)) {
    return flight->finish(
        Error{Code::insufficient_permissions, "your roles do not allow this operation"});
  }
  if (!operation.is_write) return submit_read(store_, flight);
  switch (flight->invocation.call->needs_prepare(store_)) {
    case Call::Prepare::not_needed:
      return submit_write(store_, flight);
    case Call::Prepare::on_reader_thread:
      return submit_prepare(store_, flight);
    case Call::Prepare::at_once: {
      auto prepared = prepare(store_, *flight, store_.clock().now(), nullptr);
      if (!prepared) return flight->finish(std::move(prepared));
      return submit_write(store_, flight);
    }
  }
}

}  // namespace assent::app
