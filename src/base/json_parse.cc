// The strict reader. Boost.JSON's basic_parser tokenises and checks UTF-8, escapes and depth;
// the handler here builds the values and refuses what the library would let pass.
#include "base/json.h"
#include "base/json_syntax.h"
#include "base/text.h"

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <iterator>

namespace assent {
namespace {

using boost::json::error;
using boost::json::error_code;
using json_syntax::kIntegerMax;
using json_syntax::Real;

// Up to so many members a key is compared with all before it; an object with more is checked
// once, when it ends, by sorting.
constexpr std::size_t kFewMembers = 16;
// The tokeniser, the writers and the destructor of Json recurse.
constexpr std::size_t kDepthMax = 1000;
// A key in an error's path, which goes to logs and screens, is cut after so many bytes.
constexpr std::size_t kPathKeyBytesMax = 64;

constexpr std::string_view kDuplicate = "this key occurs twice in its object";
constexpr std::string_view kBeyondInteger =
    "this number is a whole one beyond ±(2^53−1), which not every reader keeps exact; write it as "
    "a string";
constexpr std::string_view kBeyondDouble = "this number has no double-precision value near it";

// A hash of a key (FNV-1a). It only orders keys for comparison: who makes keys collide gains
// nothing but the comparison that a plain sort would have done.
std::uint64_t order_of(std::string_view key) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const char c : key) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001B3U;
  return hash;
}

// Receives tokens. What is not yet part of a finished container waits on two stacks, so that
// each container is allocated once, at its final size.
class Builder {
 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  Builder() {
    values_.reserve(32);
    keys_.reserve(32);
    frames_.reserve(16);
  }

  // REQUIRES: the document ended well.
  Json take() { return std::move(values_.front()); }
  std::string_view fault() const { return fault_; }
  std::string path() const;

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_array_begin(error_code&) { return begin(Kind::array); }
  bool on_object_begin(error_code&) { return begin(Kind::object); }
  bool on_array_end(std::size_t size, error_code& failure);
  bool on_object_end(std::size_t size, error_code& failure);

  bool on_string_part(std::string_view part, std::size_t, error_code&) { return keep(part); }
  bool on_key_part(std::string_view part, std::size_t, error_code&) { return keep(part); }
  bool on_string(std::string_view rest, std::size_t, error_code&) {
    values_.emplace_back(whole(rest));
    return true;
  }
  bool on_key(std::string_view rest, std::size_t, error_code& failure);

  bool on_number_part(std::string_view, error_code&) { return true; }
  bool on_int64(std::int64_t value, std::string_view, error_code& failure);
  bool on_uint64(std::uint64_t, std::string_view, error_code& failure) {
    return refuse(kBeyondInteger, failure);
  }
  bool on_double(double, std::string_view literal, error_code& failure);
  bool on_bool(bool value, error_code&) { return push(Json(value)); }
  bool on_null(error_code&) { return push(Json()); }
  bool on_comment_part(std::string_view, error_code&) { return true; }
  bool on_comment(std::string_view, error_code&) { return true; }

 private:
  enum class Kind { array, object };
  // A container that has begun and not ended.
  struct Frame {
    Kind kind;
    std::size_t first_value;
    std::size_t first_key;
  };

  bool begin(Kind kind) {
    frames_.push_back({kind, values_.size(), keys_.size()});
    return true;
  }
  bool push(Json value) {
    values_.push_back(std::move(value));
    return true;
  }
  bool keep(std::string_view part) {
    partial_.append(part);
    return true;
  }
  // The string whose last piece is `rest`.
  std::string whole(std::string_view rest) {
    if (partial_.empty()) return std::string(rest);
    partial_.append(rest);
    return std::exchange(partial_, {});
  }
  bool refuse(std::string_view why, error_code& failure) {
    fault_ = why;
    failure = error::exception;  // Any will do: `fault_` has the reason.
    return false;
  }
  bool refuse_duplicate(std::string key, error_code& failure) {
    duplicate_ = std::move(key);
    return refuse(kDuplicate, failure);
  }
  const std::string* repeated_key(std::size_t first_key) const;

  std::vector<Json> values_;
  std::vector<std::string> keys_;
  std::vector<Frame> frames_;
  std::string partial_;
  std::string_view fault_;
  std::optional<std::string> duplicate_;
};

bool Builder::on_array_end(std::size_t size, error_code&) {
  const auto first = values_.end() - static_cast<std::ptrdiff_t>(size);
  Json::Array items(std::make_move_iterator(first), std::make_move_iterator(values_.end()));
  values_.erase(first, values_.end());
  frames_.pop_back();
  return push(Json(std::move(items)));
}

bool Builder::on_object_end(std::size_t size, error_code& failure) {
  const Frame frame = frames_.back();
  if (size > kFewMembers) {
    if (const auto* const key = repeated_key(frame.first_key)) {
      return refuse_duplicate(*key, failure);
    }
  }
  Json object = Json::object();
  object.members().reserve(size);
  for (std::size_t i = 0; i < size; ++i) {
    object.members().emplace_back(std::move(keys_[frame.first_key + i]),
                                  std::move(values_[frame.first_value + i]));
  }
  keys_.resize(frame.first_key);
  values_.resize(frame.first_value);
  frames_.pop_back();
  return push(std::move(object));
}

bool Builder::on_key(std::string_view rest, std::size_t, error_code& failure) {
  std::string key = whole(rest);
  const auto first = keys_.begin() + static_cast<std::ptrdiff_t>(frames_.back().first_key);
  const bool is_small = keys_.end() - first < static_cast<std::ptrdiff_t>(kFewMembers);
  if (is_small && std::find(first, keys_.end(), key) != keys_.end()) {
    return refuse_duplicate(std::move(key), failure);
  }
  keys_.push_back(std::move(key));
  return true;
}

// A key that occurs twice from `first_key` on, or null pointer. Sorting, not a hash table: its
// worst case does not depend on who chose the keys.
const std::string* Builder::repeated_key(std::size_t first_key) const {
  std::vector<std::pair<std::uint64_t, const std::string*>> order;
  order.reserve(keys_.size() - first_key);
  for (std::size_t i = first_key; i < keys_.size(); ++i) {
    order.emplace_back(order_of(keys_[i]), &keys_[i]);
  }
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : *a.second < *b.second;
  });
  const auto twin = std::adjacent_find(
      order.begin(), order.end(),
      [](const auto& a, const auto& b) { return a.first == b.first && *a.second == *b.second; });
  return twin == order.end() ? nullptr : twin->second;
}

bool Builder::on_int64(std::int64_t value, std::string_view, error_code& failure) {
  if (value < -kIntegerMax || value > kIntegerMax) return refuse(kBeyondInteger, failure);
  return push(Json(value));
}

// `literal` is all of it, because the parser is given the whole document at once. Boost's own
// value is not used: it can be one unit in the last place off.
bool Builder::on_double(double, std::string_view literal, error_code& failure) {
  if (literal.find_first_of(".eE") == std::string_view::npos) {
    return refuse(kBeyondInteger, failure);
  }
  const Real real = json_syntax::read_real(literal);
  if (real.kind == Real::Kind::double_beyond) return refuse(kBeyondDouble, failure);
  // 1e17 would be written canonically as an integer that this reader refuses.
  if (real.kind == Real::Kind::whole_beyond) return refuse(kBeyondInteger, failure);
  return push(Json(real.value));
}

void append_key(std::string& path, std::string_view key) {
  if (!path.empty()) path.push_back('.');
  if (key.size() <= kPathKeyBytesMax) {
    path.append(key);
    return;
  }
  std::size_t end = kPathKeyBytesMax;
  while ((static_cast<std::uint8_t>(key[end]) & 0xC0) == 0x80) --end;  // Whole characters.
  path.append(key.substr(0, end)).append("…");
}

// Where the parser stands, read off the stacks: building it only now keeps good documents fast.
std::string Builder::path() const {
  std::string path;
  for (std::size_t i = 0; i < frames_.size(); ++i) {
    const Frame& frame = frames_[i];
    const bool is_last = i + 1 == frames_.size();
    const std::size_t values_end = is_last ? values_.size() : frames_[i + 1].first_value;
    const std::size_t place = values_end - frame.first_value;
    if (frame.kind == Kind::array) {
      path.append("[").append(std::to_string(place)).append("]");
    } else if (!(is_last && duplicate_) && frame.first_key + place < keys_.size()) {
      append_key(path, keys_[frame.first_key + place]);
    }
  }
  if (duplicate_) append_key(path, *duplicate_);
  return path;
}

std::string_view explain(const error_code& failure, std::string_view text, std::size_t used) {
  // Boost calls bad UTF-8 a syntax error, and stops within a character of it.
  if (const auto bad = first_bad_utf8(text); bad && *bad <= used) return "the text is not UTF-8";
  if (failure == error::too_deep) return "arrays and objects are nested too deeply";
  if (failure == error::exponent_overflow) return kBeyondDouble;
  if (failure == error::illegal_leading_surrogate || failure == error::illegal_trailing_surrogate ||
      failure == error::expected_utf16_escape) {
    return "a \\u escape is half of a surrogate pair";
  }
  if (failure == error::expected_hex_digit) return "a \\u escape needs four hexadecimal digits";
  const bool is_cut_short = failure == error::incomplete || used == text.size();
  return is_cut_short ? "the text ends too early" : "this is not JSON";
}

Error fault_at(std::size_t place, std::string path, std::string_view why) {
  std::string detail = "The JSON cannot be accepted at byte " + std::to_string(place) + ": ";
  detail.append(why).append(".");
  return {.code = Code::validation_error,
          .detail = std::move(detail),
          .fields = {{std::move(path), std::string(why)}}};
}

}  // namespace

Result<Json> parse_json(std::string_view text, JsonLimits limits) {
  if (text.empty()) return fault_at(0, {}, "the text is empty");
  boost::json::parse_options options;
  options.max_depth = std::min(limits.depth, kDepthMax);
  boost::json::basic_parser<Builder> parser(options);

  error_code failure;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), failure);
  const Builder& builder = parser.handler();
  if (failure && !builder.fault().empty()) return fault_at(used, builder.path(), builder.fault());
  if (failure) return fault_at(used, builder.path(), explain(failure, text, used));
  if (used < text.size()) return fault_at(used, {}, "something follows the value");
  return parser.handler().take();
}

}  // namespace assent
