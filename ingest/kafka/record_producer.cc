#include "ingest/kafka/record_producer.h"

#include <array>

namespace hookledger::kafka {
namespace {

/// So long it takes to hand a batch to the client: its first record must not leave alone.
constexpr const char* kLingerMs = "0.2";
/// Of the client's own queue: it must take what ours lets through, and what comes from the spool.
constexpr const char* kClientQueueRecords = "200000";
constexpr const char* kClientQueueKilobytes = "1048576";
constexpr const char* kMessageBytesMax = "300000000";  // The topic's limit is the one that counts.
constexpr std::size_t kHeaders = 16;

std::int64_t to_millis(Time time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

}  // namespace

Result<std::unique_ptr<RecordProducer>> RecordProducer::make(const Cluster& cluster, std::chrono::milliseconds give_up,
                                                             Logger& logger, Report report) {
  std::unique_ptr<RecordProducer> producer(new RecordProducer);
  auto client = Client::make(RD_KAFKA_PRODUCER, cluster,
                             {{"enable.idempotence", "true"},
                              {"acks", "all"},
                              {"linger.ms", kLingerMs},
                              {"message.timeout.ms", std::to_string(give_up.count())},
                              {"message.max.bytes", kMessageBytesMax},
                              {"queue.buffering.max.messages", kClientQueueRecords},
                              {"queue.buffering.max.kbytes", kClientQueueKilobytes},
                              {"reconnect.backoff.max.ms", "500"},
                              {"retry.backoff.ms", "50"}},
                             logger,
                             {.delivered =
                                  [report = std::move(report)](const rd_kafka_message_t& message) {
                                    report(message._private, message.err, static_cast<std::uint64_t>(message.offset));
                                  },
                              .rebalance = {}});
  if (!client) return client.error();
  producer->client_ = std::move(*client);
  rd_kafka_t* const handle = producer->client_->get();
  producer->main_queue_.reset(rd_kafka_queue_get_main(handle));
  producer->topic_.reset(rd_kafka_topic_new(handle, cluster.topic.c_str(), nullptr));
  if (!producer->topic_) return Error{ErrorCode::kUsage, "--topic " + cluster.topic + " is no name of a topic"};
  return producer;
}

rd_kafka_resp_err_t RecordProducer::send(const RecordView& record, std::uint32_t partition, Time appended_at,
                                         void* opaque) {
  rd_kafka_headers_t* const headers = rd_kafka_headers_new(kHeaders);
  for (const auto& [name, value] : headers_.of(record)) {
    rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                        static_cast<ssize_t>(value.size()));
  }
  const auto code = rd_kafka_producev(
      client_->get(), RD_KAFKA_V_RKT(topic_.get()), RD_KAFKA_V_PARTITION(static_cast<std::int32_t>(partition)),
      RD_KAFKA_V_KEY(record.key.data(), record.key.size()),
      RD_KAFKA_V_VALUE(const_cast<char*>(record.body.data()), record.body.size()),
      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_TIMESTAMP(to_millis(appended_at)),
      RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) rd_kafka_headers_destroy(headers);
  return code;
}

void RecordProducer::poll(std::chrono::milliseconds timeout) {
  rd_kafka_poll(client_->get(), static_cast<int>(timeout.count()));
}

void RecordProducer::wake() { rd_kafka_queue_yield(main_queue_.get()); }

std::optional<std::string> RecordProducer::broken() const {
  std::array<char, 512> why{};
  if (rd_kafka_fatal_error(client_->get(), why.data(), why.size()) == RD_KAFKA_RESP_ERR_NO_ERROR) return std::nullopt;
  return why.data();
}

void RecordProducer::give_up_all(std::chrono::milliseconds timeout) {
  rd_kafka_purge(client_->get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_flush(client_->get(), static_cast<int>(timeout.count()));
}

bool is_final(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || code == RD_KAFKA_RESP_ERR_INVALID_RECORD ||
         code == RD_KAFKA_RESP_ERR_INVALID_MSG || code == RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP;
}

}  // namespace hookledger::kafka
