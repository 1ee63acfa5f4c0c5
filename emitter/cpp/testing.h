// What the emitter's tests stand on: a network that can fail, a clock and a directory.
#pragma once

#include "base/json.h"

#include <assent/emitter.h>
#include <cstddef>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace assent::emitter::testing {

// A directory that goes with the value.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::string path(std::string_view name = "spool") const;
  // The names of the files of the spool, sorted.
  std::vector<std::string> files(std::string_view name = "spool") const;

 private:
  std::string directory_;
};

std::string content_of(const std::string& path);
void write_content(const std::string& path, std::string_view content);
// The text of a state.json without its first member, the CRC.
std::string without_crc(std::string state);

// The network and the server behind it, which recognises ids as the real one does. Thread-safe.
class Far {
 public:
  enum class Mood {
    well,
    down,        // No answer, and nothing was taken.
    forgetful,   // It takes the events, and the answer is lost.
    forbidding,  // 403.
    busy,        // 503.
    lying,       // 201, of other events.
    foreign,     // Not the server answers, but something before it: `set_foreign()`.
  };

  std::function<Answer(const Request&)> send();  // To be used while this lives.
  void set(Mood mood);
  // What stands between answers with this, until set() says otherwise.
  void set_foreign(Answer answer);
  // Events whose canonical text has this are refused with 422.
  void refuse(std::string text);

  std::vector<Request> requests() const;
  // Every event that was taken, once, in order.
  std::vector<Json> events() const;
  std::vector<std::string> targets() const;  // Their targets' ids.
  std::size_t doubles() const;               // Events that came again.

 private:
  Answer answer(const Request& request);

  mutable std::mutex mutex_;
  Mood mood_ = Mood::well;
  Answer foreign_;
  std::string refused_;
  std::vector<Request> requests_;
  std::vector<Json> events_;
  std::set<std::string> ids_;
  std::size_t doubles_ = 0;
};

// Options of an emitter for the tenants acme and beta-2, with a spool that only sends on demand.
Options options_for(Far& far);
Options spooling_options_for(Far& far, const Scratch& scratch);

// A complete event; `target_id` tells it from others.
Event event_of(std::string target_id, std::string tenant = "acme");

}  // namespace assent::emitter::testing
