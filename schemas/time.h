#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace hookledger {

/// An instant in UTC, to the microsecond.
using Time = std::chrono::sys_time<std::chrono::microseconds>;
using Duration = std::chrono::microseconds;

/// Reads RFC 3339 with any fraction length (cut to microseconds, not rounded), any UTC offset, `T`
/// or `t`, `Z` or `z`. Nothing for anything else, for days that do not exist, for second 60, and for
/// instants outside the years 1 to 9999.
std::optional<Time> parse_time(std::string_view text);

/// Reads a date of RFC 2822 as services write it: `Fri, 17 Mar 2023 11:28:31 +0000`. The name of the day may be left
/// out and is not compared with the date; a day has one digit or two, a year four; the zone is an offset or `GMT`.
/// Nothing for anything else, and as for RFC 3339.
std::optional<Time> parse_rfc2822_time(std::string_view text);

/// `2026-02-08T10:15:30.123456Z`.
std::string format_time(Time time);

/// `90`, `90s`, `500ms`, `10m`, `72h`, `7d`, and larger units before smaller ones as in `4h5m`; a bare number counts
/// seconds. Nothing for anything else.
std::optional<Duration> parse_duration(std::string_view text);

/// `1.2s`, `340ms`, `3m20s`, `4h5m`: short, for people.
std::string format_duration(Duration duration);

/// An instant as a user writes it: RFC 3339, or relative to `now`: `-10m`, `now`.
std::optional<Time> parse_instant(std::string_view text, Time now);

}  // namespace hookledger
