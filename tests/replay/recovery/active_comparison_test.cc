#include "replay/recovery/active_comparison.h"

#include <gmock/gmock.h>

#include "tests/replay/recovery/recoveries_fixture.h"

namespace hookledger::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(Recoveries, LegsNobodyHeardOfAreFoundAmongTheActive) {
  tale_.active = R"({"data":[{"call_leg_id":"leg-of-c","call_control_id":"control-of-c","call_session_id":"c"}]})";
  tale_.events["leg-of-c"] = {body_of("c", "initiated", kStart)};
  std::set<std::string> active;
  ASSERT_TRUE(recovery_.ask_active("connection", {}, {.reason = "active-calls"}, active, {}));
  EXPECT_THAT(active, ElementsAre("leg-of-c"));
  EXPECT_THAT(scene_.provenances("c"), ElementsAre(Provenance::kRecovered));
  api_.asked.clear();
  ASSERT_TRUE(recovery_.ask_active("connection", {}, {.reason = "active-calls"}, active, {}));
  EXPECT_THAT(api_.asked, SizeIs(1)) << "nothing is asked of a leg that is known";
}

TEST_F(Recoveries, ListsOfActiveCallsWithoutAnEndEnd) {
  for (const int circle : {1'000'000, 3}) {
    api_.asked.clear();
    api_.answer = [&, n = 0](const std::string&) mutable {
      return ApiAnswer{.status = 200,
                       .body = R"({"data":[],"meta":{"cursors":{"after":")" + std::to_string(n++ % circle) + R"("}}})"};
    };
    ActiveComparison comparison(recovery_, {"connection"});
    EXPECT_FALSE(comparison.under_way());
    std::optional<ActiveComparison::Found> found;
    for (int i = 0; i < 2'000 && !found; ++i) found = comparison.step({}).value();
    ASSERT_TRUE(found);
    EXPECT_THAT(*found->active, IsEmpty());
    EXPECT_FALSE(comparison.under_way());
    EXPECT_THAT(api_.asked, SizeIs(circle == 3 ? 4 : 1'001));
  }
}

TEST_F(Recoveries, AConnectionThatTheProviderDoesNotKnowHidesNoOther) {
  tale_.active = R"({"data":[{"call_leg_id":"leg-of-c","call_control_id":"control-of-c","call_session_id":"c"}]})";
  api_.answer = [&](const std::string& target) {
    return target.find("wrong") != std::string::npos ? ApiAnswer{.status = 404} : tale_(target);
  };
  ActiveComparison comparison(recovery_, {"wrong", "right"});
  EXPECT_FALSE(comparison.step({}).value());
  const auto found = comparison.step({}).value();
  ASSERT_TRUE(found);
  EXPECT_THAT(*found->active, ElementsAre("leg-of-c"));
  EXPECT_THAT(found->wrong->detail, HasSubstr("api-connection"));
  ActiveComparison none(recovery_, {"wrong"});
  EXPECT_FALSE(none.step({}).value()->active) << "and no call is asked about for it";
}

}  // namespace
}  // namespace hookledger::testing
