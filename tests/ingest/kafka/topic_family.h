#pragma once

#include <atomic>
#include <gtest/gtest.h>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include "ingest/kafka/client.h"
#include "tests/support/kafka_brokers.h"

namespace hookledger::testing {

/// A message as a reader sees it.
struct SeenMessage {
  std::uint32_t partition = 0;
  std::string key;
  std::optional<std::string> value;
};

/// Topics of a log that nobody else uses, made on the test brokers.
class TopicFamily {
 public:
  explicit TopicFamily(std::uint32_t partitions = 4) : partitions_(partitions) {
    static std::atomic<int> made = 0;
    cluster_ = {.brokers = test_brokers(),
                .topic = "t-" + std::to_string(::getpid()) + "-" + std::to_string(++made) + ".events",
                .properties = {}};
    names_ = kafka::topic_names(cluster_.topic);
    create(
        {{names_.events, partitions}, {names_.calls, partitions}, {names_.findings, partitions}, {names_.owners, 1}});
  }

  const kafka::Cluster& cluster() const { return cluster_; }
  const kafka::TopicNames& names() const { return names_; }
  std::uint32_t partitions() const { return partitions_; }
  Logger& logger() const { return logger_; }

  /// Writes one message of anybody's.
  void write(const std::string& topic, std::string_view key, std::string_view value) const {
    const auto client = kafka::Client::make(RD_KAFKA_PRODUCER, cluster_, {}, logger_).value();
    rd_kafka_producev(client->get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(0),
                      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key.data(), key.size()),
                      RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()), RD_KAFKA_V_END);
    EXPECT_EQ(rd_kafka_flush(client->get(), 10'000), RD_KAFKA_RESP_ERR_NO_ERROR);
  }

  /// All of a topic, partition by partition, in order, as whoever reads only what is committed sees it.
  std::vector<SeenMessage> read(const std::string& topic, std::uint32_t partitions) const {
    std::vector<SeenMessage> seen;
    const auto client =
        kafka::Client::make(RD_KAFKA_CONSUMER, cluster_, {{"enable.partition.eof", "true"}}, logger_).value();
    const kafka::TopicHandle handle(rd_kafka_topic_new(client->get(), topic.c_str(), nullptr));
    for (std::uint32_t partition = 0; partition < partitions; ++partition) {
      const auto number = static_cast<std::int32_t>(partition);
      rd_kafka_consume_start(handle.get(), number, RD_KAFKA_OFFSET_BEGINNING);
      for (bool more = true; more;) {
        const kafka::MessageHandle message(rd_kafka_consume(handle.get(), number, 10'000));
        more = message && message->err == RD_KAFKA_RESP_ERR_NO_ERROR;
        if (more) seen.push_back(copy(*message));
        EXPECT_TRUE(more || (message && message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)) << topic;
      }
      rd_kafka_consume_stop(handle.get(), number);
    }
    return seen;
  }

  /// Of each key what compaction would leave.
  std::map<std::string, SeenMessage> latest(const std::string& topic, std::uint32_t partitions) const {
    std::map<std::string, SeenMessage> by_key;
    for (SeenMessage& message : read(topic, partitions)) by_key[message.key] = message;
    std::erase_if(by_key, [](const auto& entry) { return !entry.second.value; });
    return by_key;
  }

 private:
  static SeenMessage copy(const rd_kafka_message_t& message) {
    SeenMessage seen{static_cast<std::uint32_t>(message.partition),
                     std::string(static_cast<const char*>(message.key), message.key_len), std::nullopt};
    if (message.payload != nullptr) seen.value.emplace(static_cast<const char*>(message.payload), message.len);
    return seen;
  }

  void create(const std::vector<std::pair<std::string, std::uint32_t>>& topics) const {
    const auto client = kafka::Client::make(RD_KAFKA_PRODUCER, cluster_, {}, logger_).value();
    std::vector<rd_kafka_NewTopic_t*> wanted;
    for (const auto& [name, partitions] : topics) {
      wanted.push_back(rd_kafka_NewTopic_new(name.c_str(), static_cast<int>(partitions), 1, nullptr, 0));
    }
    const kafka::QueueHandle queue(rd_kafka_queue_new(client->get()));
    rd_kafka_CreateTopics(client->get(), wanted.data(), wanted.size(), nullptr, queue.get());
    const kafka::EventHandle event(rd_kafka_queue_poll(queue.get(), 30'000));
    EXPECT_TRUE(event && rd_kafka_event_error(event.get()) == 0) << "cannot make the topics";
    rd_kafka_NewTopic_destroy_array(wanted.data(), wanted.size());
    for (const auto& [name, partitions] : topics) wait_for_leaders(*client, name, partitions);
  }

  void wait_for_leaders(const kafka::Client& client, const std::string& topic, std::uint32_t partitions) const {
    for (int i = 0; i < 100; ++i) {
      const auto count = kafka::partition_count(client, cluster_, topic, 1000);
      if (count && *count == partitions) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    ADD_FAILURE() << topic << " does not come up";
  }

  std::uint32_t partitions_;
  kafka::Cluster cluster_;
  kafka::TopicNames names_;
  mutable Logger logger_{{.json = false, .level = Logger::Level::kWarning}};
};

/// Within `timeout`, is it true? Asked every few milliseconds.
template <class Condition>
bool becomes_true(const Condition& condition, std::chrono::milliseconds timeout = std::chrono::seconds(30)) {
  const auto until = std::chrono::steady_clock::now() + timeout;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace hookledger::testing
