#include "schemas/time.h"

#include <array>
#include <cstdio>
#include <gtest/gtest.h>
#include <limits>

#include "tests/support/seeded.h"

namespace hookledger {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const Time kNow = Time(microseconds(1'770'545'730'123'456));

std::string read_and_write(std::string_view text) {
  const auto time = parse_time(text);
  return time ? format_time(*time) : "nothing";
}

TEST(ParseTime, ReadsWhatRfc3339Allows) {
  EXPECT_EQ(parse_time("2026-02-08T10:15:30.123456Z"), kNow);
  EXPECT_EQ(read_and_write("2026-02-08T10:15:30Z"), "2026-02-08T10:15:30.000000Z");
  EXPECT_EQ(read_and_write("2026-02-08t10:15:30z"), "2026-02-08T10:15:30.000000Z");
  EXPECT_EQ(read_and_write("2026-02-08T10:15:30.5Z"), "2026-02-08T10:15:30.500000Z");
  EXPECT_EQ(read_and_write("2026-02-08T10:15:30.123456+05:30"), "2026-02-08T04:45:30.123456Z");
  EXPECT_EQ(read_and_write("2026-02-08T22:15:30.123456-23:59"), "2026-02-09T22:14:30.123456Z");
  EXPECT_EQ(read_and_write("2026-02-08T10:15:30-00:00"), "2026-02-08T10:15:30.000000Z");
  EXPECT_EQ(read_and_write("2024-02-29T00:00:00Z"), "2024-02-29T00:00:00.000000Z");
  EXPECT_EQ(read_and_write("2000-02-29T00:00:00Z"), "2000-02-29T00:00:00.000000Z");
}

TEST(ParseRfc2822Time, ReadsDatesAsServicesWriteThem) {
  const auto read = [](std::string_view text) {
    const auto time = parse_rfc2822_time(text);
    return time ? format_time(*time) : "nothing";
  };
  EXPECT_EQ(read("Fri, 17 Mar 2023 11:28:31 +0000"), "2023-03-17T11:28:31.000000Z");
  EXPECT_EQ(read("17 Mar 2023 11:28:31 +0000"), "2023-03-17T11:28:31.000000Z");
  EXPECT_EQ(read("Sat, 1 Jan 2022 00:00:00 GMT"), "2022-01-01T00:00:00.000000Z");
  EXPECT_EQ(read("Sat, 01 Jan 2022 00:00:00 -0000"), "2022-01-01T00:00:00.000000Z");
  EXPECT_EQ(read("Sat, 01 Jan 2022 00:00:00 +0530"), "2021-12-31T18:30:00.000000Z");
  EXPECT_EQ(read("Sat, 01 Jan 2022 00:00:00 -2359"), "2022-01-01T23:59:00.000000Z");
  EXPECT_EQ(read("Mon, 29 Feb 2024 23:59:59 +0000"), "2024-02-29T23:59:59.000000Z");  // No Monday.
  const char* const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  for (int month = 0; month < 12; ++month) {
    const std::string number = (month < 9 ? "0" : "") + std::to_string(month + 1);
    EXPECT_EQ(read("02 " + std::string(months[month]) + " 2026 10:15:30 +0000"),
              "2026-" + number + "-02T10:15:30.000000Z");
  }
}

TEST(ParseRfc2822Time, RefusesEverythingElse) {
  for (const std::string_view text : {"",
                                      "Fri",
                                      "Fri,",
                                      "Fri, 17 Mar 2023",
                                      "Fri, 17 Mar 2023 11:28:31",
                                      "Fri, 17 Mar 2023 11:28:31 ",
                                      "Fri, 17 Mar 2023 11:28 +0000",
                                      "Fri, 17 Mar 2023 11:28:31 +000",
                                      "Fri, 17 Mar 2023 11:28:31 +00000",
                                      "Fri, 17 Mar 2023 11:28:31 0000",
                                      "Fri, 17 Mar 2023 11:28:31 +2400",
                                      "Fri, 17 Mar 2023 11:28:31 +0060",
                                      "Fri, 17 Mar 2023 11:28:31 GM",
                                      "Fri, 17 Mar 2023 11:28:31 GMT ",
                                      "Fri, 17 Mar 2023 11:28:31 EST",
                                      "Fri, 17 Mar 2023 24:00:00 +0000",
                                      "Fri, 17 Mar 2023 11:60:00 +0000",
                                      "Fri, 17 Mar 2023 11:28:60 +0000",
                                      "Fri, 30 Feb 2023 11:28:31 +0000",
                                      "Fri, 0 Mar 2023 11:28:31 +0000",
                                      "Fri, 017 Mar 2023 11:28:31 +0000",
                                      "Fri, 17 mar 2023 11:28:31 +0000",
                                      "Fri, 17 Mär 2023 11:28:31 +0000",
                                      "Fri, 17 anF 2023 11:28:31 +0000",
                                      "Fr, 17 Mar 2023 11:28:31 +0000",
                                      "Fri 17 Mar 2023 11:28:31 +0000",
                                      "Fri,17 Mar 2023 11:28:31 +0000",
                                      "Fri,  17 Mar 2023 11:28:31 +0000",
                                      "Fri, 17 Mar 23 11:28:31 +0000",
                                      "Fri, 17 Mar 02023 11:28:31 +0000",
                                      "Fri, 17 Mar 0000 11:28:31 +0000",
                                      "01 Jan 0001 00:00:00 +0001",
                                      "31 Dec 9999 23:59:59 -0001",
                                      "2023-03-17T11:28:31Z"}) {
    EXPECT_EQ(parse_rfc2822_time(text), std::nullopt) << text;
  }
}

TEST(ParseTime, CutsBeyondMicroseconds) {
  EXPECT_EQ(read_and_write("2026-02-08T10:15:30.1234569Z"), "2026-02-08T10:15:30.123456Z");
  EXPECT_EQ(read_and_write("2026-02-08T10:15:30.999999999999Z"), "2026-02-08T10:15:30.999999Z");
  EXPECT_EQ(read_and_write("2026-02-08T10:15:30." + std::string(10'000, '9') + "Z"), "2026-02-08T10:15:30.999999Z");
  EXPECT_EQ(read_and_write("1969-12-31T23:59:59.9999999Z"), "1969-12-31T23:59:59.999999Z");
}

TEST(ParseTime, ReadsTheYears1To9999InUtc) {
  EXPECT_EQ(read_and_write("0001-01-01T00:00:00Z"), "0001-01-01T00:00:00.000000Z");
  EXPECT_EQ(read_and_write("9999-12-31T23:59:59.999999Z"), "9999-12-31T23:59:59.999999Z");
  EXPECT_EQ(read_and_write("0000-12-31T23:30:00-00:30"), "0001-01-01T00:00:00.000000Z");
  for (const char* text : {"0000-12-31T23:59:59.999999Z", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
}

TEST(ParseTime, RefusesEverythingElse) {
  for (const char* text : {"",
                           "now",
                           "2026",
                           "2026-02-08",
                           "2026-02-08 10:15:30Z",
                           "2026-02-08T10:15:30",
                           "2026-02-08T10:15Z",
                           "2026-02-08T10:15:30.Z",
                           "2026-02-08T10:15:30,5Z",
                           "2026-02-08T10:15:30ZZ",
                           " 2026-02-08T10:15:30Z",
                           "2026-02-08T10:15:30Z ",
                           "2026-02-30T10:15:30Z",
                           "2025-02-29T10:15:30Z",
                           "1900-02-29T00:00:00Z",
                           "2026-00-08T10:15:30Z",
                           "2026-13-08T10:15:30Z",
                           "2026-02-00T10:15:30Z",
                           "2026-04-31T10:15:30Z",
                           "2026-02-08T24:00:00Z",
                           "2026-02-08T10:60:00Z",
                           "2026-02-08T10:15:60Z",
                           "2026-02-08T10:15:61Z",
                           "2026-02-08T10:15:30+24:00",
                           "2026-02-08T10:15:30+05:60",
                           "2026-02-08T10:15:30+0530",
                           "2026-02-08T10:15:30+05",
                           "2026-02-08T10:15:30+5:30",
                           "2026-02-08T10:15:30*05:30",
                           "2026-2-8T10:15:30Z",
                           "02026-02-08T10:15:30Z",
                           "-026-02-08T10:15:30Z",
                           "2026-02-08T1a:15:30Z",
                           "2026/02/08T10:15:30Z",
                           "20260208T101530Z",
                           "2026-W06-7T10:15:30Z",
                           "+2026-02-08T10:15:30Z",
                           "2026-02-08T-1:15:30Z"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
  EXPECT_FALSE(parse_time(std::string_view("2026-02-08T10:15:30Z\0", 21)));
}

TEST(ParseTime, RefusesEveryPrefixOfATime) {
  const std::string_view text = "2026-02-08T10:15:30.123456+05:30";
  ASSERT_TRUE(parse_time(text));
  for (std::size_t size = 0; size < text.size(); ++size) EXPECT_FALSE(parse_time(text.substr(0, size))) << size;
}

TEST(ParseTime, ReadsBackWhatWasWrittenWithAnyOffset) {
  auto random = seeded_generator();
  const Time first = *parse_time("0001-01-02T00:00:00Z");
  const Time last = *parse_time("9999-12-30T23:59:59.999999Z");
  const auto span = static_cast<std::size_t>((last - first).count());
  for (int i = 0; i < 100'000; ++i) {
    const Time time = first + microseconds(static_cast<std::int64_t>(random_below(random, span)));
    const auto offset = minutes(static_cast<int>(random_below(random, 2 * 1440 - 1)) - 1439);
    std::string text = format_time(time + offset);
    std::array<char, 32> suffix;
    const auto shown = std::chrono::abs(offset).count();
    std::snprintf(suffix.data(), suffix.size(), "%c%02d:%02d", offset < minutes(0) ? '-' : '+',
                  static_cast<int>(shown / 60) % 24, static_cast<int>(shown % 60));
    text.replace(text.size() - 1, 1, suffix.data());
    ASSERT_EQ(parse_time(text), time) << text;
    ASSERT_EQ(parse_time(format_time(time)), time);
  }
}

TEST(FormatTime, ShowsTheNearestTimeWhenOutOfRange) {
  EXPECT_EQ(format_time(Time::min()), "0001-01-01T00:00:00.000000Z");
  EXPECT_EQ(format_time(Time::max()), "9999-12-31T23:59:59.999999Z");
}

TEST(ParseDuration, ReadsEveryUnit) {
  EXPECT_EQ(parse_duration("90"), seconds(90));
  EXPECT_EQ(parse_duration("90s"), seconds(90));
  EXPECT_EQ(parse_duration("500ms"), milliseconds(500));
  EXPECT_EQ(parse_duration("10m"), minutes(10));
  EXPECT_EQ(parse_duration("72h"), hours(72));
  EXPECT_EQ(parse_duration("7d"), hours(168));
  EXPECT_EQ(parse_duration("0"), seconds(0));
  EXPECT_EQ(parse_duration("4h5m"), minutes(245));
  EXPECT_EQ(parse_duration("1d2h3m4s5ms"), hours(26) + minutes(3) + seconds(4) + milliseconds(5));
}

TEST(ParseDuration, RefusesEverythingElse) {
  for (const char* text : {"",
                           "s",
                           "-1s",
                           "+1s",
                           "1.5s",
                           "1 s",
                           " 1s",
                           "1s ",
                           "1S",
                           "1w",
                           "1us",
                           "5m4h",
                           "1m1m",
                           "1m30",
                           "1h-1m",
                           "1h ",
                           "1h2",
                           "106751991d9999999h",
                           "1e3",
                           "0x10",
                           "99999999999999999999",
                           "9223372036855",
                           "106751992d",
                           "18446744073709551615ms"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
  EXPECT_EQ(parse_duration("9223372036854"), seconds(9'223'372'036'854));
}

TEST(FormatDuration, IsShort) {
  EXPECT_EQ(format_duration(Duration(0)), "0s");
  EXPECT_EQ(format_duration(microseconds(250)), "250us");
  EXPECT_EQ(format_duration(milliseconds(340)), "340ms");
  EXPECT_EQ(format_duration(microseconds(999'999)), "999ms");
  EXPECT_EQ(format_duration(milliseconds(1200)), "1.2s");
  EXPECT_EQ(format_duration(seconds(2)), "2s");
  EXPECT_EQ(format_duration(milliseconds(59'999)), "59.9s");
  EXPECT_EQ(format_duration(seconds(200)), "3m20s");
  EXPECT_EQ(format_duration(minutes(3)), "3m");
  EXPECT_EQ(format_duration(minutes(245)), "4h5m");
  EXPECT_EQ(format_duration(hours(72)), "3d");
  EXPECT_EQ(format_duration(hours(77)), "3d5h");
  EXPECT_EQ(format_duration(-milliseconds(1200)), "-1.2s");
  EXPECT_EQ(format_duration(Duration::min()), "-" + format_duration(Duration::max()));
}

TEST(ParseInstant, IsAbsoluteOrBeforeNow) {
  EXPECT_EQ(parse_instant("now", kNow), kNow);
  EXPECT_EQ(parse_instant("-10m", kNow), kNow - minutes(10));
  EXPECT_EQ(parse_instant("-1", kNow), kNow - seconds(1));
  EXPECT_EQ(parse_instant("2026-02-08T10:15:30.123456Z", Time()), kNow);
  for (const char* text : {"", "-", "10m", "+10m", "--10m", "-106751991d", "yesterday", "Now"}) {
    EXPECT_FALSE(parse_instant(text, kNow)) << text;
  }
}

}  // namespace
}  // namespace hookledger
