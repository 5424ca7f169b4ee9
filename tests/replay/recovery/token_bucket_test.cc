#include "replay/recovery/token_bucket.h"

#include <gmock/gmock.h>

#include "tests/support/seeded.h"

namespace hookledger {
namespace {

using namespace std::chrono_literals;
using Instant = TokenBucket::Instant;

constexpr Instant kNow{std::chrono::hours(5)};
constexpr Duration kAtOnce{0};

TEST(TokenBucket, GivesABurstAndThenTheRate) {
  TokenBucket bucket(2, 3, kNow);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(bucket.take(kNow), kAtOnce);
  EXPECT_EQ(bucket.take(kNow), 500ms);
  EXPECT_EQ(bucket.take(kNow + 400ms), 100ms);
  EXPECT_EQ(bucket.take(kNow + 500ms), kAtOnce);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(bucket.take(kNow + 1h), kAtOnce) << "no more than a burst is saved";
  EXPECT_GT(bucket.take(kNow + 1h), kAtOnce);
}

TEST(TokenBucket, NeverSendsMoreThanItsRateWhateverIsAsked) {
  auto random = seeded_generator();
  TokenBucket bucket(5, 2, kNow);
  Instant now = kNow;
  int sent = 0;
  for (int i = 0; i < 2000; ++i) {
    now += std::chrono::milliseconds(random() % 100);
    sent += bucket.take(now) == kAtOnce ? 1 : 0;
  }
  EXPECT_LE(sent, 2 + 5 * std::chrono::duration<double>(now - kNow).count());
  EXPECT_GE(sent, 4 * std::chrono::duration<double>(now - kNow).count());
}

TEST(TokenBucket, HeedsWhatTheApiStillTakes) {
  TokenBucket bucket(1000, 1000, kNow);
  bucket.heed({.limit = 10, .remaining = 2, .reset = 30s}, kNow);
  EXPECT_EQ(bucket.take(kNow), kAtOnce);
  EXPECT_EQ(bucket.take(kNow), kAtOnce);
  EXPECT_EQ(bucket.take(kNow), 30s);
  EXPECT_EQ(bucket.take(kNow + 29s), 1s);
  EXPECT_EQ(bucket.take(kNow + 30s), kAtOnce);
  bucket.heed({.limit = 1, .remaining = 5, .reset = 30s}, kNow + 30s);
  EXPECT_EQ(bucket.take(kNow + 30s), kAtOnce);
  EXPECT_EQ(bucket.take(kNow + 30s), 30s) << "no more than the limit";
  bucket.heed({.remaining = 0}, kNow + 60s);
  EXPECT_EQ(bucket.take(kNow + 60s), kAtOnce) << "without a reset nobody knows until when";
}

TEST(TokenBucket, WaitsAsItIsToldWithinReason) {
  TokenBucket bucket(1000, 1000, kNow);
  bucket.heed({.retry_after = 5s}, kNow);
  EXPECT_EQ(bucket.take(kNow), 5s);
  EXPECT_EQ(bucket.take(kNow + 5s), kAtOnce);
  bucket.heed({.retry_after = 1000h}, kNow);
  EXPECT_EQ(bucket.take(kNow), 1h);
  bucket.heed({.remaining = 0, .reset = 1000h, .retry_after = -1s}, kNow);
  EXPECT_EQ(bucket.take(kNow), 1h);
}

}  // namespace
}  // namespace hookledger
