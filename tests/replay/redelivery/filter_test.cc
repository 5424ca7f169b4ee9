#include "replay/redelivery/filter.h"

#include <gmock/gmock.h>

namespace hookledger {
namespace {

const FilterSubject kHangup{"call.hangup", "telnyx", "call-1", "org-1"};

TEST(RecordFilter, LetsAllThroughThatSaysNothing) {
  EXPECT_TRUE(passes({}, kHangup));
  EXPECT_TRUE(passes({}, {"x", "y", {}, {}}));
}

TEST(RecordFilter, ATypeIsWholeOrABeginning) {
  for (const char* type : {"call.hangup", "call.*", "*", "call.hangup*"}) {
    EXPECT_TRUE(passes({.types = {"other", type}}, kHangup)) << type;
  }
  for (const char* type : {"call.hang", "call", "all.*", "*hangup", "call.hangup.*"}) {
    EXPECT_FALSE(passes({.types = {type}}, kHangup)) << type;
  }
}

TEST(RecordFilter, EveryPartHasToFit) {
  const RecordFilter fits{{"call.*"}, {"twilio", "telnyx"}, {"call-1", "call-2"}, "org-1"};
  EXPECT_TRUE(passes(fits, kHangup));
  auto other = fits;
  other.types = {"conference.*"};
  EXPECT_FALSE(passes(other, kHangup));
  other = fits;
  other.sources = {"twilio"};
  EXPECT_FALSE(passes(other, kHangup));
  other = fits;
  other.calls = {"call"};
  EXPECT_FALSE(passes(other, kHangup));
  other = fits;
  other.organization = "org";
  EXPECT_FALSE(passes(other, kHangup));
  EXPECT_FALSE(passes({.calls = {"call-1"}}, {"call.hangup", "telnyx", {}, {}}));
}

}  // namespace
}  // namespace hookledger
