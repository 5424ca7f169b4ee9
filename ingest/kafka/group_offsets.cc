#include "ingest/kafka/group_offsets.h"

#include <algorithm>

#include "ingest/kafka/offset_list.h"

namespace hookledger::kafka {
namespace {

constexpr int kRequestMs = 5000;

}  // namespace

GroupOffsets::GroupOffsets(Cluster cluster, std::unique_ptr<Client> client)
    : cluster_(std::move(cluster)), client_(std::move(client)) {}

GroupOffsets::~GroupOffsets() = default;

Result<std::unique_ptr<GroupOffsets>> GroupOffsets::make(const Cluster& cluster, const std::string& group,
                                                         Logger& logger) {
  // What is stored while brokers are away waits for them as long as a session lasts, and the end of the client for it.
  auto client = Client::make(
      RD_KAFKA_CONSUMER, cluster,
      {{"group.id", group}, {"enable.auto.commit", "false"}, {"session.timeout.ms", std::to_string(kRequestMs)}},
      logger);
  if (!client) return client.error();
  return std::unique_ptr<GroupOffsets>(new GroupOffsets(cluster, std::move(*client)));
}

Result<ProgressByPartition> GroupOffsets::load(const std::vector<std::uint32_t>& partitions) const {
  ProgressByPartition asked;
  for (const std::uint32_t partition : partitions) asked[partition];
  const PartitionList list = offset_list(cluster_.topic, asked);
  const auto code = first_failure(rd_kafka_committed(client_->get(), list.get(), kRequestMs), *list);
  rd_kafka_poll(client_->get(), 0);  // Brings the complaints.
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return unreachable(*client_, cluster_, code);
  ProgressByPartition found;
  for (int i = 0; i < list->cnt; ++i) {
    if (auto progress = progress_at(list->elems[i]))
      found.emplace(static_cast<std::uint32_t>(list->elems[i].partition), std::move(*progress));
  }
  return found;
}

Result<void> GroupOffsets::store(const ProgressByPartition& progress) {
  if (progress.empty()) return {};
  if (std::ranges::any_of(progress, [](const auto& one) { return one.second.note.size() > kNoteBytesMax; }))
    return Error{ErrorCode::kInvalid, "a note of progress is longer than " + std::to_string(kNoteBytesMax) + " bytes"};
  // Not rd_kafka_commit, which waits for brokers that are away as long as they are.
  const QueueHandle answers(rd_kafka_queue_new(client_->get()));
  const PartitionList list = offset_list(cluster_.topic, progress);
  auto code = rd_kafka_commit_queue(client_->get(), list.get(), answers.get(), nullptr, nullptr);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const EventHandle answer(rd_kafka_queue_poll(answers.get(), kRequestMs));
    code = answer
               ? first_failure(rd_kafka_event_error(answer.get()), *rd_kafka_event_topic_partition_list(answer.get()))
               : RD_KAFKA_RESP_ERR__TIMED_OUT;
  }
  rd_kafka_poll(client_->get(), 0);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return unreachable(*client_, cluster_, code);
  return {};
}

}  // namespace hookledger::kafka
