#pragma once

#include "ingest/kafka/cluster.h"
#include "ingest/kafka/weakness.h"
#include "schemas/error.h"
#include "schemas/logging.h"

namespace hookledger::kafka {

/// The topics of the log by role and name, in the order of TopicRole; nothing else of them is known.
std::vector<TopicState> topics_of(const Cluster& cluster);

/// The same as the brokers have them. Asks over a connection of its own and waits, at most some seconds more than
/// `timeout`. Threads: any. Errors: kUsage (the brokers refuse us), kUnavailable.
Result<std::vector<TopicState>> describe_topics(const Cluster& cluster, std::chrono::milliseconds timeout,
                                                Logger& logger);

/// What a sink or a projector warns about when it starts; as `describe_topics`.
Result<std::vector<Weakness>> weaknesses(const Cluster& cluster, const Demands& demands,
                                         std::chrono::milliseconds timeout, Logger& logger);

}  // namespace hookledger::kafka
