#include "domain/document_reader.h"

#include "base/time.h"

#include <algorithm>

namespace assent {
namespace {

using std::chrono::seconds;

constexpr std::size_t kFaultsMax = 20;  // One screen.
constexpr std::size_t kTextBytesMax = 2000;
constexpr std::size_t kPathNameBytesMax = 64;
constexpr std::size_t kNameBytesMax = 63;

}  // namespace

std::string below(const std::string& path, std::string_view name) {
  std::string shown(name);
  if (shown.size() > kPathNameBytesMax) {
    std::size_t end = kPathNameBytesMax;
    while (end > 0 && (static_cast<unsigned char>(shown[end]) & 0xC0) == 0x80) --end;
    shown.replace(end, std::string::npos, "…");
  }
  return path.empty() ? shown : path + "." + shown;
}

std::string below(const std::string& path, std::size_t index) {
  return path + "[" + std::to_string(index) + "]";
}

bool is_document_name(std::string_view name) {
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= kNameBytesMax && is_plain(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return is_plain(c) || c == '_' || c == '-'; });
}

void DocumentReader::fault(std::string path, std::string message) {
  if (faults_.size() < kFaultsMax) faults_.push_back({std::move(path), std::move(message)});
}

void DocumentReader::impossible(std::string path, std::string message) {
  if (contradictions_.size() < kFaultsMax) {
    contradictions_.push_back({std::move(path), std::move(message)});
  }
}

void DocumentReader::faults(std::vector<FieldError> fields) {
  for (auto& field : fields) fault(std::move(field.path), std::move(field.message));
}

bool DocumentReader::object(const Json& value, const std::string& path,
                            std::span<const std::string_view> known) {
  if (!value.is_object()) {
    fault(path, "must be a map");
    return false;
  }
  for (const auto& [name, member] : value.members()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    std::string message = "is not known here; known are";
    for (const auto each : known) message.append(" ").append(each);
    fault(below(path, name), std::move(message));
  }
  return true;
}

void DocumentReader::flag(const Json& value, const std::string& path, bool& out) {
  if (value.is_bool()) {
    out = value.boolean();
  } else {
    fault(path, "must be true or false");
  }
}

void DocumentReader::whole(const Json& value, const std::string& path, std::int64_t min,
                           std::int64_t max, std::int64_t& out) {
  if (value.is_integer() && value.integer() >= min && value.integer() <= max) {
    out = value.integer();
  } else {
    fault(path,
          "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max));
  }
}

void DocumentReader::text(const Json& value, const std::string& path, std::string& out) {
  if (value.is_string() && !value.string().empty() && value.string().size() <= kTextBytesMax) {
    out = value.string();
  } else {
    fault(path, "must be a text of 1 to " + std::to_string(kTextBytesMax) + " bytes");
  }
}

void DocumentReader::duration(const Json& value, const std::string& path, seconds& out) {
  const auto read =
      value.is_string() ? duration_from_text(value.string()) : std::optional<seconds>();
  if (read) {
    out = *read;
  } else {
    fault(path, "must be a duration like 30s, 90m, 48h or 7d");
  }
}

void DocumentReader::duration(const Json& value, const std::string& path, const Between& between,
                              seconds& out) {
  const auto read =
      value.is_string() ? duration_from_text(value.string()) : std::optional<seconds>();
  if (read && *read >= between.min && *read <= between.max) {
    out = *read;
  } else {
    fault(path, "must be a duration " + std::string(between.bounds));
  }
}

void DocumentReader::names(const Json& value, const std::string& path,
                           std::vector<std::string>& out) {
  if (!value.is_array()) return fault(path, "must be a list of names of arguments");
  out.clear();
  for (std::size_t i = 0; i < value.items().size(); ++i) {
    std::string name;
    text(value.items()[i], below(path, i), name);
    if (std::find(out.begin(), out.end(), name) != out.end()) {
      fault(below(path, i), "occurs twice");
    }
    out.push_back(std::move(name));
  }
}

Result<void> DocumentReader::judge(std::string_view what) && {
  if (faults_.empty() && contradictions_.empty()) return {};
  const bool is_shape = !faults_.empty();
  auto& fields = is_shape ? faults_ : contradictions_;
  const FieldError& first = fields.front();
  std::string detail(what);
  detail.append(first.path.empty() ? "the document" : first.path).append(" ");
  detail.append(first.message).append(".");
  return Error{.code = is_shape ? Code::validation_error : Code::unprocessable,
               .detail = std::move(detail),
               .fields = std::move(fields)};
}

}  // namespace assent
