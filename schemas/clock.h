#pragma once

#include "schemas/time.h"

namespace hookledger {

/// Source of time. Only `tools/` makes the real one; everything else is handed a `Clock&` that
/// outlives it, so that tests and replay decide what time it is. Threads: any.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time wall() const = 0;                                        ///< For timestamps and tolerances. May jump.
  virtual std::chrono::steady_clock::time_point monotonic() const = 0;  ///< For deadlines.
};

}  // namespace hookledger
