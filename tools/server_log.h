#pragma once

#include <memory>

#include "ingest/kafka/kafka_log.h"
#include "projector/health.h"
#include "schemas/clock.h"
#include "schemas/logging.h"
#include "schemas/metrics.h"
#include "tools/settings.h"

namespace hookledger {

/// The log that a server appends to.
struct ServerLog {
  std::unique_ptr<EventLog> log;
  kafka::KafkaLog* on_kafka = nullptr;  ///< The same log; null when it is embedded.
};

/// `--spool`, `--spool-bytes`, `--spool-age`.
std::vector<OptionSpec> spool_options();

/// What a server needs of its log beyond the settings. References outlive the log.
struct ServerLogParts {
  std::size_t body_bytes_max;
  const Clock& clock;
  Logger& logger;
  Metrics& metrics;
};

/// On the brokers when they are given, else in the data dir. Errors: as open_kafka_log and open_embedded_log; kUsage.
Result<ServerLog> open_server_log(const Settings& settings, const ServerLogParts& parts);

/// What `/readyz` waits for and `/metrics` shows of a log on Kafka. All outlive it.
void observe(const kafka::KafkaLog& log, Readiness& readiness, Metrics& metrics);

}  // namespace hookledger
