#include "projector/finding_watch.h"

#include "tests/projector/finding_watch_fixture.h"

namespace hookledger {
namespace {

using ::testing::ElementsAre;
using testing::FindingWatchTest;
using ::testing::IsEmpty;
using testing::kPartitions;
using testing::kStart;
using testing::random_history;
using namespace std::chrono_literals;

TEST_F(FindingWatchTest, WhateverFailsEachBeginningAndEndIsToldOnceInOrder) {
  auto random = seeded_generator();
  std::size_t messages = 0, taken_back = 0;
  for (int round = 0; round < 300; ++round) {
    begin_anew();
    watch_all();
    const auto history = random_history(random, 4);
    auto next = history.begin();
    while (next != history.end() || random_below(random, 20) != 0) {
      switch (random_below(random, 9)) {
        case 0:
        case 1:
          for (std::size_t n = random_below(random, 12); n > 0 && next != history.end(); --n) append(*next++);
          break;
        case 2: fold(static_cast<std::uint32_t>(random_below(random, kPartitions)), random_below(random, 60)); break;
        case 3: fold_all(); break;
        case 4: passed_ += Duration(1s) * static_cast<int>(random_below(random, 40)); break;
        case 5:  // The process dies.
          disk_.fail(false);
          disk_.crash(random);
          open();
          break;
        case 6: disk_.fail(random_below(random, 2) == 0); break;
        case 7: {
          (void)watch_->step(now());
          if (random_below(random, 4) == 0) (void)watch_->look_back(now());
          break;
        }
        default: {
          const auto due = book_->due(now());
          if (!due || !*due) break;
          const auto fate = random_below(random, 4);
          if (fate == 0) book_->put_off((*due)->number, now().monotonic + 5s);
          if (fate == 0) break;
          listener_.take((*due)->message);
          // The answer may be lost, or what is noted of it.
          if (fate > 1) (void)book_->delivered((*due)->number);
        }
      }
      if (HasFatalFailure()) return;
    }
    disk_.fail(false);
    passed_ += 5h;
    settle();
    expect_told();
    EXPECT_EQ(book_->waiting(), 0U);
    if (HasFailure()) return;
    messages += listener_.taken();
    taken_back += listener_.count(AlertKind::kResolved);
  }
  EXPECT_GT(messages, 1000U);
  EXPECT_GT(taken_back, 100U);
}

TEST_F(FindingWatchTest, TheBeginningTellsOnlyWhatIsOpenAndGathered) {
  begin_anew();
  for (int i = 0; i < 9; ++i) {
    append("open" + std::to_string(i), "initiated", 0s);
    append("over" + std::to_string(i), "initiated", 0s);
  }
  for (int i = 0; i < 9; ++i) append("over" + std::to_string(i), "hangup", 70s);
  passed_ = 2min;
  open();
  watch_all();
  EXPECT_EQ(book_->waiting(), 1U);
  settle();
  EXPECT_EQ(listener_.taken(), 1U);
  EXPECT_EQ(listener_.count(AlertKind::kOpened), 9U);
  EXPECT_EQ(listener_.count(AlertKind::kResolved), 0U);

  append("open0", "hangup", passed_);
  append("over0", "speak.ended", passed_);  // What was over stays untold.
  append("new", "initiated", passed_ - 2min);
  append("new", "hangup", passed_);
  settle();
  EXPECT_EQ(listener_.count(AlertKind::kOpened), 10U);
  EXPECT_EQ(listener_.count(AlertKind::kResolved), 1U + 1U);
}

TEST_F(FindingWatchTest, NothingIsToldBecauseTheFoldIsBehind) {
  begin_anew();
  watch_all();
  append("call", "initiated", 0s);
  append("call", "hangup", 10s);
  passed_ = 5min;
  fold(partition_of("call", kPartitions), 1);
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(watch_->step(now()).value());
  settle();
  EXPECT_THAT(listener_.heard(), IsEmpty());
}

TEST_F(FindingWatchTest, WhatBecameDueWhileNobodyWatchedIsTold) {
  begin_anew();
  append("call", "initiated", 0s);
  watch_all();
  passed_ = 61s;
  open();
  watch_all();
  deliver_all();
  EXPECT_EQ(listener_.count(AlertKind::kOpened), 1U);
}

TEST_F(FindingWatchTest, AWallClockThatGoesBackEndsNothing) {
  begin_anew();
  append("call", "initiated", 0s);
  watch_all();
  passed_ = 61s;
  watch_all();
  append("call", "speak.ended", 1s);
  fold_all();
  while (watch_->step({kStart, now().monotonic}).value()) {
  }
  watch_->look_back({kStart, now().monotonic}).value();
  settle();
  EXPECT_THAT(listener_.heard(), ElementsAre(::testing::Pair(::testing::_, ElementsAre(AlertKind::kOpened))));
}

TEST_F(FindingWatchTest, AnotherFilterTellsWhatIsOpenAndNotThePast) {
  begin_anew();
  append("past", "initiated", 0s);
  append("past", "hangup", 70s);
  append("open", "initiated", 0s);
  filter_.rules = {"slow-bridge"};
  open();
  watch_all();
  passed_ = 2min;
  watch_all();
  filter_.rules = {};
  open();
  settle();
  append("past", "speak.ended", passed_);
  settle();
  EXPECT_EQ(listener_.count(AlertKind::kOpened), 1U);
  EXPECT_EQ(listener_.count(AlertKind::kResolved), 0U);
}

TEST_F(FindingWatchTest, AFullBookIsShownNoMoreUntilSomethingIsDelivered) {
  begin_anew();
  watch_all();
  std::vector<Finding> findings(AlertQueue::kMessagesMax);
  for (std::size_t i = 0; i < findings.size(); ++i) {
    findings[i].id = std::to_string(i);
    findings[i].rule = "rule-" + std::to_string(i);
    findings[i].status = FindingStatus::kNoted;
  }
  book_
      ->observe(
          "subject", findings, [](const Finding&) { return false; }, now())
      .value();
  book_->commit(*book_->progress()).value();
  EXPECT_TRUE(book_->full());
  append("call", "initiated", 0s);
  passed_ = 61s;
  const std::size_t keys = disk_.keys();
  watch_all();
  EXPECT_EQ(disk_.keys(), keys);
  deliver_all();
  settle();
  EXPECT_EQ(listener_.count(AlertKind::kOpened), 1U);
}

}  // namespace
}  // namespace hookledger
