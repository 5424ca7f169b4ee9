#pragma once

#include "ingest/kafka/cluster.h"
#include "ingest/kafka/weakness.h"
#include "schemas/logging.h"

namespace hookledger {

/// Logs which settings of the topics weaken a guarantee, and what to do. Brokers that are away are not waited for long.
void warn_of_weak_topics(const kafka::Cluster& cluster, const kafka::Demands& demands, Logger& logger);

}  // namespace hookledger
