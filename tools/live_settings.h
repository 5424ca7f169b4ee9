#pragma once

#include <memory>
#include <vector>

#include "projector/rules/rule_set.h"
#include "tools/alert_settings.h"
#include "tools/subscription_settings.h"

namespace hookledger {

/// What a process that keeps a projection reads again on SIGHUP.
struct LiveSettings {
  std::shared_ptr<const RuleSet> rules;
  std::vector<AlertSettings> alerts;
  std::vector<SubscriptionSettings> subscriptions;
};

/// Errors: those of configured_rules, configured_alerts and configured_subscriptions.
Result<LiveSettings> read_live_settings(const Settings& settings);

}  // namespace hookledger
