#include "schemas/time.h"

#include <array>
#include <cstdint>
#include <limits>

#include "schemas/text.h"

namespace hookledger {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Time kFirst = std::chrono::sys_days(std::chrono::year(1) / 1 / 1);
constexpr Time kLast = Time(std::chrono::sys_days(std::chrono::year(10'000) / 1 / 1)) - microseconds(1);

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes text from the left; after the first thing that is not as expected, `ok` stays false.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool ok() const { return ok_; }
  bool done() const { return at_ == end_; }
  char peek() const { return done() ? '\0' : *at_; }
  char take() {
    if (done()) return fail();
    return *at_++;
  }
  std::string_view take(std::size_t size) {
    if (static_cast<std::size_t>(end_ - at_) < size) {
      fail();
      return {};
    }
    at_ += size;
    return {at_ - size, size};
  }
  void expect(char c) {
    if (take() != c) fail();
  }
  int digits(int count) {
    int value = 0;
    for (int i = 0; i < count; ++i) value = value * 10 + digit();
    return value;
  }
  /// One digit or more; those beyond microseconds are read and dropped.
  microseconds fraction() {
    std::int64_t value = 0;
    int read = 0;
    do {
      const int next = digit();
      if (++read <= 6) value = value * 10 + next;
    } while (is_digit(peek()));
    for (; read < 6; ++read) value *= 10;
    return microseconds(value);
  }

 private:
  char fail() {
    ok_ = false;
    return '\0';
  }
  int digit() {
    const char c = take();
    if (!is_digit(c)) return fail();
    return c - '0';
  }

  const char* at_;
  const char* end_;
  bool ok_ = true;
};

/// How far the local time is ahead of UTC.
minutes scan_offset(Scanner& in, bool& valid) {
  const char sign = in.take();
  if (sign == 'Z' || sign == 'z') return minutes(0);
  const int h = in.digits(2);
  in.expect(':');
  const int m = in.digits(2);
  valid = (sign == '+' || sign == '-') && h <= 23 && m <= 59;
  const minutes offset = hours(h) + minutes(m);
  return sign == '-' ? -offset : offset;
}

struct TimeOfDay {
  int hour, minute, second;
};

TimeOfDay scan_time_of_day(Scanner& in) {
  TimeOfDay at{};
  at.hour = in.digits(2);
  in.expect(':');
  at.minute = in.digits(2);
  in.expect(':');
  at.second = in.digits(2);
  return at;
}

std::optional<Time> instant(const std::chrono::year_month_day& date, const TimeOfDay& at, microseconds more) {
  if (!date.ok() || at.hour > 23 || at.minute > 59 || at.second > 59) return std::nullopt;
  const Time time = Time(std::chrono::sys_days(date)) + hours(at.hour) + minutes(at.minute) + seconds(at.second) + more;
  if (time < kFirst || time > kLast) return std::nullopt;
  return time;
}

/// Three letters each, in order.
constexpr std::string_view kDayNames = "MonTueWedThuFriSatSun";
constexpr std::string_view kMonthNames = "JanFebMarAprMayJunJulAugSepOctNovDec";

/// From 1.
std::optional<unsigned> number_of(std::string_view name, std::string_view names) {
  for (std::size_t at = 0; at < names.size(); at += 3) {
    if (name == names.substr(at, 3)) return static_cast<unsigned>(at / 3 + 1);
  }
  return std::nullopt;
}

char* put(char* out, unsigned value, int digits) {
  for (int i = digits - 1; i >= 0; --i, value /= 10) out[i] = static_cast<char>('0' + value % 10);
  return out + digits;
}

std::optional<microseconds> unit_of(std::string_view name) {
  if (name.empty() || name == "s") return seconds(1);
  if (name == "ms") return milliseconds(1);
  if (name == "m") return minutes(1);
  if (name == "h") return hours(1);
  if (name == "d") return days(1);
  return std::nullopt;
}

/// `3m20s`, `3m` when the smaller part is zero.
std::string two_units(std::int64_t large, const char* large_unit, std::int64_t small, const char* small_unit) {
  std::string text = std::to_string(large) + large_unit;
  if (small != 0) text += std::to_string(small) + small_unit;
  return text;
}

}  // namespace

std::optional<Time> parse_time(std::string_view text) {
  Scanner in(text);
  const std::chrono::year year(in.digits(4));
  in.expect('-');
  const std::chrono::month month(static_cast<unsigned>(in.digits(2)));
  in.expect('-');
  const std::chrono::day day(static_cast<unsigned>(in.digits(2)));
  const char separator = in.take();
  const TimeOfDay at = scan_time_of_day(in);
  microseconds fraction(0);
  if (in.peek() == '.') {
    in.take();
    fraction = in.fraction();
  }
  bool offset_valid = true;
  const minutes offset = scan_offset(in, offset_valid);

  if (!in.ok() || !in.done() || !offset_valid || (separator != 'T' && separator != 't')) return std::nullopt;
  return instant({year, month, day}, at, fraction - offset);
}

std::optional<Time> parse_rfc2822_time(std::string_view text) {
  Scanner in(text);
  bool names_valid = true;
  if (!is_digit(in.peek())) {
    names_valid = number_of(in.take(3), kDayNames).has_value();
    in.expect(',');
    in.expect(' ');
  }
  int day_number = in.digits(1);
  if (is_digit(in.peek())) day_number = day_number * 10 + in.digits(1);
  in.expect(' ');
  const auto month_number = number_of(in.take(3), kMonthNames);
  in.expect(' ');
  const std::chrono::year year(in.digits(4));
  in.expect(' ');
  const TimeOfDay at = scan_time_of_day(in);
  in.expect(' ');
  bool offset_valid = true;
  minutes offset(0);
  if (in.peek() == 'G') {
    offset_valid = in.take(3) == "GMT";
  } else {
    const char sign = in.take();
    const int h = in.digits(2), m = in.digits(2);
    offset_valid = (sign == '+' || sign == '-') && h <= 23 && m <= 59;
    offset = (sign == '-' ? -1 : 1) * (hours(h) + minutes(m));
  }
  if (!in.ok() || !in.done() || !names_valid || !month_number || !offset_valid) return std::nullopt;
  const std::chrono::year_month_day date(year, std::chrono::month(*month_number),
                                         std::chrono::day(static_cast<unsigned>(day_number)));
  return instant(date, at, -offset);
}

std::string format_time(Time time) {
  time = std::min(std::max(time, kFirst), kLast);
  const auto day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);

  std::array<char, 27> text;
  char* out = text.data();
  out = put(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  *out++ = '-';
  out = put(out, static_cast<unsigned>(date.month()), 2);
  *out++ = '-';
  out = put(out, static_cast<unsigned>(date.day()), 2);
  *out++ = 'T';
  out = put(out, static_cast<unsigned>(clock.hours().count()), 2);
  *out++ = ':';
  out = put(out, static_cast<unsigned>(clock.minutes().count()), 2);
  *out++ = ':';
  out = put(out, static_cast<unsigned>(clock.seconds().count()), 2);
  *out++ = '.';
  out = put(out, static_cast<unsigned>(clock.subseconds().count()), 6);
  *out++ = 'Z';
  return std::string(text.data(), text.size());
}

std::optional<Duration> parse_duration(std::string_view text) {
  constexpr Duration::rep kMax = std::numeric_limits<Duration::rep>::max();
  Duration sum{};
  Duration before = Duration::max();  // The unit of the part before.
  do {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const std::size_t end = std::min(text.find_first_of("0123456789", digits), text.size());
    const auto count = parse_unsigned(text.substr(0, digits));
    const auto unit = unit_of(text.substr(digits, end - digits));
    const bool alone = before == Duration::max() && end == text.size();
    if (!count || !unit || *unit >= before || (digits == end && !alone)) return std::nullopt;
    if (*count > static_cast<std::uint64_t>((kMax - sum.count()) / unit->count())) return std::nullopt;
    sum += *unit * static_cast<Duration::rep>(*count);
    before = *unit;
    text.remove_prefix(end);
  } while (!text.empty());
  return sum;
}

std::string format_duration(Duration duration) {
  if (duration < Duration(0)) return "-" + format_duration(-std::max(duration, -Duration::max()));
  const std::int64_t us = duration.count();
  if (us == 0) return "0s";
  if (duration < milliseconds(1)) return std::to_string(us) + "us";
  if (duration < seconds(1)) return std::to_string(us / 1000) + "ms";
  const std::int64_t tenths = us / 100'000;
  if (duration < minutes(1)) {
    return std::to_string(tenths / 10) + (tenths % 10 != 0 ? "." + std::to_string(tenths % 10) : "") + "s";
  }
  const std::int64_t s = us / 1'000'000;
  if (duration < hours(1)) return two_units(s / 60, "m", s % 60, "s");
  if (duration < days(1)) return two_units(s / 3600, "h", s % 3600 / 60, "m");
  return two_units(s / 86'400, "d", s % 86'400 / 3600, "h");
}

std::optional<Time> parse_instant(std::string_view text, Time now) {
  if (text == "now") return now;
  if (!text.starts_with('-')) return parse_time(text);
  const auto ago = parse_duration(text.substr(1));
  if (!ago || now < kFirst || *ago > now - kFirst) return std::nullopt;
  return now - *ago;
}

}  // namespace hookledger
