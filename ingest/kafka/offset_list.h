#pragma once

#include <optional>
#include <string>

#include "ingest/kafka/client.h"
#include "ingest/kafka/progress.h"

namespace hookledger::kafka {

/// Internal to ingest/kafka: progress as librdkafka takes and gives it.
PartitionList offset_list(const std::string& topic, const ProgressByPartition& progress);

/// Nothing when none is kept.
std::optional<Progress> progress_at(const rd_kafka_topic_partition_t& entry);

/// What went wrong with the request, else with its first partition that went wrong.
rd_kafka_resp_err_t first_failure(rd_kafka_resp_err_t request, const rd_kafka_topic_partition_list_t& list);

}  // namespace hookledger::kafka
