#pragma once

#include <memory>
#include <string>

#include "ingest/kafka/cluster.h"
#include "replay/redelivery/subscription_places.h"
#include "schemas/logging.h"

namespace hookledger {

/// Keeps the places of a subscription as the brokers keep those of any reader: the group is `GROUP.subscription.NAME`,
/// with the projectors' group. `logger` outlives it. Errors: kUsage.
Result<std::unique_ptr<SubscriptionPlaces>> make_kafka_subscription_places(const kafka::Cluster& cluster,
                                                                           const std::string& subscription,
                                                                           Logger& logger);

}  // namespace hookledger
