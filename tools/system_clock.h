#pragma once

#include "schemas/clock.h"

namespace hookledger {

/// The machine's clocks: the only place that asks them.
class SystemClock : public Clock {
 public:
  Time wall() const override;
  std::chrono::steady_clock::time_point monotonic() const override;
};

}  // namespace hookledger
