#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "schemas/time.h"

namespace hookledger {

/// When records go that follow each other as they once came, `speed` times as fast. What was held up is not made up for
/// by going faster: the rest is late by as much. Pure.
class OriginalPace {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  explicit OriginalPace(double speed) : speed_(speed) {}

  /// For the next record, received at `at`. A gap is at most a year.
  Instant due(Time at, Instant now) {
    const Time latest = last_ ? std::max(*last_, at) : at;
    const Instant due = last_ ? due_ + scaled(latest - *last_) : now;
    last_ = latest;
    return due_ = due + kHeldUp < now ? now : due;
  }

 private:
  static constexpr std::chrono::seconds kHeldUp{1};

  Duration scaled(Duration gap) const {
    constexpr double kYear = 365.0 * 24 * 3600 * 1e6;
    return Duration(static_cast<Duration::rep>(std::min(static_cast<double>(gap.count()) / speed_, kYear)));
  }

  const double speed_;
  std::optional<Time> last_;  ///< The latest so far.
  Instant due_;
};

}  // namespace hookledger
