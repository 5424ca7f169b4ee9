#pragma once

#include <memory>
#include <optional>
#include <string>

#include "ingest/kafka/appender.h"
#include "ingest/kafka/cluster.h"
#include "ingest/kafka/spool.h"
#include "ingest/log/committer.h"
#include "ingest/log/event_log.h"

namespace hookledger::kafka {

struct KafkaLogOptions {
  Cluster cluster;
  std::string data_dir;                              ///< Holds `index/` and `spool/`.
  std::optional<SpoolLimits> spool = SpoolLimits{};  ///< Nothing: 503 while the brokers are away.
  Duration dedup_window{std::chrono::hours(72)};
  CommitLimits limits;
  Patience patience;
};

/// The log on Kafka, as one of many that append to it.
class KafkaLog : public EventLog {
 public:
  /// What keeps it from knowing all event ids of the window; nothing when it does, or when the brokers cannot be
  /// reached and the spool takes what comes.
  virtual std::optional<std::string> warming() const = 0;

  struct SpoolState {
    std::uint64_t records = 0, bytes = 0;
    Duration age{0};
  };
  virtual SpoolState spool() const = 0;
};

/// Without brokers it opens too, when it has been open in that data dir before. References outlive the log.
/// Errors: kNotFound (no such topic), kInUse, kUsage (refused by the brokers; another number of partitions),
/// kCorruption, kUnavailable.
Result<std::unique_ptr<KafkaLog>> open_kafka_log(const KafkaLogOptions& options, const Clock& clock, Logger& logger,
                                                 Metrics& metrics);

}  // namespace hookledger::kafka
