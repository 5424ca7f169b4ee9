#pragma once

#include <chrono>

#include "ingest/kafka/client.h"

namespace hookledger::kafka {

/// Internal to ingest/kafka: questions to the cluster as a whole. Errors of all: kUsage (refused), kUnavailable.
using Metadata = std::unique_ptr<const rd_kafka_metadata_t, Destroyer<rd_kafka_metadata_destroy>>;
using AdminOptions = std::unique_ptr<rd_kafka_AdminOptions_t, Destroyer<rd_kafka_AdminOptions_destroy>>;

/// Brokers and all topics. A refusal is told at once, whatever the timeout.
Result<Metadata> ask_metadata(const Client& client, const Cluster& cluster, std::chrono::milliseconds timeout);

/// Null when there is no such topic.
const rd_kafka_metadata_topic_t* find_topic(const rd_kafka_metadata_t& metadata, const std::string& name);

/// The brokers' answer to one administrative request, which `send` puts on its way with the options and queue it gets.
Result<EventHandle> ask_admin(const Client& client, const Cluster& cluster, rd_kafka_admin_op_t what,
                              std::chrono::milliseconds timeout,
                              const std::function<void(const rd_kafka_AdminOptions_t*, rd_kafka_queue_t*)>& send);

}  // namespace hookledger::kafka
