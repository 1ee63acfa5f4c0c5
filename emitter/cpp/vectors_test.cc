// tests/vectors/emitter: what a program says, and the bytes of the requests.
#include "base/canonical.h"
#include "base/json.h"
#include "base/testing_files.h"
#include "base/text.h"
#include "emitter/cpp/testing.h"
#include "emitter/cpp/value.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <assent/emitter.h>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace assent::emitter {
namespace {

std::optional<std::string> text_at(const Json& json, std::string_view name) {
  const auto text = json.string_at(name);
  return text ? std::optional(std::string(*text)) : std::nullopt;
}

Proof proof_of(const Json& given) {
  Proof proof{.type = text_at(given, "type").value_or("")};
  if (const Json* const data = given.find("data")) proof.data = from_json(*data);
  proof.url = text_at(given, "url");
  proof.sha256 = text_at(given, "sha256");
  proof.captured_at = text_at(given, "capturedAt");
  proof.blob = text_at(given, "blob");
  return proof;
}

Event event_from(const Json& input) {
  const auto field = [&](std::string_view name) { return text_at(input, name).value_or(""); };
  Event event{.client_id = field("clientId"),
              .action_type = field("actionType"),
              .actor_type = field("actorType"),
              .actor_id = field("actorId"),
              .target_type = field("targetType"),
              .target_id = field("targetId"),
              .outcome = field("outcome")};
  if (const Json* const proof = input.find("proof")) event.proof = proof_of(*proof);
  if (const Json* const metadata = input.find("metadata")) event.metadata = from_json(*metadata);
  event.correlation_id = text_at(input, "correlationId");
  event.causation_id = text_at(input, "causationId");
  return event;
}

ActorType actor_type_of(std::string_view word) {
  for (const ActorType type : {ActorType::human, ActorType::agent, ActorType::service,
                               ActorType::system, ActorType::webhook}) {
    if (internal::word(type) == word) return type;
  }
  ADD_FAILURE() << word;
  return ActorType::agent;
}

// What the emitter said of one event: the error, or nothing.
using Said = std::optional<Error>;

template <class T>
Said said_of(const Result<T>& result) {
  return result ? Said() : Said(result.error());
}

class Steps {
 public:
  Steps(const Json& steps, bool is_buffered) : steps_(steps.items()), is_buffered_(is_buffered) {}

  // Every step gives another type, so the way through them is a recursion.
  template <unsigned Has>
  Said run(Audit<Has> audit, std::size_t at = 0) const {
    if (at == steps_.size()) return end(std::move(audit));
    const auto& step = steps_[at].items();
    const auto text = [&](std::size_t i) { return step[i].string(); };
    const auto maybe = [&](std::size_t i) {
      return i < step.size() ? std::optional(step[i].string()) : std::nullopt;
    };
    const std::string name = text(0);
    ++at;
    if (name == "forClient") return run(std::move(audit).for_client(text(1)), at);
    if (name == "action") return run(std::move(audit).action(text(1)), at);
    if (name == "actor") return run(std::move(audit).actor(actor_type_of(text(1)), text(2)), at);
    if (name == "target") return run(std::move(audit).target(text(1), text(2)), at);
    if (name == "succeeded") return run(std::move(audit).succeeded(), at);
    if (name == "failed") return run(std::move(audit).failed(maybe(1), maybe(2)), at);
    if (name == "partial") return run(std::move(audit).partial(), at);
    if (name == "pending") return run(std::move(audit).pending(), at);
    if (name == "withProof") return run(std::move(audit).with_proof(proof_of(step[1])), at);
    if (name == "withApiProof") {
      return run(std::move(audit).with_api_proof(from_json(step[1])), at);
    }
    if (name == "withScreenshotProof") {
      return run(std::move(audit).with_screenshot_proof(text(1), maybe(2)), at);
    }
    if (name == "withMetadata") {
      const Value value = from_json(step[1]);
      return run(std::move(audit).with_metadata(std::get<Value::Object>(value.variant())), at);
    }
    if (name == "withCorrelation") return run(std::move(audit).with_correlation(text(1)), at);
    if (name == "childOf") return run(std::move(audit).child_of(text(1)), at);
    ADD_FAILURE() << name;
    return std::nullopt;
  }

 private:
  template <unsigned Has>
  Said end(Audit<Has> audit) const {
    if constexpr (Has == internal::all) {
      return is_buffered_ ? said_of(audit.buffer()) : said_of(audit.emit());
    } else {
      // Such a program does not compile. What is said at run time are the words for those who
      // fill an Event.
      return Error{.message = Has == 0 ? "clientId is required" : "outcome is required"};
    }
  }

  const Json::Array& steps_;
  const bool is_buffered_;
};

Json request_json(const Request& request) {
  Json headers = Json::object();
  for (const auto& [name, text] : request.headers) {
    if (name == "User-Agent") {
      EXPECT_EQ(text, "assent-emitter-cpp/1");
    } else {
      headers.set(name, text);
    }
  }
  return Json::object({{"method", request.method},
                       {"path", request.path},
                       {"headers", std::move(headers)},
                       {"body", request.body}});
}

// The clock and the random numbers of a case.
class Case {
 public:
  explicit Case(const Json& given) : given_(given), far_(), options_(make_options()) {}

  void run() {
    SCOPED_TRACE(*given_.string_at("name"));
    auto emitter = Emitter::open(options_);
    ASSERT_TRUE(emitter) << emitter.error().message;
    EXPECT_EQ(emitter->producer(), given_.string_at("producer").value_or(""));
    EXPECT_TRUE(random_.empty()) << "what is given for the spool is for the spool";
    for (const Json& event : given_.find("events")->items()) say(*emitter, event);
    if (const auto spool = given_.string_at("spool")) {
      EXPECT_EQ(to_hex(testing::content_of(scratch_.path() + "/0000000000000001.spool")), *spool);
    }
    emitter->flush(std::chrono::seconds(120));
    Json requests = Json::array();
    for (const Request& request : far_.requests()) requests.push(request_json(request));
    EXPECT_EQ(canonical_json(requests), canonical_json(*given_.find("requests")));
  }

 private:
  Options make_options() {
    const Json& given = *given_.find("emitter");
    Options options = testing::spooling_options_for(far_, scratch_);
    options.keys.clear();
    for (const auto& [tenant, key] : given.find("keys")->members()) {
      options.keys[tenant] = key.string();
    }
    for (const Json& name : given.find("redact")->items()) {
      options.redact.push_back(name.string());
    }
    if (const auto producer = given.string_at("producer")) {
      options.spool->producer = *producer;
      random_ = from_hex(*given.string_at("random")).value();
      if (const auto state = given.string_at("state")) {
        std::filesystem::create_directory(scratch_.path());
        testing::write_content(scratch_.path() + "/state.json", *state);
      }
    } else {
      options.spool.reset();
    }
    const Json& trace = *given.find("trace");
    options.current_trace = [&trace]() -> std::optional<Trace> {
      if (trace.is_null()) return std::nullopt;
      return Trace{std::string(*trace.string_at("traceId")),
                   std::string(*trace.string_at("spanId"))};
    };
    options.now = [this] { return std::chrono::sys_time<std::chrono::microseconds>(now_); };
    options.random = [this](std::span<std::uint8_t> out) {
      ASSERT_LE(out.size(), random_.size()) << "the case has too few random bytes";
      std::copy_n(random_.begin(), out.size(), out.begin());
      random_.erase(0, out.size());
    };
    options.log = [this](std::string_view line) { lines_.emplace_back(line); };
    return options;
  }

  void say(Emitter& emitter, const Json& event) {
    now_ = std::chrono::microseconds(event.find("now")->integer());
    random_ = from_hex(*event.string_at("random")).value();
    lines_.clear();
    const bool is_buffered = given_.string_at("call") == "buffer";
    Said said;
    if (const Json* const input = event.find("input")) {
      const Event made = event_from(*input);
      said = is_buffered ? said_of(emitter.buffer(made)) : said_of(emitter.emit(made));
    } else {
      said = Steps(*event.find("build"), is_buffered).run(emitter.audit());
    }
    if (const auto error = event.string_at("error")) {
      ASSERT_TRUE(said);
      EXPECT_EQ(said->message, *error);
      EXPECT_TRUE(lines_.empty());
    } else {
      ASSERT_FALSE(said) << said->message;
      EXPECT_EQ(lines_, std::vector{std::string(event.string_at("log").value_or(""))});
    }
  }

  const Json& given_;
  testing::Scratch scratch_;
  testing::Far far_;
  std::chrono::microseconds now_{0};
  std::string random_;
  std::vector<std::string> lines_;
  Options options_;
};

TEST(EmitterVectors, EveryCaseComesOutByteForByte) {
  const auto cases = parse_json(read_vector("emitter/vectors.json"), {.depth = 200});
  ASSERT_TRUE(cases);
  std::size_t run = 0;
  for (const Json& given : cases->items()) {
    // A Proof has no member that nobody knows: such a program does not compile.
    if (given.string_at("name") == "error: proof with an unknown field") continue;
    Case(given).run();
    ++run;
  }
  EXPECT_GE(run, 150U);
}

}  // namespace
}  // namespace assent::emitter
