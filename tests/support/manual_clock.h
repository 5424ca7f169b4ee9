#pragma once

#include <atomic>

#include "schemas/clock.h"

namespace hookledger::testing {

/// Stands still until told. Threads: any.
class ManualClock : public Clock {
 public:
  explicit ManualClock(Time start) : wall_(start.time_since_epoch().count()) {}
  Time wall() const override { return Time(Duration(wall_)); }
  std::chrono::steady_clock::time_point monotonic() const override {
    return std::chrono::steady_clock::time_point(Duration(monotonic_));
  }
  void advance(Duration by) {
    wall_ += by.count();
    monotonic_ += by.count();
  }

 private:
  std::atomic<std::int64_t> wall_;
  std::atomic<std::int64_t> monotonic_{0};
};

}  // namespace hookledger::testing
