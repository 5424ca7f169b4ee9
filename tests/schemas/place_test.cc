#include "schemas/place.h"

#include <gtest/gtest.h>

namespace hookledger {
namespace {

// The low bits of published XXH3-64 values: 2d06800538d394c2, e6c632b61e964e1f, 78af5f94892f3950. A change here makes
// the records of existing logs impossible to find.
TEST(PartitionOf, IsFixedForEver) {
  EXPECT_EQ(partition_of("", 0x10000), 0x94C2U);
  EXPECT_EQ(partition_of("a", 0x10000), 0x4E1FU);
  EXPECT_EQ(partition_of("abc", 0x10000), 0x3950U);
  EXPECT_EQ(partition_of("abc", 8), 0U);
  EXPECT_EQ(partition_of("a", 8), 7U);
  EXPECT_EQ(partition_of("a", 1), 0U);
}

}  // namespace
}  // namespace hookledger
