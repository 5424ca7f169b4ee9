#pragma once

#include <atomic>
#include <chrono>
#include <future>
#include <string>

#include "ingest/http/http.h"
#include "ingest/log/event_log.h"
#include "projector/retention.h"
#include "schemas/logging.h"
#include "schemas/metrics.h"
#include "tools/live_projection.h"

namespace hookledger {

/// What a server does beside serving: reads gauges, shows progress of catching up, applies retention. `tick` on one
/// thread. Outlives every request for metrics.
class Housekeeping {
 public:
  static constexpr std::chrono::milliseconds kInterval{1000};

  struct Parts {  ///< All outlive it.
    EventLog& log;
    const http::Server& webhooks;
    const LiveProjection* projection;  ///< Null in a sink.
    const Clock& clock;
    Logger& logger;
    Metrics& metrics;
  };

  Housekeeping(Parts parts, const RetentionLimits& retention);
  /// Every kInterval.
  void tick();
  /// Ends a retention pass at its next step, and begins none until `go_on`.
  void pause();
  void go_on() { stopping_ = false; }
  void stop() { pause(); }

 private:
  void measure() const;
  void show_progress(const Projection& projection);
  void start_retention(std::shared_ptr<Projection> projection);

  Parts parts_;
  const RetentionLimits retention_;
  std::uint64_t ticks_ = 0;
  bool ready_ = false;
  std::atomic<bool> stopping_ = false;
  std::future<void> retention_pass_;
};

}  // namespace hookledger
