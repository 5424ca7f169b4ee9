#pragma once

#include <string>
#include <vector>

#include "ingest/http/poster.h"
#include "replay/redelivery/subscription.h"
#include "tools/settings.h"

namespace hookledger {

/// One `[subscription.NAME]` section.
struct SubscriptionSettings {
  Subscription::Options options;  ///< But the seed.
  http::Url url;

  friend bool operator==(const SubscriptionSettings&, const SubscriptionSettings&) = default;
};

/// How the sections are written, for `--help`.
extern const char* const kSubscriptionHelp;

/// Errors: kUsage, naming the section; never shows a secret.
Result<std::vector<SubscriptionSettings>> configured_subscriptions(const Settings& settings);

}  // namespace hookledger
