#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "schemas/error.h"
#include "schemas/time.h"

namespace hookledger {

/// Which calls happen, and what the way to us does to their deliveries.
struct TrafficOptions {
  std::uint32_t calls = 100;
  std::uint64_t seed = 1;
  /// When the first call begins. The command sets it: now when sending to a URL, so that events look fresh;
  /// kDefaultStart when writing a file, so that files are reproducible.
  Time start = kDefaultStart;
  /// 0: all kinds of calls, with 2 to 5 devices in a simultaneous ring. Otherwise every call rings this many
  /// devices, and is answered, transferred or given up.
  std::uint32_t legs = 0;
  Duration talk = std::chrono::seconds(30);  ///< Mean talking time; each is within half to one and a half of it.

  double duplicate = 0;   ///< Chance that a delivery is followed by a repeat, at most kAttemptsMax in all.
  double drop = 0;        ///< Chance that an event is lost: none of its deliveries arrives.
  bool shuffle = false;   ///< Any order of delivery: after the last event has happened, in random order.
  Duration delay_max{0};  ///< Each delivery comes late by up to this, uniformly, which also reorders.

  static constexpr Time kDefaultStart = std::chrono::sys_days(std::chrono::January / 1 / 2026);
  static constexpr unsigned kAttemptsMax = 3;
  static constexpr std::uint32_t kCallsMax = 10'000'000;
  static constexpr std::uint32_t kLegsMax = 1'000;
};

/// What is wrong with the options, as kUsage; nothing when they can be.
std::optional<Error> check_options(const TrafficOptions& options);

}  // namespace hookledger
