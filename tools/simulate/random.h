#pragma once

#include <cstdint>
#include <initializer_list>
#include <random>
#include <string>

#include "schemas/time.h"

namespace hookledger {

/// Choices from a seed. The mapping from the engine's bits to values is our own, in integers, so that a
/// seed gives the same values on every machine and with every standard library.
class Random {
 public:
  explicit Random(std::initializer_list<std::uint64_t> seed);

  /// Uniform in [0, bound); `bound` is not 0.
  std::uint64_t below(std::uint64_t bound);
  /// Uniform in [low, high], to the microsecond.
  Duration between(Duration low, Duration high);
  bool chance(double probability);
  std::string bytes(std::size_t count);
  /// A version 4 UUID.
  std::string uuid();

 private:
  std::mt19937_64 engine_;
};

}  // namespace hookledger
