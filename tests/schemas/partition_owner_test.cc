#include "schemas/partition_owner.h"

#include <gmock/gmock.h>

namespace hookledger {
namespace {

TEST(PartitionOwner, IsWrittenAndReadBack) {
  const PartitionOwner owner{3, "http://a:8081", "host \"a\""}, released{3, std::nullopt, ""};
  EXPECT_EQ(to_json(owner), R"({"partition":3,"url":"http://a:8081","instance":"host \"a\""})");
  EXPECT_EQ(to_json(released), R"({"partition":3,"url":null,"instance":""})");
  EXPECT_EQ(parse_partition_owner(to_json(owner)), owner);
  EXPECT_EQ(parse_partition_owner(to_json(released)), released);
}

TEST(PartitionOwner, MembersToComeAreIgnored) {
  EXPECT_EQ(parse_partition_owner(R"( {"new":[1],"instance":"i","url":null,"partition":4294967295} )"),
            (PartitionOwner{4294967295, std::nullopt, "i"}));
}

TEST(PartitionOwner, AnythingElseIsNone) {
  for (const char* json :
       {"", "{}", "null", "7", "[]", "{", R"({"partition":3,"url":"u"})", R"({"partition":3,"instance":"i"})",
        R"({"url":"u","instance":"i"})", R"({"partition":"3","url":"u","instance":"i"})",
        R"({"partition":4294967296,"url":"u","instance":"i"})", R"({"partition":-1,"url":"u","instance":"i"})",
        R"({"partition":3,"url":7,"instance":"i"})", R"({"partition":3,"url":"u","instance":null})",
        R"({"partition":3,"url":"u","instance":"i"}})"}) {
    EXPECT_EQ(parse_partition_owner(json), std::nullopt) << json;
  }
}

}  // namespace
}  // namespace hookledger
