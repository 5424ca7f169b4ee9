#pragma once

#include <functional>
#include <librdkafka/rdkafka.h>
#include <memory>
#include <mutex>
#include <string>

#include "ingest/kafka/cluster.h"
#include "schemas/error.h"
#include "schemas/logging.h"

namespace hookledger::kafka {

/// Owners of librdkafka's objects. Internal to ingest/kafka.
template <auto destroy>
struct Destroyer {
  template <class T>
  void operator()(T* object) const {
    destroy(object);
  }
};
using PartitionList =
    std::unique_ptr<rd_kafka_topic_partition_list_t, Destroyer<rd_kafka_topic_partition_list_destroy>>;
using TopicHandle = std::unique_ptr<rd_kafka_topic_t, Destroyer<rd_kafka_topic_destroy>>;
using QueueHandle = std::unique_ptr<rd_kafka_queue_t, Destroyer<rd_kafka_queue_destroy>>;
using MessageHandle = std::unique_ptr<rd_kafka_message_t, Destroyer<rd_kafka_message_destroy>>;
using EventHandle = std::unique_ptr<rd_kafka_event_t, Destroyer<rd_kafka_event_destroy>>;
using ErrorHandle = std::unique_ptr<rd_kafka_error_t, Destroyer<rd_kafka_error_destroy>>;

/// What librdkafka calls back, on the thread that polls the client.
struct ClientCallbacks {
  std::function<void(const rd_kafka_message_t& message)> delivered;
  std::function<void(rd_kafka_resp_err_t event, rd_kafka_topic_partition_list_t* partitions)> rebalance;
};

/// One connection to the cluster: librdkafka's instance, with its log lines in ours and the last complaint of the
/// brokers kept. Threads: any; its callbacks come from whoever polls.
class Client {
 public:
  /// `own` properties go before the user's. `logger` outlives the client.
  /// Errors: kUsage (a property that librdkafka does not take).
  static Result<std::unique_ptr<Client>> make(rd_kafka_type_t type, const Cluster& cluster, const Properties& own,
                                              Logger& logger, ClientCallbacks callbacks = {});
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  rd_kafka_t* get() const { return handle_; }
  /// Why the brokers were last found unreachable or refused us; empty when they never did.
  std::string complaint() const;
  /// Did they refuse our credentials or certificate?
  bool refused() const;

 private:
  Client(Logger& logger, ClientCallbacks callbacks);
  static void on_error(rd_kafka_t* handle, int code, const char* reason, void* self);
  static void on_log(const rd_kafka_t* handle, int level, const char* facility, const char* text);
  static void on_delivered(rd_kafka_t* handle, const rd_kafka_message_t* message, void* self);
  static void on_rebalance(rd_kafka_t* handle, rd_kafka_resp_err_t event, rd_kafka_topic_partition_list_t* partitions,
                           void* self);

  Logger& logger_;
  const ClientCallbacks callbacks_;
  rd_kafka_t* handle_ = nullptr;
  mutable std::mutex mutex_;  ///< Guards all below.
  std::string complaint_;
  bool refused_ = false;
};

/// One sentence that says what failed, what the brokers said, and what to do. kUsage when they refused our credentials.
Error unreachable(const Client& client, const Cluster& cluster, rd_kafka_resp_err_t code);

/// Of the topic, from the brokers. Errors: kNotFound (no such topic), kUsage (refused), kUnavailable.
Result<std::uint32_t> partition_count(const Client& client, const Cluster& cluster, const std::string& topic,
                                      int timeout_ms);

}  // namespace hookledger::kafka
