#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "ingest/kafka/client.h"
#include "schemas/kafka_record.h"

namespace hookledger::kafka {

/// Produces records to the topic of events: acks=all, idempotent. One thread, but for `wake`. Internal to ingest/kafka.
class RecordProducer {
 public:
  /// What became of a record, told from within `poll`. `opaque` is that of `send`.
  using Report = std::function<void(void* opaque, rd_kafka_resp_err_t code, std::uint64_t offset)>;

  /// What is not acknowledged within `give_up` is reported as failed. `logger` outlives it. Errors: kUsage.
  static Result<std::unique_ptr<RecordProducer>> make(const Cluster& cluster, std::chrono::milliseconds give_up,
                                                      Logger& logger, Report report);

  /// Copies the record. No report follows an error.
  rd_kafka_resp_err_t send(const RecordView& record, std::uint32_t partition, Time appended_at, void* opaque);
  void poll(std::chrono::milliseconds timeout);
  /// Ends a `poll`, or the next one. Threads: any.
  void wake();
  /// Why it can produce nothing ever again; nothing when it can.
  std::optional<std::string> broken() const;
  /// Gives up everything, and reports what it can within `timeout`.
  void give_up_all(std::chrono::milliseconds timeout);
  std::string complaint() const { return client_->complaint(); }

 private:
  RecordProducer() = default;

  RecordHeaders headers_;
  std::unique_ptr<Client> client_;
  QueueHandle main_queue_;
  TopicHandle topic_;
};

/// Will the brokers never take the record, however often it is sent?
bool is_final(rd_kafka_resp_err_t code);

}  // namespace hookledger::kafka
