#include "ingest/kafka/offset_list.h"

#include <cstring>

namespace hookledger::kafka {

PartitionList offset_list(const std::string& topic, const ProgressByPartition& progress) {
  PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(progress.size())));
  for (const auto& [partition, at] : progress) {
    auto* const entry =
        rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), static_cast<std::int32_t>(partition));
    entry->offset = static_cast<std::int64_t>(at.offset);
    entry->metadata = ::strndup(at.note.data(), at.note.size());  // The list frees it.
    entry->metadata_size = at.note.size();
  }
  return list;
}

std::optional<Progress> progress_at(const rd_kafka_topic_partition_t& entry) {
  if (entry.offset < 0) return std::nullopt;
  return Progress{static_cast<std::uint64_t>(entry.offset),
                  std::string(static_cast<const char*>(entry.metadata), entry.metadata_size)};
}

rd_kafka_resp_err_t first_failure(rd_kafka_resp_err_t request, const rd_kafka_topic_partition_list_t& list) {
  for (int i = 0; i < list.cnt && request == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) request = list.elems[i].err;
  return request;
}

}  // namespace hookledger::kafka
