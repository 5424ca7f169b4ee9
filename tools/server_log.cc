#include "tools/server_log.h"

#include <filesystem>

#include "ingest/log/embedded_log.h"
#include "tools/data_access.h"
#include "tools/kafka_settings.h"
#include "tools/log_settings.h"
#include "tools/weak_topics.h"

namespace hookledger {
namespace {

/// A record may hold an id as long as its body, as id and as key, beside the body.
constexpr std::size_t kRecordBytesPerBodyByte = 4;

Result<std::optional<kafka::SpoolLimits>> read_spool(const Settings& settings) {
  const auto wanted = settings.word("spool", {"on", "off"});
  if (!wanted) return wanted.error();
  if (*wanted == "off") return std::optional<kafka::SpoolLimits>();
  kafka::SpoolLimits limits;
  const auto bytes = settings.bytes("spool-bytes", limits.bytes, UINT64_MAX);
  if (!bytes) return bytes.error();
  const auto age = settings.duration("spool-age", limits.age);
  if (!age) return age.error();
  return std::optional(kafka::SpoolLimits{*bytes, *age});
}

Result<ServerLog> open_on_kafka(const Settings& settings, const EmbeddedLogOptions& embedded,
                                const ServerLogParts& parts) {
  kafka::KafkaLogOptions options;
  auto cluster = kafka_cluster(settings);
  if (!cluster) return cluster.error();
  const auto spool = read_spool(settings);
  if (!spool) return spool.error();
  if (settings.on_command_line("partitions")) {
    return Error{ErrorCode::kUsage, "--partitions is fixed when the topic is made: hookledger topics --create"};
  }
  options.cluster = std::move(*cluster);
  options.data_dir = data_dir(settings);
  options.spool = *spool;
  options.dedup_window = embedded.store.dedup_window;
  options.limits = embedded.limits;
  auto log = kafka::open_kafka_log(options, parts.clock, parts.logger, parts.metrics);
  if (!log) return log.error();
  warn_of_weak_topics(options.cluster, {options.dedup_window, parts.body_bytes_max}, parts.logger);
  kafka::KafkaLog* const raw = log->get();
  return ServerLog{std::move(*log), raw};
}

}  // namespace

std::vector<OptionSpec> spool_options() {
  return {{"spool", "on|off",
           "on Kafka, while the brokers are away: keep records in the data dir\nand bring them there later (on, "
           "default), or answer 503"},
          {"spool-bytes", "SIZE", "of the records that wait; default 1GiB. Beyond it 503"},
          {"spool-age", "DURATION", "of the oldest that waits; default 24h. Beyond it 503"}};
}

Result<ServerLog> open_server_log(const Settings& settings, const ServerLogParts& parts) {
  auto options = log_options(settings);
  if (!options) return options.error();
  std::size_t& queue_bytes = options->limits.queue_bytes_max;
  queue_bytes = std::max(queue_bytes, kRecordBytesPerBodyByte * parts.body_bytes_max);
  if (on_kafka(settings)) return open_on_kafka(settings, *options, parts);
  std::error_code error;
  std::filesystem::create_directories(options->store.path, error);
  if (error)
    return Error{ErrorCode::kUnavailable, "data dir " + data_dir(settings) + " cannot be made: " + error.message()};
  auto log = open_embedded_log(*options, parts.clock, parts.logger, parts.metrics);
  if (!log) return log.error();
  return ServerLog{std::move(*log)};
}

void observe(const kafka::KafkaLog& log, Readiness& readiness, Metrics& metrics) {
  readiness.add("dedup", [&log] { return log.warming(); });
  metrics.on_collect([&log, &metrics] {
    const kafka::KafkaLog::SpoolState spool = log.spool();
    metrics.gauge("hookledger_spool_records", "Records that wait for the brokers.")
        .set(static_cast<double>(spool.records));
    metrics.gauge("hookledger_spool_bytes", "Bytes of the records that wait for the brokers.")
        .set(static_cast<double>(spool.bytes));
    metrics.gauge("hookledger_spool_age_seconds", "How long the oldest of them has waited.")
        .set(std::chrono::duration<double>(spool.age).count());
  });
}

}  // namespace hookledger
