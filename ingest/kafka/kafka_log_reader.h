#pragma once

#include <memory>

#include "ingest/kafka/cluster.h"
#include "ingest/log/event_log.h"
#include "schemas/logging.h"

namespace hookledger::kafka {

/// The log on the brokers, for reading. `end` asks them, and keeps the last answer while they are away.
class KafkaLogReader : public LiveLog {
 public:
  /// Wakes `wait_for_change` when the partition grows. Errors: kUnavailable.
  virtual Result<void> watch(std::uint32_t partition) = 0;
};

/// `logger` outlives the reader. Errors: kNotFound (no such topic), kUsage (refused), kUnavailable.
Result<std::unique_ptr<KafkaLogReader>> open_kafka_log_reader(const Cluster& cluster, Logger& logger);

/// The same where the number of partitions is known already: waits for no broker.
Result<std::unique_ptr<KafkaLogReader>> make_kafka_log_reader(const Cluster& cluster, std::uint32_t partitions,
                                                              Logger& logger);

}  // namespace hookledger::kafka
