#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "schemas/time.h"

namespace hookledger {

/// What an API said of its rate limit in the headers of an answer.
struct RateLimitSaid {
  std::optional<std::uint64_t> limit{}, remaining{};
  std::optional<Duration> reset{};        ///< Until `remaining` is `limit` again.
  std::optional<Duration> retry_after{};  ///< It wants nothing before.
};

/// How many requests may be sent now: at most `rate` a second, `burst` at once, and no more than the API says that it
/// still takes. Pure. One thread.
class TokenBucket {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  TokenBucket(double rate, double burst, Instant now) : rate_(rate), burst_(burst), tokens_(burst), at_(now) {}

  /// How long to wait for the next request; zero: it may be sent now, and is counted.
  Duration take(Instant now);
  /// What it said last counts.
  void heed(const RateLimitSaid& said, Instant now);
  /// Until when the API takes nothing more, as it says; in the past when it does.
  Instant held_until() const;

 private:
  const double rate_, burst_;
  double tokens_;
  Instant at_;
  std::optional<std::uint64_t> left_;  ///< Until `resets_at_`, as the API counts.
  Instant resets_at_ = Instant::min(), not_before_ = Instant::min();
};

}  // namespace hookledger
