#pragma once

#include <functional>

#include "projector/folding.h"

namespace hookledger {

/// Tells now and then how far a walk over a whole log, partition by partition, has come.
class WalkProgress {
 public:
  WalkProgress(const LogReader& log, const std::function<void(const FoldProgress&)>& tell) : log_(log), tell_(tell) {
    for (std::uint32_t partition = 0; tell_ && partition < log.partitions(); ++partition) {
      state_.total += log.end(partition) - log.first(partition);
    }
  }

  void begin(std::uint32_t partition) {
    if (!tell_) return;
    first_ = log_.first(partition);
    before_ = state_.done;
  }
  void passed(Place place) {
    if (!tell_) return;
    state_.done = std::min(before_ + place.offset + 1 - first_, state_.total);
    if (++passed_ % kEvery == 0) tell_(state_);
  }
  void end() {
    state_.done = state_.total;
    if (tell_) tell_(state_);
  }

 private:
  static constexpr std::uint64_t kEvery = 1024;

  const LogReader& log_;
  const std::function<void(const FoldProgress&)>& tell_;
  FoldProgress state_;
  std::uint64_t first_ = 0, before_ = 0, passed_ = 0;
};

}  // namespace hookledger
