#include "projector/retry_schedule.h"

#include <algorithm>

namespace hookledger {

Duration backoff(std::uint64_t failures, Duration first, Duration longest, std::mt19937_64& random) {
  Duration wait = std::min(first, longest);
  for (std::uint64_t i = 0; i < failures && wait < longest; ++i) wait *= 2;
  const auto half = static_cast<std::uint64_t>(std::min(wait, longest).count() / 2);
  return Duration(static_cast<std::int64_t>(half + random() % (half + 1)));
}

RetrySchedule::Instant RetrySchedule::failed(Instant now, std::optional<Duration> retry_after) {
  Duration wait = backoff(failures_++, kFirst, longest_, random_);
  if (retry_after) wait = std::max(wait, std::min(*retry_after, kAskedForMax));
  return not_before_ = now + wait;
}

}  // namespace hookledger
