#include "tools/live_settings.h"

#include "tools/rule_settings.h"

namespace hookledger {

Result<LiveSettings> read_live_settings(const Settings& settings) {
  auto rules = configured_rules(settings);
  if (!rules) return rules.error();
  auto alerts = configured_alerts(settings, **rules);
  if (!alerts) return alerts.error();
  auto subscriptions = configured_subscriptions(settings);
  if (!subscriptions) return subscriptions.error();
  return LiveSettings{std::move(*rules), std::move(*alerts), std::move(*subscriptions)};
}

}  // namespace hookledger
