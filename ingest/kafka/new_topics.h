#pragma once

#include "ingest/kafka/cluster.h"
#include "ingest/kafka/weakness.h"
#include "schemas/error.h"
#include "schemas/logging.h"

namespace hookledger::kafka {

/// How the topics of a log are made.
struct NewTopics {
  std::uint32_t partitions = 8;   ///< Of events, calls and findings; fixed for ever. Keys and owners have one.
  std::uint32_t replication = 0;  ///< 0: three, or as many as there are brokers when those are fewer.
  std::uint32_t min_insync = 0;   ///< 0: one less than there are replicas, and at least 1.
  std::optional<Duration> retention = std::nullopt;  ///< Of the events. Absent: for ever.
  std::uint64_t body_bytes_max = Demands().body_bytes_max;
};

/// Makes those topics of the log that are missing, and gives their names; the others are left as they are. Waits for
/// the brokers, at most some seconds more than `timeout`. Threads: any.
/// Errors: kUsage (they refuse us, or what was asked for), kUnavailable.
Result<std::vector<std::string>> create_topics(const Cluster& cluster, const NewTopics& wanted,
                                               std::chrono::milliseconds timeout, Logger& logger);

}  // namespace hookledger::kafka
