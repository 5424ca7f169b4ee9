#include "replay/redelivery/subscription_letters.h"

#include "tests/replay/redelivery/subscription_feed_fixture.h"

namespace hookledger::testing {
namespace {

class SubscriptionLettersTest : public SubscriptionFeedTest {};

TEST_F(SubscriptionLettersTest, ADamagedRecordBecomesADeadLetterThatNamesItsPlace) {
  open({});
  const Place damaged{0, log_->end(0)};
  log_.append_damaged(0);
  append(20);
  EXPECT_TRUE(feed_->step(true).value());
  deliver();
  const auto all = letters();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].place, damaged);
  EXPECT_THAT(all[0].answer, ::testing::HasSubstr("damaged"));
  EXPECT_EQ(feed_->figures().value().undelivered, 0U);
}

TEST_F(SubscriptionLettersTest, ADeadLetterThatCouldNotBeStoredIsStoredLater) {
  open({});
  append(20);
  EXPECT_TRUE(feed_->step(true).value());
  disk_.full = true;
  feed_->finished(given_up(1));
  EXPECT_FALSE(feed_->save());
  disk_.full = false;
  EXPECT_FALSE(is_done({1, 0}));
  EXPECT_TRUE(feed_->save());
  EXPECT_TRUE(is_done({1, 0}));
  EXPECT_EQ(letters().size(), 1U);
}

TEST_F(SubscriptionLettersTest, ADeadLetterThatCannotBeReadNowIsNamedLater) {
  open({});
  append(20);
  EXPECT_TRUE(feed_->step(true).value());
  reader_.readable = false;
  feed_->finished(given_up(1));
  EXPECT_FALSE(feed_->save());
  EXPECT_FALSE(is_done({1, 0}));
  reader_.readable = true;
  EXPECT_TRUE(feed_->save());
  ASSERT_EQ(letters().size(), 1U);
  EXPECT_EQ(letters()[0].type, "call.hangup");
}

TEST_F(SubscriptionLettersTest, ADeadLetterThatIsDroppedWhileItIsTriedAgainStaysDropped) {
  open({});
  append(20);
  EXPECT_TRUE(feed_->step(true).value());
  deliver();
  for (const bool told : {false, true}) {
    feed_->finished(given_up(1));
    EXPECT_TRUE(feed_->letters().retry({1, 0}).value());
    (void)feed_->step(true);
    EXPECT_EQ(waiting(), 1U);
    if (told) {  // Not yet, but about to be.
      dispatcher_->go_on();
      ASSERT_TRUE(dispatcher_->wait_until_empty(60s));
      dispatcher_->pause(0ms);
    }
    EXPECT_TRUE(feed_->letters().drop({1, 0}).value());
    EXPECT_EQ(waiting(), 0U) << "it is not tried any more";
    if (told) feed_->finished(given_up(1));
    EXPECT_TRUE(letters().empty());
    EXPECT_TRUE(is_done({1, 0}));
  }
}

TEST_F(SubscriptionLettersTest, ManyDeadLettersAreTriedAgainAsThereIsRoom) {
  open({.behind_max = 1'000}, 7);
  append(60);
  for (int i = 0; i < 50 && delivered_.size() < 60; ++i) {
    EXPECT_TRUE(feed_->step(true));
    deliver();
  }
  for (std::uint64_t offset = 0; offset < log_->end(1); ++offset) {
    feed_->finished({{1, offset}, "call", Delivery::kGivenUp, 3, "HTTP 500"});
  }
  const std::size_t all = letters().size();
  ASSERT_GT(all, 10U);
  // From the last to the first, while others are under way.
  for (std::uint64_t offset = all; offset-- > 0;) {
    EXPECT_TRUE(feed_->letters().retry({1, offset}).value());
    if (offset % 3 == 0) {
      EXPECT_TRUE(feed_->step(true));
    }
  }
  for (std::size_t i = 0; i < 2 * all && !letters().empty(); ++i) {
    EXPECT_LE(waiting(), 7U);
    deliver();
    EXPECT_TRUE(feed_->step(true));
  }
  EXPECT_TRUE(letters().empty());
  EXPECT_EQ(delivered_.size(), 60 + all) << "each once";
}

}  // namespace
}  // namespace hookledger::testing
