#include "replay/circuit_breaker.h"

#include <algorithm>

namespace hookledger {

bool CircuitBreaker::may_try(Instant now) {
  if (state_ == State::kClosed) return true;
  if (state_ == State::kHalfOpen || now < retry_at_) return false;
  state_ = State::kHalfOpen;
  return true;
}

void CircuitBreaker::succeeded() {
  schedule_.delivered();
  failures_ = 0;
  state_ = State::kClosed;
}

void CircuitBreaker::failed(Instant now, std::optional<Duration> retry_after) {
  if (retry_after) retry_after = std::min(*retry_after, longest_.when_asked);
  if (state_ == State::kOpen) {
    if (retry_after) retry_at_ = std::max(retry_at_, now + *retry_after);
    return;
  }
  if (++failures_ < failures_max_ && state_ == State::kClosed && !retry_after) return;
  state_ = State::kOpen;
  retry_at_ = schedule_.failed(now, retry_after);
}

void CircuitBreaker::gave_up() {
  if (state_ == State::kHalfOpen) state_ = State::kOpen;
}

const char* to_string(CircuitBreaker::State state) {
  switch (state) {
    case CircuitBreaker::State::kClosed: return "closed";
    case CircuitBreaker::State::kOpen: return "open";
    case CircuitBreaker::State::kHalfOpen: break;
  }
  return "half-open";
}

}  // namespace hookledger
