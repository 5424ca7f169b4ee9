#include "schemas/form.h"

#include <gmock/gmock.h>

#include "tests/support/seeded.h"

namespace hookledger {
namespace {

using Form = std::vector<FormParameter>;

TEST(ParseForm, ReadsParametersInOrderAndKeepsRepeats) {
  EXPECT_EQ(parse_form("b=2&a=1&b=2&b=3"), (Form{{"b", "2"}, {"a", "1"}, {"b", "2"}, {"b", "3"}}));
  EXPECT_EQ(parse_form(""), Form());
}

TEST(ParseForm, DecodesPlusAndEscapesInNamesAndValues) {
  EXPECT_EQ(parse_form("From=%2B1415&N%61me=a+b%20c%26%3d%25"), (Form{{"From", "+1415"}, {"Name", "a b c&=%"}}));
  EXPECT_EQ(parse_form("a=%c3%B6%00%ff"), (Form{{"a", std::string("\xC3\xB6\0\xFF", 4)}}));
}

TEST(ParseForm, ReadsOddPieces) {
  EXPECT_EQ(parse_form("&&a=1&"), (Form{{"a", "1"}}));
  EXPECT_EQ(parse_form("a&b=&=c&="), (Form{{"a", ""}, {"b", ""}, {"", "c"}, {"", ""}}));
  EXPECT_EQ(parse_form("a=b=c"), (Form{{"a", "b=c"}}));
  EXPECT_EQ(parse_form("a;b=1\r\n"), (Form{{"a;b", "1\r\n"}}));
}

TEST(ParseForm, RefusesMalformedEscapes) {
  for (const std::string_view text :
       {"%", "a=%", "a=%4", "a=%4&b=1", "a=%zz", "%4g=1", "a=%%41", "a=1&b=% 41", "a=%+1"}) {
    EXPECT_EQ(parse_form(text), std::nullopt) << text;
  }
}

TEST(ParseForm, IsBounded) {
  std::string text;
  for (std::size_t n = 0; n < kFormParametersMax; ++n) text += "&a=1&";
  EXPECT_EQ(parse_form(text)->size(), kFormParametersMax);
  EXPECT_EQ(parse_form(text + "a"), std::nullopt);
  EXPECT_EQ(parse_form(std::string(1 << 20, '&')), Form());
  EXPECT_EQ(parse_form(std::string(1 << 20, '='))->front().value.size(), (1U << 20) - 1);
}

TEST(ParseForm, ReadsWhatAnEncoderWrites) {
  auto random = seeded_generator();
  const auto encode = [&](const std::string& text) {
    std::string out;
    for (const char c : text) {
      char escape[4];
      std::snprintf(escape, sizeof escape, random_below(random, 2) == 0 ? "%%%02x" : "%%%02X",
                    static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += c >= 'a' && c <= 'z' ? std::string(1, c) : c == ' ' ? "+" : escape;
    }
    return out;
  };
  const auto any_text = [&] {
    std::string text(random_below(random, 6), ' ');
    for (char& c : text) c = static_cast<char>(random_below(random, 256));
    return text;
  };
  for (int round = 0; round < 2'000; ++round) {
    Form form(random_below(random, 5));
    std::string text;
    for (FormParameter& parameter : form) {
      parameter = {any_text(), any_text()};
      text += encode(parameter.name) + "=" + encode(parameter.value) + "&";
    }
    EXPECT_EQ(parse_form(text), form) << text;
  }
}

}  // namespace
}  // namespace hookledger
