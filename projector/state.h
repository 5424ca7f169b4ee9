#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "projector/queries.h"

namespace hookledger {

/// The state of some partitions of the log, as those who answer for it see it. Threads: any.
class State {
 public:
  virtual ~State() = default;
  /// Ascending, at least one.
  virtual const std::vector<std::uint32_t>& partitions() const = 0;
  virtual const Queries& queries() const = 0;
  /// For read-your-writes: waits until the partition (nothing: every one) has what is durable now. False at the
  /// timeout, and as soon as the wait is in vain.
  virtual bool settle(std::optional<std::uint32_t> partition, std::chrono::milliseconds timeout) = 0;
};

}  // namespace hookledger
