#pragma once

#include <memory>
#include <string>

#include "ingest/kafka/cluster.h"
#include "schemas/logging.h"
#include "tools/alerts.h"

namespace hookledger {

/// Keeps the places of an alert as the brokers keep those of any reader: the groups are `GROUP.alert.NAME` and, of
/// devices and ratios, `GROUP.alert-subjects.NAME`, with the projectors' group. `logger` outlives it. Errors: kUsage.
Result<Alerts::Places> make_kafka_alert_places(const kafka::Cluster& cluster, const std::string& alert, Logger& logger);

}  // namespace hookledger
