#pragma once

#include <algorithm>
#include <chrono>

#include "schemas/time.h"

namespace hookledger {

/// How fast records may go: so many a second, and what was not used of a fifth of a second at once. Pure.
class Pace {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  /// `rate` a second; 0: as fast as it goes.
  explicit Pace(double rate)
      : interval_(rate > 0 ? static_cast<Duration::rep>(std::min(1e6 / rate, kIntervalMax)) : 0) {}

  /// When the next may go.
  Instant next() const { return next_; }
  /// It goes, at or after `next`.
  void take(Instant now) { next_ = std::max(next_, now - kSlack) + interval_; }

 private:
  static constexpr std::chrono::milliseconds kSlack{200};
  static constexpr double kIntervalMax = 86'400e6;  ///< Whoever wants less than one a day.

  const Duration interval_;
  Instant next_ = Instant::min();
};

}  // namespace hookledger
