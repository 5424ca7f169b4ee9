// What becomes of records while an application is away, and when it is back.

#include "tests/replay/redelivery/dispatcher_fixture.h"

namespace hookledger::testing {
namespace {

TEST_F(DispatcherTest, AnApplicationThatFailsIsLeftAloneAndThenGetsAllAtOnce) {
  std::atomic<bool> well = false;
  open([&](std::uint64_t, unsigned) { return well ? ok() : ReceiverAnswer{.status = 503}; });
  for (std::uint64_t offset = 0; offset < 100; ++offset) add(offset, std::to_string(offset));
  ASSERT_TRUE(eventually([&] { return dispatcher_->health().breaker == CircuitBreaker::State::kOpen; }));
  std::this_thread::sleep_for(300ms);
  EXPECT_LE(application_->asked().size(), 10U);
  well = true;
  // The clock stands from the first success on: nothing that failed may need more time.
  EXPECT_TRUE(eventually([&] {
    if (results_.all().empty()) clock_.advance(10ms);
    return results_.all().size() == 100;
  }));
}

TEST_F(DispatcherTest, ARecordThatIsToWaitLongerWaitsAndThrottlesNobody) {
  open([](std::uint64_t offset,
          unsigned) { return offset == 0 ? ReceiverAnswer{.status = 429, .retry_after = 1h} : ok(); },
       {.break_longest = {10s, 10s}}, 1);
  const auto times_asked = [&] {
    const auto asked = application_->asked();
    return std::ranges::count(asked, 0U, &Application::Asked::offset);
  };
  add(0, "slow down");
  ASSERT_TRUE(eventually([&] { return dispatcher_->health().breaker == CircuitBreaker::State::kOpen; }));
  for (std::uint64_t offset = 1; offset < 50; ++offset) add(offset, std::to_string(offset));
  clock_.advance(10s);
  dispatcher_->go_on();
  ASSERT_TRUE(eventually([&] { return results_.all().size() == 49; })) << "no further pause";
  EXPECT_EQ(times_asked(), 1);
  clock_.advance(1h);
  dispatcher_->go_on();
  EXPECT_TRUE(eventually([&] { return times_asked() == 2; }));
}

TEST_F(DispatcherTest, AnApplicationThatWasAwayForLongIsNoticedSoonThoughNothingNewComes) {
  std::atomic<bool> well = false;
  open([&](std::uint64_t, unsigned) { return well ? ok() : ReceiverAnswer{.status = 503}; },
       {.break_longest = {10s, 10s}}, 1);
  add(0, "the only one");
  ASSERT_TRUE(eventually([&] {
    clock_.advance(1s);
    return application_->asked().size() > 14;
  }));
  well = true;
  const auto began = clock_.monotonic();
  ASSERT_TRUE(eventually([&] {
    if (results_.all().empty()) clock_.advance(1s);
    return results_.all().size() == 1;
  }));
  EXPECT_LE(clock_.monotonic() - began, 20s);
}

TEST_F(DispatcherTest, AnAbsenceIsNoticedToBeOverWhateverItSaidOfItsLength) {
  std::atomic<bool> well = false;
  open([&](std::uint64_t, unsigned) { return well ? ok() : ReceiverAnswer{.status = 503, .retry_after = 1h}; },
       {.break_longest = {10s, 10s}}, 1);
  for (std::uint64_t offset = 0; offset < 3; ++offset) add(offset, std::to_string(offset));
  ASSERT_TRUE(eventually([&] {
    clock_.advance(1s);
    return application_->asked().size() > 5;
  }));
  well = true;
  const auto began = clock_.monotonic();
  ASSERT_TRUE(eventually([&] {
    if (results_.all().empty()) clock_.advance(1s);
    return results_.all().size() == 2;
  })) << "but for the one that was told so when all was well";
  EXPECT_LE(clock_.monotonic() - began, 20s);
}

TEST_F(DispatcherTest, AnAbsenceDoesNotUseUpTheAttemptsOfARecord) {
  std::atomic<bool> well = false;
  open([&](std::uint64_t, unsigned) { return well ? ok() : ReceiverAnswer{.status = 503}; },
       {.give_up = {.attempts = 10, .away_counts = false}, .break_longest = {10s, 10s}}, 1);
  add(0, "a");
  ASSERT_TRUE(eventually([&] {
    clock_.advance(1s);
    return application_->asked().size() > 20;
  }));
  well = true;
  ASSERT_TRUE(run());
  EXPECT_EQ(results_.all().at(0).delivery, Delivery::kDelivered);
}

TEST_F(DispatcherTest, WhatIsNewDoesNotWaitForWhatWaitedWhileTheApplicationWasAway) {
  std::atomic<bool> well = false;
  open([&](std::uint64_t, unsigned) { return well ? ok() : ReceiverAnswer{.status = 503}; },
       {.rate = 10, .ready_max = {40, 40}}, 1);
  for (std::uint64_t offset = 0; offset < 40; ++offset) add(offset, std::to_string(offset % 20), Urgency::kUrgent);
  ASSERT_TRUE(eventually([&] {
    clock_.advance(1s);
    return application_->asked().size() > 7;
  }));
  EXPECT_EQ(dispatcher_->health().returns, 0U);
  well = true;
  // Nothing more is due once the clock stands.
  ASSERT_TRUE(eventually([&] {
    if (results_.all().empty()) clock_.advance(1s);
    return dispatcher_->health().returns == 1;
  }));
  EXPECT_EQ(dispatcher_->room(Urgency::kUrgent), 40U);
  EXPECT_LT(dispatcher_->room(Urgency::kUsual), 10U);
  add(100, "new", Urgency::kUrgent);
  const auto before = application_->asked().size();
  ASSERT_TRUE(run());
  const auto asked = application_->asked();
  const auto at = std::ranges::find(asked, 100U, &Application::Asked::offset) - asked.begin();
  EXPECT_LT(at, static_cast<std::ptrdiff_t>(before + 3));
  EXPECT_EQ(results_.all().size(), 41U);
}

TEST_F(DispatcherTest, WhoWantsNoMoreIsAskedNoMore) {
  open([](std::uint64_t, unsigned) { return ReceiverAnswer{.status = 410}; }, {}, 1);
  for (std::uint64_t offset = 0; offset < 10; ++offset) add(offset, std::to_string(offset));
  ASSERT_TRUE(eventually([&] { return dispatcher_->health().gone; }));
  for (int i = 0; i < 50; ++i) {
    clock_.advance(1h);
    dispatcher_->go_on();
  }
  EXPECT_EQ(application_->asked().size(), 1U);
  EXPECT_TRUE(results_.all().empty());
}

}  // namespace
}  // namespace hookledger::testing
