#include "tests/projector/finding_watch_fixture.h"

namespace hookledger {
namespace {

using ::testing::Contains;
using testing::CrashingDisk;
using testing::kPartitions;
using testing::kStart;
using testing::Listener;
using testing::random_history;
using namespace std::chrono_literals;

using FindingTakeoverTest = testing::FindingWatchTest;

TEST_F(FindingTakeoverTest, WhoTakesOverFromAPlaceLosesNothing) {
  auto random = seeded_generator();
  std::size_t takeovers = 0, counted = 0;
  for (int round = 0; round < 300; ++round) {
    begin_anew();
    watch_all();
    std::optional<AlertProgress> place;
    const auto history = random_history(random, 4);
    auto next = history.begin();
    while (next != history.end() || random_below(random, 20) != 0) {
      switch (random_below(random, 8)) {
        case 0:
        case 1:
          for (std::size_t n = random_below(random, 12); n > 0 && next != history.end(); --n) append(*next++);
          break;
        case 2: fold(static_cast<std::uint32_t>(random_below(random, kPartitions)), random_below(random, 60)); break;
        case 3: fold_all(); break;
        case 4: passed_ += Duration(1s) * static_cast<int>(random_below(random, 40)); break;
        case 5:
          if (random_below(random, 2) == 0 && book_->told()) place = book_->told();
          break;
        case 6: {
          if (!place || random_below(random, 3) != 0) break;
          disk_ = CrashingDisk();
          open();
          book_->commit({place->offsets, place->at, place->offsets, place->at, true, 1000 * ++takeovers}).value();
          break;
        }
        default:
          while (watch_->step(now()).value()) {
          }
          if (random_below(random, 2) == 0) deliver_all();
      }
    }
    passed_ += 5h;
    settle();
    for (const Finding& finding : all_findings()) {
      const auto found = listener_.heard().find(finding.id);
      ASSERT_NE(found, listener_.heard().end()) << finding.rule << " " << to_string(finding.status);
      const bool resolved = finding.status == FindingStatus::kResolved;
      if (finding.status != FindingStatus::kNoted) {
        EXPECT_THAT(found->second, Contains(AlertKind::kOpened)) << finding.rule;
        EXPECT_EQ(found->second.back(), resolved ? AlertKind::kResolved : AlertKind::kOpened) << finding.rule;
      }
      ++counted;
    }
    if (HasFailure()) return;
  }
  EXPECT_GT(takeovers, 100U);
  EXPECT_GT(counted, 1000U);
}

TEST_F(FindingTakeoverTest, WhoTakesOverTellsWhatChangedSinceAndNotWhatWasTold) {
  begin_anew();
  watch_all();
  append("told", "initiated", 0s);
  append("ends", "initiated", 0s);
  append("over", "initiated", 0s);
  append("over", "hangup", 70s);
  passed_ = 80s;
  settle();
  ASSERT_TRUE(book_->told());
  const AlertProgress place = *book_->told();
  EXPECT_EQ(listener_.count(AlertKind::kOpened), 3U);

  append("ends", "hangup", passed_);
  append("opens", "initiated", passed_ - 2min);
  append("flashes", "initiated", passed_ - 3min);
  append("flashes", "hangup", passed_);
  listener_ = Listener();
  disk_ = CrashingDisk();
  open();
  book_->commit({place.offsets, place.at, place.offsets, place.at, true, 1000}).value();
  settle();
  EXPECT_EQ(listener_.count(AlertKind::kOpened), 2U) << "opens, flashes";
  EXPECT_EQ(listener_.count(AlertKind::kResolved), 2U) << "ends, flashes";
  append("told", "hangup", passed_);
  settle();
  EXPECT_EQ(listener_.count(AlertKind::kOpened), 2U);
  EXPECT_EQ(listener_.count(AlertKind::kResolved), 3U);
}

TEST_F(FindingTakeoverTest, APlaceIsToldOnlyWhenNothingOfItWaits) {
  begin_anew();
  watch_all();
  EXPECT_FALSE(book_->told());
  watch_all();
  ASSERT_TRUE(book_->told());
  append("call", "initiated", 0s);
  passed_ = 61s;
  watch_all();
  passed_ = 62s;
  watch_all();
  EXPECT_LT(book_->told()->at, kStart + 61s) << "the opening waits";
  deliver_all();
  watch_all();
  EXPECT_GE(book_->told()->at, kStart + 61s);
}

}  // namespace
}  // namespace hookledger
