#include "replay/redelivery/offset_set.h"

#include <gmock/gmock.h>
#include <set>

#include "replay/redelivery/lanes.h"
#include "tests/support/seeded.h"

namespace hookledger {
namespace {

constexpr std::uint64_t kOffsets = 60;

TEST(OffsetSet, IsTheSetWhateverTheOrder) {
  auto random = seeded_generator();
  for (int round = 0; round < 300; ++round) {
    OffsetSet set;
    std::set<std::uint64_t> oracle;
    OffsetSet::Ranges kept;
    for (int step = 0; step < 40; ++step) {
      const std::uint64_t first = random_below(random, kOffsets), last = first + random_below(random, 6);
      set.add({first, last});
      for (std::uint64_t offset = first; offset < last; ++offset) oracle.insert(offset);
      ASSERT_EQ(set.size(), oracle.size());
      for (std::uint64_t offset = 0; offset < kOffsets + 10; ++offset) {
        ASSERT_EQ(set.contains(offset), oracle.contains(offset)) << offset;
        std::uint64_t missing = offset;
        while (oracle.contains(missing)) ++missing;
        ASSERT_EQ(set.next_missing(offset), missing);
      }
      for (auto at = set.ranges().begin(); at != set.ranges().end(); ++at) {
        ASSERT_LT(at->first, at->second);
        ASSERT_TRUE(at == set.ranges().begin() || std::prev(at)->second < at->first) << "ranges that touch are one";
      }
      if (random_below(random, 3) == 0) {
        for (const auto& [from, to] : set.take_changes()) {
          kept.erase(from);
          if (to) kept[from] = *to;
        }
        ASSERT_EQ(kept, set.ranges()) << "whoever follows the changes has the set";
      }
    }
  }
}

TEST(Lanes, TheLiveLaneLeavesBehindWhatTheOtherReads) {
  OffsetSet done;
  done.add({0, 10});
  Lanes lanes(std::move(done));
  EXPECT_EQ(lanes.live(), 10U);
  EXPECT_FALSE(lanes.has_backlog());
  for (std::uint64_t offset = 10; offset < 20; ++offset) lanes.begin(offset);
  lanes.live_read(20);
  lanes.jump(100);
  EXPECT_EQ(lanes.live(), 100U);
  EXPECT_EQ(lanes.backlog(), 20U);
  EXPECT_EQ(lanes.backlog_end(), 100U);
  lanes.begin(100);
  lanes.live_read(101);
  lanes.jump(200);
  EXPECT_EQ(lanes.backlog(), 20U) << "one backlog, up to the second jump";
  EXPECT_FALSE(lanes.needs(100)) << "it is under way";
  lanes.finish(100);
  EXPECT_FALSE(lanes.needs(100));
  lanes.skip({20, 100});
  EXPECT_EQ(lanes.backlog(), 101U) << "what is done is not read again";
  lanes.backlog_read(200);
  EXPECT_FALSE(lanes.has_backlog());
  EXPECT_EQ(lanes.position(), 10U);
  for (std::uint64_t offset = 10; offset < 20; ++offset) lanes.finish(offset);
  EXPECT_EQ(lanes.position(), 101U);
  EXPECT_EQ(lanes.undelivered(200), 99U);
}

TEST(OffsetSet, IsCutAsIfNothingBeyondHadBeenAdded) {
  auto random = seeded_generator();
  for (int round = 0; round < 300; ++round) {
    OffsetSet all, below;
    OffsetSet::Ranges kept;
    const std::uint64_t end = random_below(random, 60);
    for (int i = 0; i < 8; ++i) {
      const std::uint64_t first = random_below(random, 50), last = first + random_below(random, 10);
      all.add({first, last});
      below.add({first, std::min(last, end)});
    }
    for (const auto& [first, last] : all.ranges()) kept[first] = last;
    (void)all.take_changes();
    all.cut(end);
    EXPECT_EQ(all, below);
    EXPECT_EQ(all.size(), below.size());
    for (const auto& [first, last] : all.take_changes()) {
      kept.erase(first);
      if (last) kept[first] = *last;
    }
    EXPECT_EQ(kept, all.ranges()) << "what is kept on disk";
  }
}

}  // namespace
}  // namespace hookledger
