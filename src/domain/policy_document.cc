// A policy document as JSON values: the only user of yaml-cpp. What they mean is policy_read.cc.
//
// Of YAML 1.2 only the part is read that everybody reads alike. No anchors and aliases (a
// document shall say what it says where it says it), no tags, no second document, no duplicate
// keys (yaml-cpp takes the first, others the last), and no numbers that a YAML 1.1 reader takes
// for something else (010, 0x1F, 1_000).
#include "base/text.h"
#include "domain/policy.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <exception>
#include <sstream>

namespace assent {
namespace {

constexpr std::size_t kDocumentBytesMax = 256 * 1024;
constexpr std::size_t kDepthMax = 32;  // Of collections; a policy needs 8.
constexpr std::size_t kKeyBytesMax = 256;
constexpr std::size_t kKeysMax = 1000;  // Each new key is compared with those before it.

Error fault_at(std::string path, std::string message) {
  std::string detail = "The policy cannot be accepted: ";
  detail.append(path.empty() ? "the document" : path).append(" ").append(message).append(".");
  return {.code = Code::validation_error,
          .detail = std::move(detail),
          .fields = {{std::move(path), std::move(message)}}};
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Whether some YAML reader would take the plain scalar for a number.
bool looks_like_number(std::string_view text) {
  if (is_one_of(text, {".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"})) return true;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  if (is_one_of(text, {".inf", ".Inf", ".INF"})) return true;
  if (text.starts_with('.')) text.remove_prefix(1);
  if (text.empty() || !is_digit(text.front())) return false;
  if (text.starts_with("0x") || text.starts_with("0o") || text.starts_with("0b")) return true;
  std::size_t i = 0;
  while (i < text.size() && (is_digit(text[i]) || text[i] == '.' || text[i] == '_')) ++i;
  if (i == text.size()) return std::count(text.begin(), text.end(), '.') <= 1;
  if (text[i] != 'e' && text[i] != 'E') return false;
  ++i;
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
  return i < text.size() &&
         std::all_of(text.begin() + static_cast<std::ptrdiff_t>(i), text.end(), is_digit);
}

// Receives what yaml-cpp reads. The first fault is kept and the rest of the document ignored: the
// library can only be stopped by throwing, which we do not do.
class Builder final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t anchor) override {
    if (check_plain("?", anchor)) take(Json(), std::nullopt);
  }
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {
    refuse("must not be an alias: write the value out");
  }
  void OnScalar(const YAML::Mark&, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (!check_scalar(tag, anchor)) return;
    if (!is_utf8(value)) return refuse("is not UTF-8");  // By an escape.
    // The library's words for plain ("?") and quoted ("!").
    if (tag == "!") return take(Json(value), value);
    if (is_key_next()) return take(Json(), value);
    if (auto plain = plain_value(value)) take(std::move(*plain), value);
  }
  void OnSequenceStart(const YAML::Mark&, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    if (check_plain(tag, anchor)) begin(Json::array());
  }
  void OnSequenceEnd() override { end(); }
  void OnMapStart(const YAML::Mark&, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    if (check_plain(tag, anchor)) begin(Json::object());
  }
  void OnMapEnd() override { end(); }

  // REQUIRES: a document was read.
  Result<Json> result() && {
    if (fault_) return std::move(*fault_);
    return std::move(root_);
  }
  bool has_fault() const { return fault_.has_value(); }
  std::string path() const;

 private:
  // A collection that has begun and not ended. A map waits for a key or, with one, for its value.
  struct Frame {
    Json value;
    std::optional<std::string> key = std::nullopt;
  };

  bool is_key_next() const {
    return !open_.empty() && open_.back().value.is_object() && !open_.back().key;
  }
  void refuse(std::string message) {
    if (!fault_) fault_ = fault_at(path(), std::move(message));
  }
  bool check_plain(const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != 0) refuse("must not have an anchor");
    if (!tag.empty() && tag != "?") refuse("must not have a tag");
    return !fault_;
  }
  bool check_scalar(const std::string& tag, YAML::anchor_t anchor) {
    return check_plain(tag == "!" ? "" : tag, anchor);
  }
  std::optional<Json> plain_value(const std::string& text);
  void begin(Json collection);
  void end();
  void take(Json value, std::optional<std::string> text);

  std::vector<Frame> open_;
  Json root_;
  std::optional<Error> fault_;
};

// Where the reader stands: `tools[2].evidence`.
std::string Builder::path() const {
  std::string path;
  for (const Frame& frame : open_) {
    if (frame.value.is_array()) {
      path.append("[").append(std::to_string(frame.value.items().size())).append("]");
    } else if (frame.key) {
      path.append(path.empty() ? "" : ".").append(*frame.key);
    }
  }
  return path;
}

// The core schema of YAML 1.2, where a number is what JSON calls one.
std::optional<Json> Builder::plain_value(const std::string& text) {
  if (is_one_of(text, {"true", "True", "TRUE"})) return Json(true);
  if (is_one_of(text, {"false", "False", "FALSE"})) return Json(false);
  if (!looks_like_number(text)) return Json(text);
  auto number = parse_json(text);
  if (number && number->is_number()) return std::move(*number);
  refuse("is a number that not every reader reads alike: write it as JSON does, or quote it");
  return std::nullopt;
}

void Builder::begin(Json collection) {
  if (is_key_next()) return refuse("must have plain text as keys");
  if (open_.size() == kDepthMax) return refuse("is nested too deeply");
  open_.push_back({std::move(collection)});
}

void Builder::end() {
  if (fault_) return;
  Json finished = std::move(open_.back().value);
  open_.pop_back();
  take(std::move(finished), std::nullopt);
}

// `text` is what a scalar was written as: only such can be a key.
void Builder::take(Json value, std::optional<std::string> text) {
  if (open_.empty()) {
    root_ = std::move(value);
    return;
  }
  Frame& frame = open_.back();
  if (frame.value.is_array()) return frame.value.push(std::move(value));
  if (!frame.key) {
    if (!text) return refuse("must have plain text as keys");
    if (text->size() > kKeyBytesMax) return refuse("has a key of more than 256 bytes");
    if (frame.value.members().size() == kKeysMax) return refuse("has more than 1000 keys");
    const bool is_repeated = frame.value.find(*text) != nullptr;
    frame.key = std::move(text);
    if (is_repeated) refuse("occurs twice");
    return;
  }
  frame.value.members().emplace_back(std::move(*frame.key), std::move(value));
  frame.key.reset();
}

// The one place where the library's exceptions end.
Result<Json> json_from_yaml(std::string_view text) {
  Builder builder;
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) return fault_at({}, "is empty");
    if (builder.has_fault()) return std::move(builder).result();
    Builder second;
    if (parser.HandleNextDocument(second)) return fault_at({}, "must be the only one in the file");
  } catch (const YAML::Exception& exception) {
    // The library quotes bytes, which may be half a character.
    const std::string reason = is_utf8(exception.msg) ? ": " + exception.msg : std::string();
    return fault_at(builder.path(),
                    "is not YAML at line " + std::to_string(exception.mark.line + 1) + reason);
  } catch (const std::exception&) {
    return fault_at(builder.path(), "is not YAML");
  }
  return std::move(builder).result();
}

// YAML forbids them, the library lets them pass, and it guesses UTF-16 from a NUL.
bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n' && c != '\r' && c != '\t') || byte == 0x7F;
  });
}

}  // namespace

Result<Policy> policy_from_yaml(std::string_view text) {
  if (text.size() > kDocumentBytesMax) {
    Error error = fault_at({}, "is longer than 256 KiB");
    error.code = Code::too_large;
    return error;
  }
  if (!is_utf8(text)) return fault_at({}, "is not UTF-8");
  if (has_control_character(text)) return fault_at({}, "contains a control character");

  // JSON is YAML, but not to this library: it knows no surrogate pairs.
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && text[first] == '{') {
    if (const auto json = parse_json(text)) return policy_from_json(*json);
  }
  return policy_from_json(TRY(json_from_yaml(text)));
}

}  // namespace assent
