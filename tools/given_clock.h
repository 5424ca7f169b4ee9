#pragma once

#include <memory>
#include <string>

#include "schemas/error.h"
#include "tools/system_clock.h"

namespace hookledger {

/// For tests: the wall clock stands where a file says, until the test writes another time into it. The file holds 8
/// bytes, microseconds since 1970, little-endian, and stays mapped. Monotonic time is the machine's.
class GivenClock : public SystemClock {
 public:
  /// Errors: kUsage (no such file, or not of that shape).
  static Result<std::unique_ptr<Clock>> open(const std::string& path);

  explicit GivenClock(std::int64_t* mapped) : mapped_(mapped) {}
  ~GivenClock() override;
  GivenClock(const GivenClock&) = delete;
  GivenClock& operator=(const GivenClock&) = delete;

  Time wall() const override;

 private:
  std::int64_t* mapped_;
};

}  // namespace hookledger
