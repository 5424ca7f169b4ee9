#pragma once

#include <cstdint>

#include "ingest/kafka/cluster.h"

namespace hookledger::bench {

/// Counts the messages of a topic, from all its partitions at once, and does nothing else: librdkafka with its own
/// settings, read in batches from one queue by one thread beside its own. Throws when the brokers fail.
std::uint64_t count_messages(const kafka::Cluster& cluster);

}  // namespace hookledger::bench
