#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "projector/projection.h"
#include "projector/rules/rule_set.h"
#include "replay/recovery/recovery.h"
#include "schemas/metrics.h"
#include "tools/alerts.h"
#include "tools/live_settings.h"
#include "tools/subscriptions.h"

namespace hookledger {

/// The projection of a server, its rules, its alerts and its subscriptions, and how they are replaced while it serves.
/// Threads: `get`, `rules`, `subscriptions` and `not_ready` any, the others one.
class LiveProjection {
 public:
  struct Parts {  ///< All outlive it.
    LiveLog& log;
    const Clock& clock;
    Logger& logger;
    Metrics& metrics;
  };
  struct Options {
    std::string data_dir;
    unsigned threads = 1;
    AppendRecords append{};  ///< For what subscriptions note.
  };

  LiveProjection(Parts parts, Options options);
  ~LiveProjection();

  /// Errors: those of Projection::open, Alerts::start, Subscriptions::set.
  Result<void> open(LiveSettings settings);
  /// Puts other rules, alerts and subscriptions in force. By other rules first the past is evaluated, and until that is
  /// done there is no projection, and nothing is delivered to subscriptions. What is as it was goes on. Errors: as
  /// `open`; then there is no projection, or nothing is told.
  Result<void> replace(LiveSettings settings);
  /// To be called now and then: what nobody else ends is ended.
  void tick();
  /// Ends folding, telling and delivering; what is there can still be read.
  void stop();

  /// Null while the past is evaluated.
  std::shared_ptr<Projection> get() const;
  std::shared_ptr<const RuleSet> rules() const;
  std::optional<std::string> not_ready() const;
  const Subscriptions& subscriptions() const { return subscriptions_; }

 private:
  void close();
  Result<void> start_alerts(Projection& projection);
  Result<void> set_subscriptions(const std::vector<SubscriptionSettings>& settings);
  Result<void> end_lag_of_gone(const Projection& projection) const;
  /// Appends an event of our own.
  Result<void> note(const std::string& body) const;

  const Parts parts_;
  const Options options_;
  std::vector<AlertSettings> alert_settings_;
  std::unique_ptr<Alerts> alerts_;
  Subscriptions subscriptions_;
  std::set<std::string> subscription_names_;
  bool some_may_be_gone_ = false;  ///< Subscriptions that were behind.

  mutable std::mutex mutex_;  ///< Guards all below.
  std::shared_ptr<const RuleSet> rules_;
  std::shared_ptr<Projection> projection_;
  std::string trouble_;  ///< Why there is no projection.
};

}  // namespace hookledger
