#include "schemas/json_values.h"

#include <gmock/gmock.h>
#include <map>
#include <numeric>

namespace hookledger {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using Values = std::map<std::string, std::string>;

/// By pointer, with the kind before the text.
Values read(JsonValues& reader, std::string_view json, const std::vector<std::string>& pointers) {
  constexpr std::string_view kBases[] = {"/data/payload", "/payload", ""};
  std::vector<std::uint32_t> slots(pointers.size());
  std::iota(slots.begin(), slots.end(), 0);
  Values values;
  FieldValues found;
  reader.add(json, kBases, pointers, slots, found);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const FieldValue value = found[i];
    const std::string text = "tnb"[static_cast<int>(value.kind)] + std::string(value.text);
    const bool other = !values.emplace(pointers[value.slot], text).second;
    EXPECT_FALSE(other) << "twice: " << pointers[value.slot];
  }
  return values;
}

class JsonValuesTest : public ::testing::Test {
 protected:
  /// In one pass; and from a tree, which a pointer below a member needs.
  Values read(std::string_view json, std::vector<std::string> pointers) {
    const Values flat = hookledger::read(reader_, json, pointers);
    pointers.push_back("/no/such");
    EXPECT_EQ(hookledger::read(reader_, json, pointers), flat) << json;
    return flat;
  }

  JsonValues reader_;
};

TEST_F(JsonValuesTest, ReadsScalarsOfTheFirstBaseThatIsAnObject) {
  EXPECT_THAT(read(R"({"a":"no","data":{"a":"no","payload":{"a":"yes","b":1.50,"c":false,"d":null,"e":[1],"f":{}}}})",
                   {"/a", "/b", "/c", "/d", "/e", "/f", "/g"}),
              ElementsAre(Pair("/a", "tyes"), Pair("/b", "n1.5"), Pair("/c", "bfalse")));
  EXPECT_THAT(read(R"({"a":"no","data":{"payload":7},"payload":{"a":"yes"}})", {"/a"}),
              ElementsAre(Pair("/a", "tyes")));
  EXPECT_THAT(read(R"({"payload":[],"data":[{"payload":{"a":1}}],"a":"yes"})", {"/a"}),
              ElementsAre(Pair("/a", "tyes")));
  EXPECT_THAT(read(R"({"data":{"payload":{}},"a":"no"})", {"/a"}), IsEmpty());
}

TEST_F(JsonValuesTest, OfDuplicateKeysTheFirstCounts) {
  EXPECT_THAT(
      read(R"({"data":{"payload":{"a":null,"a":1,"b":"x","b":"y"},"payload":{"a":2}},"data":{}})", {"/a", "/b"}),
      ElementsAre(Pair("/b", "tx")));
  EXPECT_THAT(read(R"({"data":1,"data":{"payload":{"a":1}},"a":2})", {"/a"}), ElementsAre(Pair("/a", "n2")));
}

TEST_F(JsonValuesTest, WritesNumbersAndTextsInOneForm) {
  EXPECT_THAT(read(R"({"a":-0,"b":1E2,"c":18446744073709551615,"d":-9223372036854775808,"e":"\u00e9\n","\u0066":0.1 })",
                   {"/a", "/b", "/c", "/d", "/e", "/f"}),
              ElementsAre(Pair("/a", "n0"), Pair("/b", "n100.0"), Pair("/c", "n18446744073709551615"),
                          Pair("/d", "n-9223372036854775808"), Pair("/e", "t\u00e9\n"), Pair("/f", "n0.1")));
}

TEST_F(JsonValuesTest, GoesBelowMembersAndReadsEscapes) {
  EXPECT_THAT(hookledger::read(reader_, R"({"a":{"b":["x",{"c":5}]},"d/e~f":1})", {"/a/b/1/c", "/d~1e~0f", "/a/b/2"}),
              ElementsAre(Pair("/a/b/1/c", "n5"), Pair("/d~1e~0f", "n1")));
}

TEST_F(JsonValuesTest, AStrangeNumberIsAbsentAndHarmsNobody) {
  EXPECT_THAT(hookledger::read(reader_, R"({"a":123456789012345678901,"b":1e999,"c":3})", {"/a", "/b", "/c"}),
              ElementsAre(Pair("/c", "n3")));
}

TEST_F(JsonValuesTest, AnyBytesMayCome) {
  for (const std::string_view json :
       {"", "{", "[]", "1", "\"x\"", "{\"data\":", "{\"a\":\"", "{\"a\" 1}", "\xff", "{\"a\":tru}"}) {
    EXPECT_THAT(read(json, {"/a"}), IsEmpty()) << json;
  }
  EXPECT_THAT(read(R"({"a":"x"})", {"/a"}), ElementsAre(Pair("/a", "tx"))) << "after what was wrong";
}

}  // namespace
}  // namespace hookledger
