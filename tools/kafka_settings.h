#pragma once

#include <optional>

#include "ingest/kafka/cluster.h"
#include "tools/settings.h"

namespace hookledger {

/// `--kafka-brokers`, `--topic`, `--kafka`.
std::vector<OptionSpec> kafka_options();

/// Is the log on Kafka: are brokers given?
bool on_kafka(const Settings& settings);

/// The cluster that the options name; secrets are read from their files. Errors: kUsage.
Result<kafka::Cluster> kafka_cluster(const Settings& settings);

}  // namespace hookledger
