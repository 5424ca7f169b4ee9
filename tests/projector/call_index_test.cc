#include "projector/call_index.h"

#include <algorithm>
#include <gmock/gmock.h>

#include "tests/projector/fold_event.h"

namespace hookledger {
namespace {

using ::testing::ElementsAre;
using testing::facts_of;
using testing::kStart;
using namespace std::chrono_literals;

const std::vector<std::string> kAwkward = {"",
                                           std::string(1, '\0'),
                                           std::string("\0\0", 2),
                                           std::string("\0\x01", 2),
                                           std::string("\0\x02", 2),
                                           std::string("\0\xff", 2),
                                           "\x01",
                                           "a",
                                           std::string("a\0", 2),
                                           std::string("a\0\x01", 3),
                                           std::string("a\0\xff", 3),
                                           "a\x01",
                                           "a\xff",
                                           "ab",
                                           "\xff",
                                           "\xff\xff"};

TEST(CallIndex, FramedStringsCompareAsTheyAreAndNeverBeginEachOther) {
  for (const std::string& a : kAwkward) {
    for (const std::string& b : kAwkward) {
      const std::string x = state_key::numbers(a), y = state_key::numbers(b);
      EXPECT_EQ(x < y, a < b);
      EXPECT_EQ(y.starts_with(x), a == b);
    }
  }
}

TEST(CallIndex, PositionsComeBackAndCompareAsListsDo) {
  const std::vector<Time> times = {Time::min(), kStart - 1us, kStart, kStart + 1us, Time(-1us), Time(0us), Time::max()};
  std::vector<CallPosition> positions;
  for (const Time time : times) {
    for (const std::string& id : kAwkward) positions.push_back({time, id});
  }
  for (const CallPosition& a : positions) {
    const std::string key = state_key::newest_first(a.first_at, a.call_id);
    EXPECT_EQ(parse_position(key), a);
    for (const CallPosition& b : positions) {
      EXPECT_EQ(key < state_key::newest_first(b.first_at, b.call_id), a < b);
    }
  }
  EXPECT_FALSE(parse_position("1234567"));
}

TEST(CallIndex, DeadlinesComeEarliestFirst) {
  EXPECT_LT(state_key::earliest_first(Time(-1us)), state_key::earliest_first(Time(0us)));
  const auto due = parse_due(state_key::earliest_first(kStart) + state_key::newest_first(kStart + 1s, "id"));
  ASSERT_TRUE(due);
  EXPECT_EQ(due->deadline, kStart);
  EXPECT_EQ(due->position, (CallPosition{kStart + 1s, "id"}));
  EXPECT_FALSE(parse_due(state_key::earliest_first(kStart) + "short"));
}

TEST(CallIndex, BeyondEndsAllThatBeginWithAPrefix) {
  EXPECT_EQ(state_key::beyond("ab"), "ac");
  EXPECT_EQ(state_key::beyond("a\xff\xff"), "b");
}

std::vector<std::string> index_keys(const CallFacts& facts, std::optional<Time> deadline) {
  KeyList keys;
  add_index_keys(facts, outline_of(facts), deadline, keys);
  return {keys.sorted().begin(), keys.sorted().end()};
}

TEST(CallIndex, EntriesAreOneForEachWayToFindTheCall) {
  const CallFacts facts = facts_of({
      {.id = "1",
       .type = "call.answered",
       .leg = "leg",
       .control_id = "control",
       .from = "+1",
       .to = "+2",
       .organization = "org"},
      {.id = "2", .type = "call.initiated", .leg = "other", .from = "+1"},
  });
  const std::string place = state_key::newest_first(kStart, "call");
  EXPECT_THAT(index_keys(facts, kStart + 1min),
              ElementsAre(state_key::deadlines() + state_key::earliest_first(kStart + 1min) + place,
                          state_key::organizations("org") + place, state_key::legs("control") + "call",
                          state_key::legs("leg") + "call", state_key::legs("other") + "call",
                          state_key::numbers("+1") + place, state_key::numbers("+2") + place,
                          state_key::statuses(CallStatus::kAnswered) + place, state_key::times() + place));
}

TEST(CallIndex, ACallWithoutLegOrDeadlineIsFoundByItsTimeAlone) {
  EXPECT_THAT(index_keys(facts_of({{.id = "1", .type = "call.initiated"}}), std::nullopt),
              ElementsAre(state_key::times() + state_key::newest_first(kStart, "call")));
}

}  // namespace
}  // namespace hookledger
