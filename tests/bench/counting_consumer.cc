#include "tests/bench/counting_consumer.h"

#include <array>
#include <span>
#include <stdexcept>

#include "ingest/kafka/client.h"

namespace hookledger::bench {
namespace {

constexpr int kTimeoutMs = 10'000, kWaitMs = 100;
constexpr std::size_t kBatchMessages = 10'000;

}  // namespace

std::uint64_t count_messages(const kafka::Cluster& cluster) {
  Logger logger({});
  const auto client =
      kafka::Client::make(RD_KAFKA_CONSUMER, cluster, {{"enable.partition.eof", "true"}}, logger).value();
  const std::uint32_t partitions = kafka::partition_count(*client, cluster, cluster.topic, kTimeoutMs).value();
  const kafka::TopicHandle topic(rd_kafka_topic_new(client->get(), cluster.topic.c_str(), nullptr));
  const kafka::QueueHandle queue(rd_kafka_queue_new(client->get()));
  for (std::uint32_t partition = 0; partition < partitions; ++partition) {
    rd_kafka_consume_start_queue(topic.get(), static_cast<std::int32_t>(partition), RD_KAFKA_OFFSET_BEGINNING,
                                 queue.get());
  }
  std::uint64_t messages = 0;
  std::array<rd_kafka_message_t*, kBatchMessages> batch;
  for (std::uint32_t ended = 0; ended < partitions;) {
    const auto taken = rd_kafka_consume_batch_queue(queue.get(), kWaitMs, batch.data(), batch.size());
    for (rd_kafka_message_t* const message :
         std::span(batch).first(static_cast<std::size_t>(std::max<ssize_t>(taken, 0)))) {
      const auto code = message->err;
      rd_kafka_message_destroy(message);
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        ++messages;
      } else if (code == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        ++ended;
      } else {
        throw std::runtime_error(std::string("the topic cannot be read: ") + rd_kafka_err2str(code));
      }
    }
  }
  for (std::uint32_t partition = 0; partition < partitions; ++partition) {
    rd_kafka_consume_stop(topic.get(), static_cast<std::int32_t>(partition));
  }
  return messages;
}

}  // namespace hookledger::bench
