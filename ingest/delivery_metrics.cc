#include "ingest/delivery_metrics.h"

namespace hookledger {

DeliveryMetrics::DeliveryMetrics(const Clock& clock, Logger& logger, Metrics& metrics)
    : clock_(clock),
      logger_(logger),
      metrics_(metrics),
      verification_seconds_(metrics.histogram(
          "hookledger_verification_seconds", "Time to verify one signature.",
          {0.00002, 0.00003, 0.00004, 0.00005, 0.00006, 0.00008, 0.0001, 0.0002, 0.0005, 0.001, 0.01})) {}

void DeliveryMetrics::answered(std::string_view source, std::string_view answer) {
  key_.assign(source).append(1, ' ').append(answer);
  auto found = answers_.find(key_);
  if (found == answers_.end()) {
    Metrics::Counter& counter = metrics_.counter("hookledger_deliveries_total", "Deliveries by source and answer.",
                                                 {{"source", std::string(source)}, {"answer", std::string(answer)}});
    found = answers_.emplace(key_, &counter).first;
  }
  found->second->add();
}

void DeliveryMetrics::verified(std::chrono::steady_clock::duration took) {
  verification_seconds_.observe(std::chrono::duration<double>(took).count());
}

void DeliveryMetrics::log_refusal(std::string_view source, std::string_view code, std::string_view reason) {
  key_.assign(source).append(1, ' ').append(code);
  Quiet& quiet = quiet_[key_];
  const auto now = clock_.monotonic();
  if (now < quiet.until) {
    ++quiet.left_out;
    return;
  }
  logger_.warning("delivery refused", {{"source", std::string(source)},
                                       {"code", std::string(code)},
                                       {"reason", std::string(reason)},
                                       {"left_out", std::to_string(quiet.left_out)}});
  quiet = {now + std::chrono::seconds(1), 0};
}

}  // namespace hookledger
