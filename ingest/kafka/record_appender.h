#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "ingest/kafka/record_producer.h"
#include "ingest/log/event_log.h"
#include "schemas/clock.h"

namespace hookledger::kafka {

/// Appends records for whoever waits for them and knows by itself what is there already: without index, duplicates and
/// spool. A record whose append failed may be in the topic all the same. Threads: any, one after the other.
class RecordAppender {
 public:
  struct Parts {  ///< All outlive it.
    const Cluster& cluster;
    const Clock& clock;
    Logger& logger;
  };
  /// Errors: kUsage.
  static Result<std::unique_ptr<RecordAppender>> make(Parts parts);

  /// Of each record: where it is once all in-sync replicas have it, or within some seconds kUnavailable, or kInvalid
  /// when the brokers will never take it. Their observers are told nothing.
  std::vector<Result<Appended>> append(const std::vector<Append>& appends);

 private:
  explicit RecordAppender(Parts parts) : parts_(parts) {}
  Result<void> connect();

  const Parts parts_;
  std::mutex mutex_;  ///< Guards the producer.
  std::unique_ptr<RecordProducer> producer_;  ///< None after it failed for good: the next append makes another.
};

}  // namespace hookledger::kafka
