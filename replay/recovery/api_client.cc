#include "replay/recovery/api_client.h"

#include <algorithm>

namespace hookledger {
namespace {

constexpr double kRequestsPerSecond = 20, kRequestsAtOnce = 20;
constexpr int kTries = 5;
constexpr Duration kFirstWait = std::chrono::milliseconds(500), kLongestWait = std::chrono::seconds(2);
constexpr unsigned kFailuresMax = 5;

bool will_pass(unsigned status) {
  return status < 200 || status == 408 || status == 425 || status == 429 || status >= 500;
}

std::string describe(const ApiAnswer& answer) {
  return answer.status == 0 ? answer.failure : "HTTP " + std::to_string(answer.status);
}

}  // namespace

ApiClient::ApiClient(std::string source, Parts parts, std::uint64_t seed)
    : source_(std::move(source)),
      parts_(std::move(parts)),
      bucket_(kRequestsPerSecond, kRequestsAtOnce, parts_.clock.monotonic()),
      breaker_(seed, kFailuresMax),
      random_(seed),
      open_(parts_.metrics.gauge("hookledger_recovery_breaker_open",
                                 "1 while the provider's API is not asked because it fails; 0.5: it is tried.",
                                 {{"source", source_}})) {}

Result<ApiAnswer> ApiClient::get(const std::string& target, const std::stop_token& stop, Duration patience) {
  std::unique_lock lock(mutex_);
  std::string failure;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    if (attempt > 0) {
      const auto longest = static_cast<std::uint64_t>(std::min(kFirstWait * (1 << attempt), kLongestWait).count());
      const Duration wait(static_cast<std::int64_t>(longest / 2 + random_() % (longest / 2)));
      if (!pause(wait, stop, lock)) break;
    }
    if (auto turn = wait_for_turn(stop, patience, lock); !turn) return turn.error();
    ApiAnswer answer = parts_.transport.get(target, stop);
    const auto now = parts_.clock.monotonic();
    if (stop.stop_requested() && answer.status == 0) {
      breaker_.gave_up();
      break;
    }
    bucket_.heed(answer.limits, now);
    count(answer);
    const bool failed = will_pass(answer.status);
    if (failed) {
      breaker_.failed(now, answer.limits.retry_after);
    } else {
      breaker_.succeeded();
    }
    show_breaker();
    if (!failed) return answer;
    failure = describe(answer);
    if (breaker_.state() == CircuitBreaker::State::kOpen) break;
  }
  if (stop.stop_requested()) return Error{ErrorCode::kStopping, "stopped before the provider's API had answered"};
  return Error{ErrorCode::kUnavailable, "the provider's API does not answer: " + failure};
}

bool ApiClient::pause(Duration time, const std::stop_token& stop, std::unique_lock<std::mutex>& lock) const {
  lock.unlock();
  const bool goes_on = parts_.pause(time, stop);
  lock.lock();
  return goes_on;
}

/// Of the breaker, and of the rate.
Result<void> ApiClient::wait_for_turn(const std::stop_token& stop, Duration patience,
                                      std::unique_lock<std::mutex>& lock) {
  while (true) {
    const auto now = parts_.clock.monotonic();
    if (breaker_.state() == CircuitBreaker::State::kOpen && now < breaker_.retry_at()) {
      return Error{ErrorCode::kUnavailable, "the provider's API failed and is left alone for now"};
    }
    const Duration wait = bucket_.take(now);
    if (wait == Duration(0)) break;
    if (wait > patience) {
      return Error{ErrorCode::kUnavailable,
                   "the provider's API takes nothing more for " + format_duration(wait) + ": try again then"};
    }
    patience -= wait;
    if (!pause(wait, stop, lock)) return Error{ErrorCode::kStopping, "stopped before the provider's API was asked"};
  }
  breaker_.may_try(parts_.clock.monotonic());
  return {};
}

CircuitBreaker::Instant ApiClient::retry_at() const {
  const std::lock_guard lock(mutex_);
  const auto held_until = bucket_.held_until();
  return breaker_.state() == CircuitBreaker::State::kOpen ? std::max(breaker_.retry_at(), held_until) : held_until;
}

void ApiClient::count(const ApiAnswer& answer) {
  parts_.metrics
      .counter("hookledger_recovery_api_requests_total", "Requests to the provider's API, by the status of the answer.",
               {{"source", source_}, {"status", answer.status == 0 ? "none" : std::to_string(answer.status)}})
      .add();
}

void ApiClient::show_breaker() {
  switch (breaker_.state()) {
    case CircuitBreaker::State::kClosed: return open_.set(0);
    case CircuitBreaker::State::kHalfOpen: return open_.set(0.5);
    case CircuitBreaker::State::kOpen: return open_.set(1);
  }
}

}  // namespace hookledger
