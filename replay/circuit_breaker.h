#pragma once

#include <cstdint>
#include <optional>

#include "projector/retry_schedule.h"

namespace hookledger {

/// Keeps us from asking a server again and again that fails. Closed: everybody may try. After some failures in a row,
/// or when the server says how long to wait, it is open: nobody may, for longer each time (RetrySchedule), but never
/// longer than its user wants. Then it is half open: one may, and what becomes of that decides. Pure. One thread at a
/// time.
class CircuitBreaker {
 public:
  using Instant = RetrySchedule::Instant;
  enum class State : std::uint8_t { kClosed, kOpen, kHalfOpen };

  /// How long it stays open.
  struct Longest {
    Duration by_itself = RetrySchedule::kLongest;
    Duration when_asked = RetrySchedule::kLongest;  ///< By the server, whatever it says.
  };

  /// `seed`: of the jitter. `failures_max`: in a row, and it opens.
  explicit CircuitBreaker(std::uint64_t seed, unsigned failures_max = 3) : CircuitBreaker(seed, failures_max, {}) {}
  CircuitBreaker(std::uint64_t seed, unsigned failures_max, const Longest& longest)
      : schedule_(seed, longest.by_itself), longest_(longest), failures_max_(failures_max) {}

  /// Who is told true tries, and says what became of it.
  bool may_try(Instant now);
  void succeeded();
  /// While it is open: what was begun before, and says nothing new but how long to wait.
  void failed(Instant now, std::optional<Duration> retry_after = {});
  /// The try ended without an answer: another may be made.
  void gave_up();

  State state() const { return state_; }
  /// When somebody may try again; of a closed one the time does not matter.
  Instant retry_at() const { return retry_at_; }

 private:
  RetrySchedule schedule_;
  const Longest longest_;
  const unsigned failures_max_;
  unsigned failures_ = 0;
  State state_ = State::kClosed;
  Instant retry_at_ = Instant::min();
};

const char* to_string(CircuitBreaker::State state);

}  // namespace hookledger
