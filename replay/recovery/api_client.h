#pragma once

#include <functional>
#include <mutex>
#include <random>
#include <stop_token>
#include <string>

#include "replay/circuit_breaker.h"
#include "replay/recovery/token_bucket.h"
#include "schemas/clock.h"
#include "schemas/error.h"
#include "schemas/metrics.h"

namespace hookledger {

/// What a provider's API answered.
struct ApiAnswer {
  unsigned status = 0;  ///< HTTP's; 0: there was no answer.
  std::string body{};
  RateLimitSaid limits{};
  std::string failure{};  ///< Why there was no answer.
};

/// One GET of a provider's API, with the key that it wants. Blocks, within bounds. One thread.
class ApiTransport {
 public:
  virtual ~ApiTransport() = default;
  /// `target`: what comes behind the API's URL, path and query.
  virtual ApiAnswer get(const std::string& target, std::stop_token stop) = 0;
};

/// Waits, or until `stop`; false when it was to stop.
using Pause = std::function<bool(Duration, const std::stop_token&)>;

/// Asks a provider's API as a polite client does: no more than it takes, again after what is sure to pass, not at all
/// while it fails. Threads: any; one request at a time, and others go on while one waits for its turn.
class ApiClient {
 public:
  struct Parts {  ///< All outlive it.
    ApiTransport& transport;
    const Clock& clock;
    Metrics& metrics;
    Pause pause;
  };
  /// `source`: whose API it is. `seed`: of the jitter.
  ApiClient(std::string source, Parts parts, std::uint64_t seed);

  /// The answer with a status below 500 that is neither 408, 425 nor 429. `patience`: the longest wait for the rate.
  /// Errors: kUnavailable (nothing else after some tries, the circuit is open, or its turn comes later), kStopping.
  Result<ApiAnswer> get(const std::string& target, const std::stop_token& stop, Duration patience = Duration::max());

  /// When it may be asked again; in the past when it may be now.
  CircuitBreaker::Instant retry_at() const;

 private:
  /// Lets go of the lock meanwhile.
  bool pause(Duration time, const std::stop_token& stop, std::unique_lock<std::mutex>& lock) const;
  Result<void> wait_for_turn(const std::stop_token& stop, Duration patience, std::unique_lock<std::mutex>& lock);
  void count(const ApiAnswer& answer);
  void show_breaker();

  const std::string source_;
  const Parts parts_;
  mutable std::mutex mutex_;  ///< Guards all below; held while a request is under way, not while one waits.
  TokenBucket bucket_;
  CircuitBreaker breaker_;
  std::mt19937_64 random_;
  Metrics::Gauge& open_;
};

}  // namespace hookledger
