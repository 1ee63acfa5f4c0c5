#include "base/time.h"

#include <algorithm>
#include <atomic>

namespace assent {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year;

constexpr Timestamp kFirstPrintable = sys_days(year(0) / 1 / 1);
constexpr Timestamp kFirstReadable = sys_days(year(1970) / 1 / 1);
constexpr Timestamp kLast = sys_days(year(9999) / 12 / 31) + hours(24) - Microseconds(1);

constexpr seconds kDurationMax = days(3650);

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

void put_digits(char* out, int width, std::uint32_t value) {
  for (int i = width - 1; i >= 0; --i, value /= 10) out[i] = static_cast<char>('0' + value % 10);
}

// Reads a text from the left. Once something is not as expected it stays failed, so that the
// caller asks once, at the end.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  int digits(std::size_t width) {
    if (rest_.size() < width) return fail();
    int value = 0;
    for (std::size_t i = 0; i < width; ++i) {
      if (!is_digit(rest_[i])) return fail();
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(width);
    return value;
  }

  // A number of exactly `width` digits between `low` and `high`.
  int between(std::size_t width, int low, int high) {
    const int value = digits(width);
    return value < low || value > high ? fail() : value;
  }

  // Takes one character if it is one of `choices`; what it was, or '\0'.
  char one_of(std::string_view choices) {
    if (rest_.empty() || choices.find(rest_.front()) == std::string_view::npos) return '\0';
    const char taken = rest_.front();
    rest_.remove_prefix(1);
    return taken;
  }

  void expect(std::string_view choices) {
    if (one_of(choices) == '\0') fail();
  }

  // The digits after a decimal point, as microseconds.
  Microseconds fraction() {
    std::size_t count = 0;
    std::int64_t value = 0;
    for (; count < rest_.size() && is_digit(rest_[count]); ++count) {
      if (count < 6) value = value * 10 + (rest_[count] - '0');
      if (count >= 6 && rest_[count] != '0') fail();
    }
    if (count == 0) fail();
    for (std::size_t i = count; i < 6; ++i) value *= 10;
    rest_.remove_prefix(std::min(count, rest_.size()));
    return Microseconds(value);
  }

  bool ended_well() const { return !failed_ && rest_.empty(); }

 private:
  int fail() {
    failed_ = true;
    rest_ = {};
    return 0;
  }

  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace

std::string to_rfc3339(Timestamp at) {
  at = std::clamp(at, kFirstPrintable, kLast);
  const auto day = std::chrono::floor<days>(at);
  const std::chrono::year_month_day date(day);
  const std::int64_t since_midnight = (at - day).count();
  const auto second = static_cast<std::uint32_t>(since_midnight / 1'000'000);

  std::string text = "0000-00-00T00:00:00.000000Z";
  put_digits(&text[0], 4, static_cast<std::uint32_t>(static_cast<int>(date.year())));
  put_digits(&text[5], 2, static_cast<unsigned>(date.month()));
  put_digits(&text[8], 2, static_cast<unsigned>(date.day()));
  put_digits(&text[11], 2, second / 3600);
  put_digits(&text[14], 2, second / 60 % 60);
  put_digits(&text[17], 2, second % 60);
  put_digits(&text[20], 6, static_cast<std::uint32_t>(since_midnight % 1'000'000));
  return text;
}

std::optional<Timestamp> from_rfc3339(std::string_view text) {
  Reader reader(text);
  const int years = reader.between(4, 1970, 9999);
  reader.expect("-");
  const int month = reader.between(2, 1, 12);
  reader.expect("-");
  const int day = reader.between(2, 1, 31);
  reader.expect("Tt");
  const hours hour(reader.between(2, 0, 23));
  reader.expect(":");
  const minutes minute(reader.between(2, 0, 59));
  reader.expect(":");
  const seconds second(reader.between(2, 0, 59));
  const Microseconds fraction =
      reader.one_of(".") != '\0' ? reader.fraction() : Microseconds::zero();

  minutes offset = minutes::zero();
  if (const char sign = reader.one_of("+-"); sign != '\0') {
    offset = hours(reader.between(2, 0, 23));
    reader.expect(":");
    offset += minutes(reader.between(2, 0, 59));
    if (sign == '-') offset = -offset;
  } else {
    reader.expect("Zz");
  }
  if (!reader.ended_well()) return std::nullopt;

  const std::chrono::year_month_day date(year(years),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  if (!date.ok()) return std::nullopt;
  const Timestamp at = sys_days(date) + hour + minute + second + fraction - offset;
  if (at < kFirstReadable || at > kLast) return std::nullopt;
  return at;
}

std::optional<seconds> duration_from_text(std::string_view text) {
  // Nine digits write the maximum in seconds, and nine digits of days fit into 64 bits.
  if (text.size() < 2 || text.size() > 10 || text.front() == '0') return std::nullopt;
  std::int64_t count = 0;
  for (const char c : text.substr(0, text.size() - 1)) {
    if (!is_digit(c)) return std::nullopt;
    count = count * 10 + (c - '0');
  }

  seconds unit = seconds::zero();
  switch (text.back()) {
    case 's':
      unit = seconds(1);
      break;
    case 'm':
      unit = minutes(1);
      break;
    case 'h':
      unit = hours(1);
      break;
    case 'd':
      unit = days(1);
      break;
    default:
      return std::nullopt;
  }
  if (count * unit > kDurationMax) return std::nullopt;
  return count * unit;
}

Timestamp SystemClock::now() const {
  return std::chrono::floor<Microseconds>(std::chrono::system_clock::now());
}

ManualClock::ManualClock(Timestamp at) : count_(to_microseconds(at)) {}

std::int64_t ManualClock::load() const {
  return std::atomic_ref(count_).load();
}

Timestamp ManualClock::now() const {
  return from_microseconds(load());
}

void ManualClock::set(Timestamp at) {
  std::atomic_ref(count_).store(to_microseconds(at));
}

void ManualClock::advance(Microseconds by) {
  std::atomic_ref(count_).fetch_add(by.count());
}

}  // namespace assent
