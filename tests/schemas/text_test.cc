#include "schemas/text.h"

#include <gtest/gtest.h>

#include "schemas/utf8.h"
#include "tests/support/seeded.h"

namespace hookledger {
namespace {

std::string random_bytes(std::mt19937_64& random, std::size_t size_max) {
  std::string bytes(random_below(random, size_max + 1), '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

TEST(Base64, EncodesTheVectorsOfRfc4648) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(encode_base64(bytes), text);
    EXPECT_EQ(decode_base64(text), bytes);
  }
  EXPECT_EQ(encode_base64("\xFB\xEF\xFF"), "++//");
}

TEST(Base64, RefusesWhatIsNotStrict) {
  for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "=", "==", "====", "Z===", "Zg==Zg==", "Zm9v\n", " Zm9v", "Zm 9v",
                           "Zm9v====", "Z=8=", "Zm=v", "-_-_", "Zm9!", "Zm9v=", "\xC3\xBC\xC3\xBC"}) {
    EXPECT_FALSE(decode_base64(text)) << text;
    EXPECT_FALSE(decode_base64(text, false)) << text;
  }
}

TEST(Base64, RefusesTrailingBitsWhenCanonical) {
  EXPECT_FALSE(decode_base64("Zh=="));
  EXPECT_FALSE(decode_base64("Zm9="));
  EXPECT_EQ(decode_base64("Zh==", false), "f");
  EXPECT_EQ(decode_base64("Zm9=", false), "fo");
}

TEST(Base64, ReadsBackAnyBytesAndOneTextOnly) {
  auto random = seeded_generator();
  for (int i = 0; i < 20'000; ++i) {
    const std::string bytes = random_bytes(random, 100);
    std::string text = encode_base64(bytes);
    ASSERT_EQ(decode_base64(text), bytes);
    if (text.empty()) continue;
    // Canonical: no other text gives the same bytes.
    text[random_below(random, text.size())] = static_cast<char>(random());
    const auto decoded = decode_base64(text);
    if (decoded) {
      ASSERT_EQ(encode_base64(*decoded), text);
    }
  }
}

TEST(Hex, IsLowerCase) { EXPECT_EQ(encode_hex(std::string_view("\x00\x0F\xAB\xFF", 4)), "000fabff"); }

TEST(ParseUnsigned, TakesDigitsOnly) {
  EXPECT_EQ(parse_unsigned("0"), 0U);
  EXPECT_EQ(parse_unsigned("007"), 7U);
  EXPECT_EQ(parse_unsigned("18446744073709551615"), 18446744073709551615U);
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "1a", "0x1", "18446744073709551616", "1.0"}) {
    EXPECT_FALSE(parse_unsigned(text)) << text;
  }
}

TEST(ParseBytes, ReadsBinaryAndDecimalUnits) {
  EXPECT_EQ(parse_bytes("1048576"), 1048576U);
  EXPECT_EQ(parse_bytes("64KiB"), 65536U);
  EXPECT_EQ(parse_bytes("1 MiB"), 1048576U);
  EXPECT_EQ(parse_bytes("2GB"), 2'000'000'000U);
  EXPECT_EQ(parse_bytes("3 B"), 3U);
  EXPECT_EQ(parse_bytes("1TiB"), 1ULL << 40);
  for (const char* text : {"", "MiB", "1  MiB", "1 ", " 1", "1.5MiB", "-1", "1mib", "1 PB", "1 MiB ", "16777216TiB"}) {
    EXPECT_FALSE(parse_bytes(text)) << text;
  }
  EXPECT_EQ(parse_bytes("16777215TiB"), 16777215ULL << 40);
}

TEST(Printable, LeavesOrdinaryTextAlone) {
  for (const char* text : {"", "plain \"text\" \\ {}", "Grüße, 世界, 😀", "a\xC2\xA0z"})
    EXPECT_EQ(printable(text), text);
}

TEST(Printable, ShowsWhatWouldActOnATerminal) {
  EXPECT_EQ(printable("a\nb\r\tc"), "a\\nb\\r\\tc");
  EXPECT_EQ(printable("\x1B[31mred\x7F"), "\\x1b[31mred\\x7f");
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(printable("\xC2\x9B"
                      "31m"),
            "\\u{9b}31m");
  EXPECT_EQ(printable("\xE2\x80\xAE"
                      "evil"),
            "\\u{202e}evil");
  EXPECT_EQ(printable("\xE2\x81\xA6"), "\\u{2066}");
  EXPECT_EQ(printable("\xE2\x80\xA8"), "\\u{2028}");
  EXPECT_EQ(printable("\xFF\xC3"), "\\xff\\xc3");
  EXPECT_EQ(printable("\xED\xA0\x80"), "\\xed\\xa0\\x80");
}

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const Utf8Char next = first_utf8_char(text);
    if (!next.valid) return false;
    text.remove_prefix(next.size);
  }
  return true;
}

TEST(Printable, NeverLetsAControlCharacterThrough) {
  auto random = seeded_generator();
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = random_bytes(random, 60);
    // Half of the time near what matters: escapes, C1 controls, direction overrides.
    for (char& c : bytes) {
      if (random() % 2 == 0) c = "\x1B[\xC2\x9B\xE2\x80\xAE\xAA\n\x7F\xF3\xA0"[random_below(random, 12)];
    }
    const std::string shown = printable(bytes);
    ASSERT_TRUE(is_valid_utf8(shown));
    for (const char c : shown) ASSERT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
    for (const char* bad : {"\xC2\x9B", "\xE2\x80\xAE", "\xE2\x80\xAA"}) ASSERT_EQ(shown.find(bad), std::string::npos);
    ASSERT_EQ(printable(shown), shown);
  }
}

TEST(Utf8, ReadsEveryCodePointAndNothingElse) {
  for (char32_t code = 0; code <= 0x10FFFF; ++code) {
    std::string text;
    if (code < 0x80) {
      text = {static_cast<char>(code)};
    } else if (code < 0x800) {
      text = {static_cast<char>(0xC0 | code >> 6), static_cast<char>(0x80 | (code & 0x3F))};
    } else if (code < 0x10000) {
      text = {static_cast<char>(0xE0 | code >> 12), static_cast<char>(0x80 | (code >> 6 & 0x3F)),
              static_cast<char>(0x80 | (code & 0x3F))};
    } else {
      text = {static_cast<char>(0xF0 | code >> 18), static_cast<char>(0x80 | (code >> 12 & 0x3F)),
              static_cast<char>(0x80 | (code >> 6 & 0x3F)), static_cast<char>(0x80 | (code & 0x3F))};
    }
    const Utf8Char found = first_utf8_char(text + "x");
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    ASSERT_EQ(found.valid, !surrogate) << static_cast<unsigned>(code);
    if (found.valid) {
      ASSERT_TRUE(found.code == code);
      ASSERT_EQ(found.size, text.size());
    }
  }
  for (const char* text : {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
                           "\xF5", "\xC3", "\xE2\x82", "\xF0\x9F\x98"}) {
    EXPECT_FALSE(first_utf8_char(text).valid) << printable(text);
  }
}

}  // namespace
}  // namespace hookledger
