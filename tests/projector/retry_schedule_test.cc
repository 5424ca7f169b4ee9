#include "projector/retry_schedule.h"

#include <gmock/gmock.h>

#include "projector/receiver_answer.h"
#include "tests/support/seeded.h"

namespace hookledger {
namespace {

using namespace std::chrono_literals;
using Instant = RetrySchedule::Instant;

constexpr Instant kNow{std::chrono::hours(5)};

TEST(AttemptOutcome, FollowsFromTheStatus) {
  for (const unsigned status : {200U, 201U, 204U, 299U}) EXPECT_EQ(outcome_of(status), AttemptOutcome::kDelivered);
  for (const unsigned status : {301U, 307U, 400U, 401U, 403U, 404U, 413U}) {
    EXPECT_EQ(outcome_of(status), AttemptOutcome::kRefused) << status;
  }
  for (const unsigned status : {0U, 100U, 408U, 425U, 429U, 500U, 502U, 503U, 504U}) {
    EXPECT_EQ(outcome_of(status), AttemptOutcome::kFailed) << status;
  }
  EXPECT_EQ(outcome_of(410), AttemptOutcome::kGone);
}

TEST(RetrySchedule, WaitsLongerAndLongerUpToABoundEachTimeAtRandom) {
  auto random = seeded_generator();
  for (int round = 0; round < 200; ++round) {
    RetrySchedule schedule(random());
    EXPECT_TRUE(schedule.open(kNow));
    Duration longest = RetrySchedule::kFirst;
    for (int failure = 0; failure < 20; ++failure) {
      const Duration wait = std::chrono::duration_cast<Duration>(schedule.failed(kNow, {}) - kNow);
      EXPECT_GE(wait, longest / 2);
      EXPECT_LE(wait, longest);
      EXPECT_FALSE(schedule.open(kNow + wait - 1us));
      EXPECT_TRUE(schedule.open(kNow + wait));
      longest = std::min(longest * 2, Duration(RetrySchedule::kLongest));
    }
    schedule.delivered();
    EXPECT_LE(schedule.failed(kNow, {}), kNow + RetrySchedule::kFirst);
  }
}

TEST(RetrySchedule, TheSameSeedGivesTheSameWaits) {
  RetrySchedule one(7), same(7), other(8);
  bool differ = false;
  for (int i = 0; i < 10; ++i) {
    const Instant at = one.failed(kNow, {});
    EXPECT_EQ(at, same.failed(kNow, {}));
    differ = at != other.failed(kNow, {}) || differ;
  }
  EXPECT_TRUE(differ);
}

TEST(RetrySchedule, DoesAsTheReceiverAsksWithinReason) {
  RetrySchedule schedule(1);
  EXPECT_EQ(schedule.failed(kNow, 90s), kNow + 90s);
  EXPECT_EQ(schedule.failed(kNow, std::chrono::hours(1000)), kNow + RetrySchedule::kAskedForMax);
  RetrySchedule soon(1);
  EXPECT_GE(soon.failed(kNow, 0s), kNow + RetrySchedule::kFirst / 2);
}

TEST(RetrySchedule, ARefusedMessageHoldsUpNoOther) {
  RetrySchedule schedule(1);
  EXPECT_GE(schedule.refused(kNow), kNow + RetrySchedule::kRefused / 2);
  EXPECT_TRUE(schedule.open(kNow));
}

}  // namespace
}  // namespace hookledger
