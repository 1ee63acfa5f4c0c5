#include "emitter/cpp/testing.h"

#include "base/text.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace assent::emitter::testing {

namespace fs = std::filesystem;

Scratch::Scratch() {
  std::string name = (fs::temp_directory_path() / "assent-emitter-XXXXXX").string();
  CHECK(::mkdtemp(name.data()) != nullptr);
  directory_ = std::move(name);
}

Scratch::~Scratch() {
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

std::string Scratch::path(std::string_view name) const {
  return directory_ + "/" + std::string(name);
}

std::vector<std::string> Scratch::files(std::string_view name) const {
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(path(name))) {
    files.push_back(entry.path().filename().string());
  }
  std::ranges::sort(files);
  return files;
}

std::string content_of(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

std::string without_crc(std::string state) {
  return state.erase(1, state.find(','));
}

void write_content(const std::string& path, std::string_view content) {
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  stream.write(content.data(), static_cast<std::streamsize>(content.size()));
}

std::function<Answer(const Request&)> Far::send() {
  return [this](const Request& request) { return answer(request); };
}

void Far::set(Mood mood) {
  const std::lock_guard lock(mutex_);
  mood_ = mood;
}

void Far::set_foreign(Answer answer) {
  const std::lock_guard lock(mutex_);
  mood_ = Mood::foreign;
  foreign_ = std::move(answer);
}

void Far::refuse(std::string text) {
  const std::lock_guard lock(mutex_);
  refused_ = std::move(text);
}

std::vector<Request> Far::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::vector<Json> Far::events() const {
  const std::lock_guard lock(mutex_);
  return events_;
}

std::vector<std::string> Far::targets() const {
  std::vector<std::string> targets;
  for (const Json& event : events()) {
    targets.emplace_back(*event.find("target")->string_at("id"));
  }
  return targets;
}

std::size_t Far::doubles() const {
  const std::lock_guard lock(mutex_);
  return doubles_;
}

Answer Far::answer(const Request& request) {
  const std::lock_guard lock(mutex_);
  if (mood_ == Mood::down) return {.status = 0, .body = "nobody is there"};
  requests_.push_back(request);
  if (mood_ == Mood::forbidding) {
    return {.status = 403, .body = R"({"error":{"code":"INSUFFICIENT_PERMISSIONS"}})"};
  }
  if (mood_ == Mood::foreign) return foreign_;
  if (mood_ == Mood::busy) return {.status = 503, .body = "busy"};
  if (request.path == "/v1/blobs") return {.status = 201, .body = R"({"data":{}})"};
  if (!refused_.empty() && request.body.find(refused_) != std::string::npos) {
    return {.status = 422,
            .body = R"({"error":{"code":"unprocessable","fieldErrors":)"
                    R"([{"path":"proof","message":"is demanded"}]}})"};
  }
  Json answers = Json::array();
  std::string body = request.body;
  if (!body.ends_with('\n')) body.push_back('\n');
  std::string_view rest = body;
  while (const auto line = take_line(rest)) {
    auto event = parse_json(*line);
    CHECK(event.has_value());
    const std::string id(*event->string_at("id"));
    if (ids_.insert(id).second) {
      events_.push_back(std::move(*event));
    } else {
      ++doubles_;
    }
    answers.push(Json::object({{"id", mood_ == Mood::lying ? "evt_other" : id},
                               {"sequence", static_cast<std::int64_t>(events_.size())},
                               {"time", "2026-11-21T07:00:01.000000Z"}}));
  }
  if (mood_ == Mood::forgetful) return {.status = 0, .body = "the answer was lost"};
  const bool is_batch = request.headers[1].second == "application/x-ndjson";
  const Json data =
      is_batch ? Json::object({{"events", std::move(answers)}}) : answers.items().front();
  return {.status = 201, .body = json_text(Json::object({{"data", data}}))};
}

Options options_for(Far& far) {
  return {.url = "http://127.0.0.1:1",
          .keys = {{"acme", "key-of-acme"}, {"beta-2", "key-of-beta"}},
          .report = [](std::string_view, std::string_view) {},
          .send = far.send()};
}

Options spooling_options_for(Far& far, const Scratch& scratch) {
  Options options = options_for(far);
  options.spool = SpoolOptions{.directory = scratch.path(),
                               .producer = "worker-1",
                               .sync = Sync::never,
                               .flush_events = 1'000'000,
                               .flush_after = std::chrono::hours(1)};
  return options;
}

Event event_of(std::string target_id, std::string tenant) {
  return {.client_id = std::move(tenant),
          .action_type = "content.publish",
          .actor_type = "agent",
          .actor_id = "agent-7",
          .target_type = "post",
          .target_id = std::move(target_id),
          .outcome = "success"};
}

}  // namespace assent::emitter::testing
