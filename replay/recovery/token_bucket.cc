#include "replay/recovery/token_bucket.h"

#include <algorithm>

namespace hookledger {
namespace {

/// Nobody is believed who wants us to wait longer.
constexpr Duration kWaitMax = std::chrono::hours(1);

Duration until(TokenBucket::Instant later, TokenBucket::Instant now) {
  return std::chrono::ceil<Duration>(std::max(later - now, TokenBucket::Instant::duration(0)));
}

}  // namespace

Duration TokenBucket::take(Instant now) {
  tokens_ = std::min(burst_, tokens_ + rate_ * std::chrono::duration<double>(now - at_).count());
  at_ = now;
  if (now < not_before_) return until(not_before_, now);
  if (now >= resets_at_) left_.reset();
  if (left_ && *left_ == 0) return until(resets_at_, now);
  if (tokens_ < 1) return std::chrono::ceil<Duration>(std::chrono::duration<double>((1 - tokens_) / rate_));
  tokens_ -= 1;
  if (left_) --*left_;
  return Duration(0);
}

TokenBucket::Instant TokenBucket::held_until() const {
  return left_ && *left_ == 0 ? std::max(not_before_, resets_at_) : not_before_;
}

void TokenBucket::heed(const RateLimitSaid& said, Instant now) {
  if (said.remaining && said.reset) {
    left_ = said.limit ? std::min(*said.remaining, *said.limit) : *said.remaining;
    resets_at_ = now + std::clamp(*said.reset, Duration(0), kWaitMax);
  }
  if (said.retry_after) not_before_ = now + std::clamp(*said.retry_after, Duration(0), kWaitMax);
}

}  // namespace hookledger
