#include "ingest/kafka/admin.h"

#include <array>

namespace hookledger::kafka {

using std::chrono::milliseconds;

Result<Metadata> ask_metadata(const Client& client, const Cluster& cluster, milliseconds timeout) {
  constexpr milliseconds kSlice(500);
  auto code = RD_KAFKA_RESP_ERR__TIMED_OUT;
  for (milliseconds left = timeout; left.count() > 0 && !client.refused(); left -= kSlice) {
    const rd_kafka_metadata_t* metadata = nullptr;
    // Of all topics: to ask for one by name may create it.
    code = rd_kafka_metadata(client.get(), 1, nullptr, &metadata, static_cast<int>(kSlice.count()));
    rd_kafka_poll(client.get(), 0);  // Brings the complaints.
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return Metadata(metadata);
  }
  return unreachable(client, cluster, code);
}

const rd_kafka_metadata_topic_t* find_topic(const rd_kafka_metadata_t& metadata, const std::string& name) {
  for (int i = 0; i < metadata.topic_cnt; ++i) {
    const rd_kafka_metadata_topic_t& topic = metadata.topics[i];
    if (name == topic.topic && topic.err != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) return &topic;
  }
  return nullptr;
}

Result<EventHandle> ask_admin(const Client& client, const Cluster& cluster, rd_kafka_admin_op_t what,
                              milliseconds timeout,
                              const std::function<void(const rd_kafka_AdminOptions_t*, rd_kafka_queue_t*)>& send) {
  const AdminOptions options(rd_kafka_AdminOptions_new(client.get(), what));
  std::array<char, 256> why{};
  rd_kafka_AdminOptions_set_request_timeout(options.get(), static_cast<int>(timeout.count()), why.data(), why.size());
  const QueueHandle queue(rd_kafka_queue_new(client.get()));
  send(options.get(), queue.get());
  EventHandle answer(rd_kafka_queue_poll(queue.get(), static_cast<int>(timeout.count()) + 1000));
  rd_kafka_poll(client.get(), 0);
  if (answer == nullptr) return unreachable(client, cluster, RD_KAFKA_RESP_ERR__TIMED_OUT);
  const auto code = rd_kafka_event_error(answer.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return unreachable(client, cluster, code);
  return answer;
}

}  // namespace hookledger::kafka
