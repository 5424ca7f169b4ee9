#include "replay/circuit_breaker.h"

#include <gmock/gmock.h>

namespace hookledger {
namespace {

using namespace std::chrono_literals;
using Instant = CircuitBreaker::Instant;
using State = CircuitBreaker::State;

constexpr Instant kNow{std::chrono::hours(5)};

TEST(CircuitBreaker, OpensAfterSomeFailuresInARowOnly) {
  CircuitBreaker breaker(1, 3);
  for (int round = 0; round < 5; ++round) {
    breaker.failed(kNow);
    breaker.failed(kNow);
    EXPECT_EQ(breaker.state(), State::kClosed);
    EXPECT_TRUE(breaker.may_try(kNow));
    breaker.succeeded();
  }
  for (int failure = 0; failure < 3; ++failure) breaker.failed(kNow);
  EXPECT_EQ(breaker.state(), State::kOpen);
  EXPECT_GT(breaker.retry_at(), kNow);
  EXPECT_FALSE(breaker.may_try(kNow));
  EXPECT_FALSE(breaker.may_try(breaker.retry_at() - 1us));
}

TEST(CircuitBreaker, LetsOneTryAtATimeWhenItIsHalfOpen) {
  CircuitBreaker breaker(1, 1);
  breaker.failed(kNow);
  const Instant later = breaker.retry_at();
  EXPECT_TRUE(breaker.may_try(later));
  EXPECT_EQ(breaker.state(), State::kHalfOpen);
  EXPECT_FALSE(breaker.may_try(later + 1h));
  breaker.succeeded();
  EXPECT_EQ(breaker.state(), State::kClosed);
  EXPECT_TRUE(breaker.may_try(later));
  EXPECT_TRUE(breaker.may_try(later));
}

TEST(CircuitBreaker, StaysOpenLongerEachTimeUpToABound) {
  CircuitBreaker breaker(7, 1);
  Instant now = kNow;
  Duration longest = RetrySchedule::kFirst;
  for (int failure = 0; failure < 15; ++failure) {
    breaker.failed(now);
    EXPECT_EQ(breaker.state(), State::kOpen);
    EXPECT_GE(breaker.retry_at() - now, longest / 2);
    EXPECT_LE(breaker.retry_at() - now, longest);
    now = breaker.retry_at();
    ASSERT_TRUE(breaker.may_try(now));
    longest = std::min(longest * 2, Duration(RetrySchedule::kLongest));
  }
  breaker.succeeded();
  breaker.failed(now);
  EXPECT_LE(breaker.retry_at(), now + RetrySchedule::kFirst);
}

TEST(CircuitBreaker, OpensAtOnceForAsLongAsItIsAsked) {
  CircuitBreaker breaker(1, 5);
  breaker.failed(kNow, 90s);
  EXPECT_EQ(breaker.state(), State::kOpen);
  EXPECT_EQ(breaker.retry_at(), kNow + 90s);
  EXPECT_FALSE(breaker.may_try(kNow + 89s));
  EXPECT_TRUE(breaker.may_try(kNow + 90s));
}

TEST(CircuitBreaker, WhatWasBegunBeforeItOpenedDoesNotKeepItOpen) {
  CircuitBreaker breaker(1, 3);
  for (int failure = 0; failure < 3; ++failure) breaker.failed(kNow);
  const Instant at = breaker.retry_at();
  for (int failure = 0; failure < 100; ++failure) breaker.failed(kNow + 1us);
  EXPECT_EQ(breaker.retry_at(), at);
  breaker.failed(kNow, 90s);
  EXPECT_EQ(breaker.retry_at(), kNow + 90s);
}

TEST(CircuitBreaker, SeveralAnswersToOneBurstAreOneFailure) {
  CircuitBreaker breaker(1, 5);
  for (int answer = 0; answer < 64; ++answer) breaker.failed(kNow, 1s);
  EXPECT_EQ(breaker.retry_at(), kNow + 1s);
  ASSERT_TRUE(breaker.may_try(kNow + 1s));
  breaker.failed(kNow + 1s, 1s);
  EXPECT_LE(breaker.retry_at(), kNow + 1s + 2 * RetrySchedule::kFirst);
}

TEST(CircuitBreaker, ATryWithoutAnAnswerDecidesNothing) {
  CircuitBreaker breaker(1, 1);
  breaker.failed(kNow);
  const Instant later = breaker.retry_at();
  EXPECT_TRUE(breaker.may_try(later));
  breaker.gave_up();
  EXPECT_EQ(breaker.state(), State::kOpen);
  EXPECT_TRUE(breaker.may_try(later));
}

TEST(CircuitBreaker, StaysOpenAsLongAsItsUserWants) {
  CircuitBreaker breaker(1, 1, {.by_itself = 3s, .when_asked = 10s});
  Instant now = kNow;
  for (int failure = 0; failure < 15; ++failure) {
    const bool asks = failure % 2 == 0;
    breaker.failed(now, asks ? std::optional<Duration>(1h) : std::nullopt);
    EXPECT_LE(breaker.retry_at() - now, asks ? 10s : 3s);
    now = breaker.retry_at();
    ASSERT_TRUE(breaker.may_try(now));
  }
}

}  // namespace
}  // namespace hookledger
