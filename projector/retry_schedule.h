#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>

#include "schemas/time.h"

namespace hookledger {

/// How long to wait after `failures` failures in a row before this one: `first`, doubled for each, at most `longest`;
/// at random between half of that and all of it.
Duration backoff(std::uint64_t failures, Duration first, Duration longest, std::mt19937_64& random);

/// When a receiver is tried again: exponential backoff with jitter from a seed, or as late as it asks for. Pure.
class RetrySchedule {
 public:
  using Instant = std::chrono::steady_clock::time_point;
  static constexpr Duration kFirst = std::chrono::seconds(1), kLongest = std::chrono::minutes(5),
                            kRefused = std::chrono::minutes(10), kAskedForMax = std::chrono::hours(1);

  explicit RetrySchedule(std::uint64_t seed, Duration longest = kLongest) : longest_(longest), random_(seed) {}

  /// May anything be sent at `now`?
  bool open(Instant now) const { return now >= not_before_; }
  void delivered() { failures_ = 0; }
  /// Nothing before what this gives: at least `retry_after`, but no more than kAskedForMax of it.
  Instant failed(Instant now, std::optional<Duration> retry_after);
  /// When a refused message is tried again; others need not wait for it.
  Instant refused(Instant now) { return now + backoff(0, kRefused, kRefused, random_); }

 private:
  const Duration longest_;
  std::mt19937_64 random_;
  std::uint64_t failures_ = 0;
  Instant not_before_ = Instant::min();
};

}  // namespace hookledger
