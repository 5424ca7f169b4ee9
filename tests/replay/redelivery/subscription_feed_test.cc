#include "tests/replay/redelivery/subscription_feed_fixture.h"

namespace hookledger::testing {
namespace {

TEST_F(SubscriptionFeedTest, FromTheStartTakesAllEvenIfNobodySaysWhereThatIs) {
  append(20);
  reader_.first_known = false;
  open({.from_start = true, .behind_max = 1'000});
  EXPECT_TRUE(feed_->step(true).value());
  EXPECT_EQ(waiting(), 20U);
}

TEST_F(SubscriptionFeedTest, WhatRetentionRemovedIsPassedOverAtOnce) {
  append("call", 3'000);
  const std::uint32_t partition = log_->end(0) > 0 ? 0 : 1;
  const std::vector<OffsetRange> old{{0, 2'990}};
  ASSERT_TRUE(log_->remove(partition, old));
  open({.from_start = true, .behind_max = 10'000});
  EXPECT_TRUE(feed_->step(true).value());
  EXPECT_TRUE(feed_->step(true).value());
  EXPECT_EQ(waiting(), 10U);
}

TEST_F(SubscriptionFeedTest, APartitionThatFailsDoesNotHoldUpTheOthers) {
  open({});
  append(20);
  ASSERT_GT(log_->end(1), 0U);
  reader_.away = {0};
  const auto stepped = feed_->step(true);
  ASSERT_FALSE(stepped);
  EXPECT_EQ(stepped.error().detail, "partition 0");
  EXPECT_EQ(waiting(), log_->end(1));
  append(20);
  EXPECT_FALSE(feed_->step(true)) << "it is not asked again at once, and still wrong";
  EXPECT_EQ(waiting(), log_->end(1)) << "the others go on";
  reader_.away.clear();
  log_.clock().advance(1s);
  EXPECT_TRUE(feed_->step(true).value());
  EXPECT_EQ(waiting(), 40U);
}

TEST_F(SubscriptionFeedTest, HowLongTheOldestWaitsIsToldThoughItCouldNotBeReadBefore) {
  open({});
  append(20);
  EXPECT_TRUE(feed_->step(true).value());
  reader_.readable = false;
  EXPECT_EQ(feed_->figures().value().undelivered, 20U);
  reader_.readable = true;
  EXPECT_EQ(feed_->figures().value().oldest, kStart);
}

TEST_F(SubscriptionFeedTest, ABookThatIsAheadOfTheLogHoldsNothingBack) {
  {
    auto book = SubscriptionBook::open(open_key_value(log_.folder() / "book", KeyValueUse::kJournaled)).value();
    for (const std::uint32_t partition : {0, 1}) book->note(partition, {{0, 5'000}});
    ASSERT_TRUE(book->save());
  }
  for (int i = 0; i < 3; ++i) {
    open({});
    append(20);
    EXPECT_TRUE(feed_->step(true).value());
    EXPECT_EQ(waiting(), i == 1 ? 40U : 20U);
    if (i > 0) deliver();
    feed_->close();
    feed_.reset();
    dispatcher_.reset();
    projection_.reset();
  }
}

TEST_F(SubscriptionFeedTest, WhatIsNewDoesNotWaitForWhatWasThereBefore) {
  append(60);
  open({.from_start = true, .behind_max = 10}, 20);
  ASSERT_TRUE(folded());
  append("new", 1);
  EXPECT_TRUE(feed_->step(true).value());
  EXPECT_EQ(dispatcher_->room(Urgency::kUrgent), 19U);
  EXPECT_LT(dispatcher_->room(Urgency::kUsual), 20U);
}

TEST_F(SubscriptionFeedTest, AnApplicationThatTakesLittleGetsWhatIsNewToo) {
  open({.behind_max = 10}, 2);
  append("old", 60);
  ASSERT_TRUE(folded());
  EXPECT_TRUE(feed_->step(true).value());
  (void)feed_->step(true);
  deliver();
  append("new", 1);
  EXPECT_TRUE(feed_->step(true).value());
  EXPECT_EQ(dispatcher_->room(Urgency::kUrgent), 1U) << "it alone";
}

TEST_F(SubscriptionFeedTest, WhatOthersAreToldIsDoneOutlivesAPowerCut) {
  open({});
  append(20);
  EXPECT_TRUE(feed_->step(true).value());
  feed_->finished(given_up(1));
  EXPECT_FALSE(disk_.flushed);
  disk_.full = true;
  EXPECT_FALSE(feed_->places());
  disk_.full = false;
  EXPECT_TRUE(is_done({1, 0}));
  EXPECT_TRUE(disk_.flushed);
}

TEST_F(SubscriptionFeedTest, WhatWaitedWhileTheApplicationWasAwayIsTheBacklogOnceItIsBack) {
  open({.behind_max = 1'000}, 20);
  append(60);
  ASSERT_TRUE(folded());
  EXPECT_TRUE(feed_->step(true).value());
  EXPECT_EQ(dispatcher_->room(Urgency::kUsual), 20U) << "all is live";
  well_ = false;
  dispatcher_->go_on();
  for (int i = 0; i < 1'000 && dispatcher_->health().breaker == CircuitBreaker::State::kClosed; ++i) {
    std::this_thread::sleep_for(10ms);
  }
  ASSERT_NE(dispatcher_->health().breaker, CircuitBreaker::State::kClosed);
  well_ = true;
  for (int i = 0; i < 1'000 && dispatcher_->health().returns == 0; ++i) {
    log_.clock().advance(100ms);
    dispatcher_->go_on();
    std::this_thread::sleep_for(10ms);
  }
  deliver();
  append("new", 1);
  EXPECT_TRUE(feed_->step(true).value());
  EXPECT_EQ(dispatcher_->room(Urgency::kUrgent), 19U) << "the new one alone is live";
  EXPECT_LT(dispatcher_->room(Urgency::kUsual), 20U) << "the backlog is read too";
}

TEST_F(SubscriptionFeedTest, WhatARecordTakesAlongNeedsRoomToo) {
  open({.behind_max = 10}, 20);
  append("other", 20);
  EXPECT_TRUE(feed_->step(true).value());
  append("call", 100);
  ASSERT_TRUE(folded());
  EXPECT_TRUE(feed_->step(true).value()) << "all is left behind, and some of it read";
  deliver();
  append("call", 1);
  ASSERT_TRUE(folded());
  for (int i = 0; i < 50 && delivered_.size() < 121; ++i) {
    EXPECT_TRUE(feed_->step(true));
    EXPECT_LE(waiting(), 2 * 20U);
    deliver();
  }
  EXPECT_EQ(delivered_.size(), 121U);
  std::map<std::string, std::uint64_t> last;
  for (const DeliveryResult& result : delivered_) {
    EXPECT_GE(result.place.offset, last[result.key]);
    last[result.key] = result.place.offset + 1;
  }
}

}  // namespace
}  // namespace hookledger::testing
