#include "ingest/kafka/new_topics.h"

#include <algorithm>
#include <array>
#include <thread>

#include "ingest/kafka/admin.h"
#include "ingest/kafka/topics.h"

namespace hookledger::kafka {
namespace {

using std::chrono::milliseconds;
using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, Destroyer<rd_kafka_NewTopic_destroy>>;

constexpr std::uint32_t kReplication = 3;
constexpr std::uint64_t kMessageBytes = 2 * 1024 * 1024;

bool small_values(TopicRole role) { return role == TopicRole::kKeys || role == TopicRole::kOwners; }

NewTopic make_new_topic(const TopicState& topic, const NewTopics& wanted) {
  std::array<char, 256> why{};
  NewTopic made(rd_kafka_NewTopic_new(topic.name.c_str(), static_cast<int>(topic.partitions),
                                      static_cast<int>(wanted.replication), why.data(), why.size()));
  if (made == nullptr) return made;
  const auto set = [&](const char* name, const std::string& value) {
    rd_kafka_NewTopic_set_config(made.get(), name, value.c_str());
  };
  set("min.insync.replicas", std::to_string(wanted.min_insync));
  set("unclean.leader.election.enable", "false");
  set("message.timestamp.type", "CreateTime");
  if (topic.role == TopicRole::kEvents) {
    set("cleanup.policy", "delete");
    set("retention.bytes", "-1");
    set("retention.ms",
        std::to_string(wanted.retention ? std::chrono::floor<milliseconds>(*wanted.retention).count() : -1));
  } else {
    set("cleanup.policy", "compact");
  }
  if (!small_values(topic.role))
    set("max.message.bytes", std::to_string(std::max(kMessageBytes, record_bytes_max(wanted.body_bytes_max))));
  return made;
}

/// Brokers hear of a new topic one after the other, after its creation was answered. Those that lead its partitions are
/// waited for, so that it can be written when this returns.
Result<void> wait_for_leaders(const Client& client, const Cluster& cluster, const std::vector<TopicState>& made,
                              milliseconds timeout) {
  constexpr milliseconds kPause(100);
  for (milliseconds left = timeout; left.count() > 0; left -= kPause) {
    const auto metadata = ask_metadata(client, cluster, timeout);  // The client remembers for long that a topic is not.
    if (!metadata) return metadata.error();
    const PartitionList ends(rd_kafka_topic_partition_list_new(0));
    for (const TopicState& topic : made) {
      for (int partition = 0; partition < static_cast<int>(topic.partitions); ++partition) {
        rd_kafka_topic_partition_list_add(ends.get(), topic.name.c_str(), partition)->offset = RD_KAFKA_OFFSET_END;
      }
    }
    const auto code = rd_kafka_offsets_for_times(client.get(), ends.get(), static_cast<int>(timeout.count()));
    const auto known = [](const auto& partition) { return partition.err == RD_KAFKA_RESP_ERR_NO_ERROR; };
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && std::all_of(ends->elems, ends->elems + ends->cnt, known)) return {};
    std::this_thread::sleep_for(kPause);
  }
  return Error{ErrorCode::kUnavailable, "the topics are made, but have no leaders yet: look at them again in a while"};
}

Result<void> check_created(const Client& client, const Cluster& cluster, const rd_kafka_event_t& answer) {
  std::size_t count = 0;
  const auto* results = rd_kafka_CreateTopics_result_topics(
      rd_kafka_event_CreateTopics_result(const_cast<rd_kafka_event_t*>(&answer)), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto code = rd_kafka_topic_result_error(results[i]);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) continue;
    if (code == RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT || code == RD_KAFKA_RESP_ERR_NOT_CONTROLLER)
      return unreachable(client, cluster, code);
    const char* why = rd_kafka_topic_result_error_string(results[i]);
    return Error{ErrorCode::kUsage, std::string("the brokers do not make topic ") +
                                        rd_kafka_topic_result_name(results[i]) + ": " +
                                        (why != nullptr ? why : rd_kafka_err2str(code))};
  }
  return {};
}

}  // namespace

Result<std::vector<std::string>> create_topics(const Cluster& cluster, const NewTopics& wanted, milliseconds timeout,
                                               Logger& logger) {
  const auto client = Client::make(RD_KAFKA_PRODUCER, cluster, {}, logger);
  if (!client) return client.error();
  const auto metadata = ask_metadata(**client, cluster, timeout);
  if (!metadata) return metadata.error();
  NewTopics plan = wanted;
  if (plan.replication == 0)
    plan.replication = std::min(kReplication, static_cast<std::uint32_t>((*metadata)->broker_cnt));
  if (plan.min_insync == 0) plan.min_insync = std::max(1U, plan.replication - 1);
  if (plan.min_insync > plan.replication) {
    return Error{ErrorCode::kUsage, "with " + std::to_string(plan.min_insync) + " in-sync replicas wanted and " +
                                        std::to_string(plan.replication) +
                                        " replicas nothing could be written: give less --min-insync"};
  }

  std::vector<TopicState> made;
  std::vector<NewTopic> owned;
  std::vector<rd_kafka_NewTopic_t*> asked;
  for (TopicState& topic : topics_of(cluster)) {
    if (find_topic(**metadata, topic.name) != nullptr) continue;
    topic.partitions = small_values(topic.role) ? 1 : plan.partitions;
    owned.push_back(make_new_topic(topic, plan));
    if (owned.back() == nullptr) return Error{ErrorCode::kUsage, topic.name + " cannot be the name of a topic"};
    asked.push_back(owned.back().get());
    made.push_back(std::move(topic));
  }
  if (asked.empty()) return std::vector<std::string>();
  const auto answer =
      ask_admin(**client, cluster, RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout, [&](auto* options, auto* queue) {
        rd_kafka_CreateTopics((*client)->get(), asked.data(), asked.size(), options, queue);
      });
  if (!answer) return answer.error();
  if (auto done = check_created(**client, cluster, **answer); !done) return done.error();
  if (auto done = wait_for_leaders(**client, cluster, made, timeout); !done) return done.error();
  std::vector<std::string> names;
  for (TopicState& topic : made) names.push_back(std::move(topic.name));
  return names;
}

}  // namespace hookledger::kafka
