#include "store/keeping/mark.h"

#include "base/hash.h"
#include "base/text.h"
#include "store/files.h"

#include <charconv>
#include <utility>

namespace assent::store {

namespace {

constexpr std::string_view kMagic = "assent-mark/1 ";

std::optional<std::uint64_t> number_from(std::string_view text) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

// Takes what is before the first `end` off `text`, and `end` itself.
std::optional<std::string_view> take_until(std::string_view& text, char end) {
  const std::size_t at = text.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(at + 1);
  return taken;
}

}  // namespace

Result<std::string> slot_text(const Mark& mark) {
  const std::string content = std::to_string(ledger::number(mark.frontier.size())) + " " +
                              to_base64(mark.frontier.peaks_bytes()) + "\n" + mark.note;
  const Hash hash = sha256(content);
  std::string text = std::string(kMagic) + std::to_string(content.size()) + " " +
                     to_hex(as_bytes(hash)) + "\n" + content;
  if (text.size() > kMarkSlotBytes) {
    return Error{Code::too_large, "the log's name is too long for a checkpoint of it"};
  }
  return text;
}

std::optional<Mark> mark_from_slot(std::string_view slot) {
  if (!slot.starts_with(kMagic)) return std::nullopt;
  slot.remove_prefix(kMagic.size());
  const auto bytes_text = take_until(slot, ' ');
  const auto hash_text = bytes_text ? take_until(slot, '\n') : std::nullopt;
  const auto bytes = hash_text ? number_from(*bytes_text) : std::nullopt;
  if (!bytes || *bytes > slot.size()) return std::nullopt;
  std::string_view content = slot.substr(0, *bytes);
  if (to_hex(as_bytes(sha256(content))) != *hash_text) return std::nullopt;

  const auto size_text = take_until(content, ' ');
  const auto peaks_text = size_text ? take_until(content, '\n') : std::nullopt;
  if (!peaks_text) return std::nullopt;
  const auto size = number_from(*size_text);
  const auto peaks = from_base64(*peaks_text);
  if (!size || !peaks) return std::nullopt;
  const auto frontier = ledger::Frontier::from(ledger::Size{*size}, *peaks);
  if (!frontier) return std::nullopt;
  return Mark{.note = std::string(content), .frontier = *frontier};
}

Result<std::optional<Mark>> MarkFile::read() {
  const auto bytes = read_file(path_);
  if (!bytes && bytes.error().code != Code::not_found) return bytes.error();
  if (!bytes || bytes->size() != 2 * kMarkSlotBytes) return std::optional<Mark>();
  const std::string_view view = *bytes;
  auto first = mark_from_slot(view.substr(0, kMarkSlotBytes));
  auto second = mark_from_slot(view.substr(kMarkSlotBytes));
  const bool is_second = second && (!first || second->frontier.size() > first->frontier.size());
  newest_ = is_second ? 1 : 0;
  return is_second ? std::move(second) : std::move(first);
}

// Writing into a file that has all its blocks changes no metadata: the disk is waited for once.
Result<void> MarkFile::look() {
  if (newest_) return {};
  TRY(read());
  if (newest_) return {};
  const std::size_t slash = path_.rfind('/');
  TRY(write_durably(path_.substr(0, slash), path_.substr(slash + 1),
                    std::string(2 * kMarkSlotBytes, '\0')));
  newest_ = 0;
  return {};
}

Result<void> MarkFile::write(const Mark& mark) {
  const std::string text = TRY(slot_text(mark));
  TRY(look());
  const std::size_t other = 1 - *newest_;
  TRY(overwrite_durably(path_, other * kMarkSlotBytes, text));
  newest_ = other;
  return {};
}

}  // namespace assent::store
