#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "projector/projection.h"
#include "projector/rules/rule_set.h"
#include "replay/recovery/recovery.h"
#include "schemas/metrics.h"
#include "tools/alerts.h"
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
    std::vector<AlertSettings> alerts{};
    std::vector<SubscriptionSettings> subscriptions{};
    AppendRecords append{};  ///< For what subscriptions note.
  };

  LiveProjection(Parts parts, Options options) : parts_(parts), options_(std::move(options)) {}

  /// Errors: those of Projection::open, Alerts::start, Subscriptions::start.
  Result<void> open(std::shared_ptr<const RuleSet> rules);
  /// Puts other rules and alerts in force. By other rules first the past is evaluated, and until that is done there is
  /// no projection, and nothing is delivered to subscriptions. What is as it was goes on. Errors: as `open`; then there
  /// is no projection, or nothing is told.
  Result<void> replace(std::shared_ptr<const RuleSet> rules, std::vector<AlertSettings> alerts);
  /// Ends folding, telling and delivering; what is there can still be read.
  void stop();

  /// Null while the past is evaluated.
  std::shared_ptr<Projection> get() const;
  std::shared_ptr<const RuleSet> rules() const;
  std::optional<std::string> not_ready() const;
  /// Once it was opened.
  const Subscriptions& subscriptions() const { return *subscriptions_; }

 private:
  void close();
  Result<void> start_alerts(Projection& projection);
  Result<void> start_subscriptions(Projection& projection);
  /// Appends an event of our own.
  Result<void> note(const std::string& body) const;

  const Parts parts_;
  Options options_;
  std::unique_ptr<Alerts> alerts_;
  std::unique_ptr<Subscriptions> subscriptions_;

  mutable std::mutex mutex_;  ///< Guards all below.
  std::shared_ptr<const RuleSet> rules_;
  std::shared_ptr<Projection> projection_;
  std::string trouble_;  ///< Why there is no projection.
};

}  // namespace hookledger
