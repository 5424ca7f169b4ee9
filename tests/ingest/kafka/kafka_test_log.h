#pragma once

#include <memory>
#include <string>

#include "ingest/kafka/kafka_log.h"
#include "ingest/kafka/kafka_log_reader.h"
#include "ingest/kafka/new_topics.h"
#include "tests/ingest/append_client.h"
#include "tests/support/kafka_brokers.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temporary_folder.h"

namespace hookledger::testing {

inline constexpr Time kNow{std::chrono::sys_days{std::chrono::year{2026} / 2 / 8}};

/// Topics on the test brokers that nobody else uses.
inline kafka::Cluster new_topics(std::uint32_t partitions, Logger& logger) {
  kafka::Cluster cluster;
  cluster.brokers = test_brokers();
  cluster.topic = fresh_topic();
  kafka::create_topics(cluster, {.partitions = partitions, .retention = {}}, 20s, logger).value();
  return cluster;
}

/// One sink's log on Kafka, its data dir a temporary folder. The clock stands still: nothing goes to the spool.
class KafkaTestLog {
 public:
  explicit KafkaTestLog(const kafka::Cluster& cluster) {
    options_.cluster = cluster;
    options_.data_dir = folder_.path();
  }

  void open() {
    log_.reset();
    log_ = open_second().value();
  }
  Result<std::unique_ptr<kafka::KafkaLog>> open_second() {
    return kafka::open_kafka_log(options_, clock_, logger_, metrics_);
  }
  void close() { log_.reset(); }

  kafka::KafkaLog& operator*() { return *log_; }
  kafka::KafkaLog* operator->() { return log_.get(); }
  kafka::KafkaLogOptions& options() { return options_; }
  ManualClock& clock() { return clock_; }
  Logger& logger() { return logger_; }

 private:
  TemporaryFolder folder_;
  ManualClock clock_{kNow};
  Logger logger_{{.json = false, .level = Logger::Level::kError}};
  Metrics metrics_;
  kafka::KafkaLogOptions options_;
  std::unique_ptr<kafka::KafkaLog> log_;
};

/// False when it did not come true within 20 s.
template <class Condition>
bool eventually(const Condition& condition) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(10ms);
  }
  return true;
}

}  // namespace hookledger::testing
