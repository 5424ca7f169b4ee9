#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <unordered_map>

#include "schemas/clock.h"
#include "schemas/logging.h"
#include "schemas/metrics.h"

namespace hookledger {

/// What one I/O thread counts and logs of deliveries. One thread.
class DeliveryMetrics {
 public:
  /// Takes what it needs of a WebhookContext.
  template <class Context>
  explicit DeliveryMetrics(const Context& context) : DeliveryMetrics(context.clock, context.logger, context.metrics) {}
  DeliveryMetrics(const Clock& clock, Logger& logger, Metrics& metrics);

  void answered(std::string_view source, std::string_view answer);
  void verified(std::chrono::steady_clock::duration took);
  /// At most one line a second for each source and code; the next one says how many were left out.
  void log_refusal(std::string_view source, std::string_view code, std::string_view reason);

 private:
  struct Quiet {
    std::chrono::steady_clock::time_point until;
    std::uint64_t left_out = 0;
  };

  const Clock& clock_;
  Logger& logger_;
  Metrics& metrics_;
  Metrics::Histogram& verification_seconds_;
  std::string key_;  ///< Reused: source, a space, answer or code.
  std::unordered_map<std::string, Metrics::Counter*> answers_;
  std::unordered_map<std::string, Quiet> quiet_;
};

}  // namespace hookledger
