#include "schemas/json.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

#include "schemas/json_grammar.h"
#include "schemas/problem.h"
#include "schemas/text.h"
#include "tests/support/seeded.h"

namespace hookledger {
namespace {

std::string nested(std::size_t depth, const std::string& inner) {
  return std::string(depth, '[') + inner + std::string(depth, ']');
}

std::string written(std::string_view value) {
  JsonWriter out;
  out.string(value);
  return std::string(out.view());
}

TEST(JsonWriter, KeepsTheOrderOfMembers) {
  JsonWriter out;
  out.begin_object();
  out.member("z", "text");
  out.member("absent", "");
  out.member("at", parse_time("2026-02-08T10:15:30Z"));
  out.member("never", std::nullopt);
  out.key("list");
  out.begin_array();
  out.number(std::int64_t{-1});
  out.number(std::numeric_limits<std::uint64_t>::max());
  out.real(0.25);
  out.real(std::nan(""));
  out.boolean(true);
  out.null();
  out.string("");
  out.raw(R"({"as":"is"})");
  out.end_array();
  out.end_object();
  EXPECT_EQ(out.view(), R"({"z":"text","absent":null,"at":"2026-02-08T10:15:30.000000Z","never":null,)"
                        R"("list":[-1,18446744073709551615,0.25,null,true,null,"",{"as":"is"}]})");
  out.clear();
  out.begin_array();
  out.end_array();
  EXPECT_EQ(out.view(), "[]");
}

TEST(JsonWriter, EscapesAndReplacesInvalidUtf8) {
  EXPECT_EQ(written("a\"b\\c\n\x01 ü 😀"), R"("a\"b\\c\n\u0001 ü 😀")");
  EXPECT_EQ(written("a\xFFz"), "\"a\xEF\xBF\xBDz\"");
  EXPECT_EQ(written("\xE2\x82"), "\"\xEF\xBF\xBD\"");
  EXPECT_EQ(written("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

/// DEL, a C1 control, a direction override, a zero width joiner, a tag beyond 16 bits.
const std::string kActs = "a\x7F\xC2\x9B\xE2\x80\xAEz\xE2\x80\x8D\xF3\xA0\x80\x81ü";
const std::string kActsWritten = R"("a\u007f\u009b\u202ez\u200d\udb40\udc01ü")";

TEST(JsonWriter, LetsNothingActOnATerminal) {
  EXPECT_EQ(written(kActs), kActsWritten);
  EXPECT_EQ(written(kActs + "\xFF\n"), kActsWritten.substr(0, kActsWritten.size() - 1) + "\xEF\xBF\xBD\\n\"");
  JsonWriter out;
  out.begin_object();
  out.key(kActs);
  out.raw("[\"" + kActs + "\",1]");
  out.member("more", kActs);
  out.end_object();
  EXPECT_EQ(out.view(), "{" + kActsWritten + ":[" + kActsWritten + ",1],\"more\":" + kActsWritten + "}");
}

TEST(JsonWriter, WritesValidJsonWhateverTheBytes) {
  auto random = seeded_generator();
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes(random_below(random, 40), '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    ASSERT_TRUE(is_json(written(bytes)));
    ASSERT_EQ(printable(written(bytes)), written(bytes));
  }
}

TEST(IsJson, TakesEveryKindOfValue) {
  for (const char* text :
       {"{}", "[]", "null", "true", "false", "0", "-0", "1.5e-7", "1E+2", "\"\"", " { \"a\" : [ 1 , 2 ] }\r\n\t",
        R"({"a":1,"a":2})", R"(["\"\\\/\b\f\n\r\té"])", "\"\x7F\"", "\"ü😀\"", R"({"":{"":[[],{}]}})"}) {
    EXPECT_TRUE(is_json(text)) << text;
    EXPECT_TRUE(follows_json_grammar(text, 1024)) << text;
  }
}

TEST(IsJson, TakesWhatOnlyTheGrammarAllows) {
  for (const char* text : {"1e999", "-1e400", "1e99999999999999999999", "1e-99999999999999999999",
                           "18446744073709551616", "-9223372036854775809", R"("\ud800")", R"(["\udc00\ud800"])"}) {
    EXPECT_TRUE(is_json(text)) << text;
  }
  EXPECT_TRUE(is_json(std::string(5000, '9')));
}

TEST(IsJson, RefusesEverythingElse) {
  const std::string not_json[] = {"",
                                  " ",
                                  "{",
                                  "}",
                                  "[1,]",
                                  "[,1]",
                                  "[1 2]",
                                  "{\"a\"}",
                                  "{a:1}",
                                  "{\"a\":1,}",
                                  "{\"a\" 1}",
                                  "{1:2}",
                                  "{,}",
                                  "01",
                                  "1.",
                                  ".5",
                                  "+1",
                                  "-",
                                  "1e",
                                  "1e+",
                                  "--1",
                                  "0x10",
                                  "NaN",
                                  "Infinity",
                                  "nul",
                                  "truex",
                                  "True",
                                  "'a'",
                                  "\"a",
                                  "\"\\x\"",
                                  "\"\\u12g4\"",
                                  "\"\\u123",
                                  "\"\t\"",
                                  "\"\n\"",
                                  "{} {}",
                                  "1 2",
                                  "[1]]",
                                  "[1}",
                                  "//x\n1",
                                  "/**/1",
                                  "\"\\\"",
                                  "{\"a\":}",
                                  "{\"a\":1 \"b\":2}",
                                  std::string("1\0", 2),
                                  std::string("\"\0\"", 3)};
  for (const std::string& text : not_json) {
    EXPECT_FALSE(is_json(text)) << text;
    EXPECT_FALSE(follows_json_grammar(text, 1024)) << text;
    EXPECT_FALSE(is_json("[1e999," + text + "]")) << text;
  }
  for (const char* text :
       {"\xEF\xBB\xBF{}", "\"\xFF\"", "[1e999,\"\xFF\"]", "\"\xC0\x80\"", "\"\xED\xA0\x80\"", "\xFF"}) {
    EXPECT_FALSE(is_json(text)) << text;
  }
}

TEST(IsJson, SaysTheSameOfLargeTexts) {
  const std::string padding(5 * 1024 * 1024, ' ');
  for (const char* text :
       {"{}", "[1e999,null]", R"({"a":"\ud800"})", "\"\xC3\xA9\"", "{", "1 2", "\xEF\xBB\xBF{}", "\"\xFF\"", ""}) {
    EXPECT_EQ(is_json(text + padding), is_json(text)) << text;
  }
  EXPECT_TRUE(is_json("\"" + std::string(5 * 1024 * 1024, 'x') + "\""));
  EXPECT_FALSE(is_json("\"" + std::string(5 * 1024 * 1024, 'x')));
}

TEST(IsJson, TakesDepth1024AndNoMore) {
  for (const char* inner : {"", "1", "1e999"}) {
    EXPECT_TRUE(is_json(nested(1024, inner))) << inner;
    EXPECT_FALSE(is_json(nested(1025, inner))) << inner;
    EXPECT_FALSE(is_json(nested(1'000'000, inner))) << inner;
  }
  EXPECT_FALSE(is_json(std::string(1'000'000, '[')));
  EXPECT_FALSE(is_json("[1e999," + std::string(1'000'000, '[')));
}

// simdjson decides in most cases, the grammar in the others: they must not differ.
TEST(IsJson, AgreesWithTheGrammarOnBrokenJson) {
  auto random = seeded_generator();
  const std::string seed = R"( {"a":[1,-2.5e+3,0,true,false,null,"xé\n\"\\"],"b":{"c":{},"d":[[],[""]]},"e":"ü"} )";
  const std::string_view tokens = "{}[]:,\"\\ue01-+.tfn \n";
  int valid = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text = seed;
    for (std::size_t edits = 1 + random_below(random, 3); edits > 0; --edits) {
      const std::size_t at = random_below(random, text.size());
      const char token = tokens[random_below(random, tokens.size())];
      switch (random_below(random, 3)) {
        case 0: text.erase(at, 1); break;
        case 1: text.insert(at, 1, token); break;
        default: text[at] = token;
      }
    }
    const bool json = is_json(text);
    valid += json;
    const bool is_utf8 = written(text).find("\xEF\xBF\xBD") == std::string::npos;
    ASSERT_EQ(json, is_utf8 && follows_json_grammar(text, 1024)) << text;
  }
  EXPECT_GT(valid, 10'000);
}

TEST(MinifyJson, DropsWhiteSpaceBetweenTokensOnly) {
  EXPECT_EQ(minify_json(" { \"a b\" : [ 1 ,\n\t\"\\\" x\" ] }\r\n"), R"({"a b":[1,"\" x"]})");
  EXPECT_EQ(minify_json("1e999"), "1e999");
}

TEST(Problem, IsAnRfc9457Document) {
  EXPECT_EQ(problem_json(404, "call-not-found", "No such call"),
            R"({"type":"urn:hookledger:problem:call-not-found","title":"No such call","status":404})");
  EXPECT_EQ(problem_json(400, "bad-parameter", "Bad parameter", "limit"),
            R"({"type":"urn:hookledger:problem:bad-parameter","title":"Bad parameter","status":400,"detail":"limit"})");
}

}  // namespace
}  // namespace hookledger
