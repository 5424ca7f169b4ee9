#include "ingest/kafka/topics.h"

#include <algorithm>
#include <thread>

#include "ingest/kafka/admin.h"
#include "schemas/text.h"

namespace hookledger::kafka {
namespace {

using std::chrono::milliseconds;
using ConfigResource = std::unique_ptr<rd_kafka_ConfigResource_t, Destroyer<rd_kafka_ConfigResource_destroy>>;

template <class T>
std::optional<T> limit_of(const std::string& value) {
  const auto number = parse_unsigned(value);  // -1: none.
  return number ? std::optional<T>(*number) : std::nullopt;
}

void read_config(TopicState& topic, const rd_kafka_ConfigResource_t* resource) {
  std::size_t count = 0;
  const auto* entries = rd_kafka_ConfigResource_configs(resource, &count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = rd_kafka_ConfigEntry_name(entries[i]);
    const char* text = rd_kafka_ConfigEntry_value(entries[i]);
    const std::string value = text != nullptr ? text : "";
    if (name == "min.insync.replicas") {
      topic.min_insync = static_cast<std::uint32_t>(parse_unsigned(value).value_or(0));
    } else if (name == "retention.ms") {
      const auto ms = limit_of<std::int64_t>(value);
      if (ms && *ms <= Duration::max().count() / 1000) topic.retention = milliseconds(*ms);
    } else if (name == "retention.bytes") {
      topic.retention_bytes = limit_of<std::uint64_t>(value);
    } else if (name == "cleanup.policy") {
      topic.deletes = value.find("delete") != std::string::npos;
      topic.compacts = value.find("compact") != std::string::npos;
    } else if (name == "unclean.leader.election.enable") {
      topic.unclean_election = value == "true";
    } else if (name == "max.message.bytes") {
      topic.message_bytes_max = parse_unsigned(value).value_or(0);
    }
  }
}

/// False when the broker that was asked has not heard of a topic yet: another has, and will tell it.
Result<bool> read_configs(const Client& client, const Cluster& cluster, std::vector<TopicState>& topics,
                          milliseconds timeout) {
  std::vector<ConfigResource> owned;
  std::vector<rd_kafka_ConfigResource_t*> asked;
  for (const TopicState& topic : topics) {
    if (topic.partitions == 0) continue;
    owned.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.name.c_str()));
    asked.push_back(owned.back().get());
  }
  if (asked.empty()) return true;
  const auto answer =
      ask_admin(client, cluster, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout, [&](auto* options, auto* queue) {
        rd_kafka_DescribeConfigs(client.get(), asked.data(), asked.size(), options, queue);
      });
  if (!answer) return answer.error();
  std::size_t count = 0;
  const auto* resources =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(answer->get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = rd_kafka_ConfigResource_name(resources[i]);
    const auto code = rd_kafka_ConfigResource_error(resources[i]);
    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) return false;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return unreachable(client, cluster, code);
    const auto topic = std::ranges::find(topics, name, &TopicState::name);
    if (topic != topics.end()) read_config(*topic, resources[i]);
  }
  return true;
}

}  // namespace

std::vector<TopicState> topics_of(const Cluster& cluster) {
  const TopicNames names = topic_names(cluster.topic);
  return {{.role = TopicRole::kEvents, .name = names.events},
          {.role = TopicRole::kCalls, .name = names.calls},
          {.role = TopicRole::kFindings, .name = names.findings},
          {.role = TopicRole::kKeys, .name = names.keys},
          {.role = TopicRole::kOwners, .name = names.owners}};
}

Result<std::vector<TopicState>> describe_topics(const Cluster& cluster, milliseconds timeout, Logger& logger) {
  const auto client = Client::make(RD_KAFKA_PRODUCER, cluster, {}, logger);
  if (!client) return client.error();
  const auto metadata = ask_metadata(**client, cluster, timeout);
  if (!metadata) return metadata.error();
  std::vector<TopicState> topics = topics_of(cluster);
  for (TopicState& topic : topics) {
    const auto* known = find_topic(**metadata, topic.name);
    if (known == nullptr || known->partition_cnt == 0) continue;
    topic.partitions = static_cast<std::uint32_t>(known->partition_cnt);
    const auto* fewest = std::min_element(known->partitions, known->partitions + known->partition_cnt,
                                          [](const auto& a, const auto& b) { return a.replica_cnt < b.replica_cnt; });
    topic.replication = static_cast<std::uint32_t>(fewest->replica_cnt);
  }
  constexpr milliseconds kPause(100);
  for (milliseconds left = timeout; left.count() > 0; left -= kPause) {
    const auto known = read_configs(**client, cluster, topics, timeout);
    if (!known) return known.error();
    if (*known) return topics;
    std::this_thread::sleep_for(kPause);
  }
  return Error{ErrorCode::kUnavailable, "the brokers do not agree which topics there are: try again"};
}

Result<std::vector<Weakness>> weaknesses(const Cluster& cluster, const Demands& demands, milliseconds timeout,
                                         Logger& logger) {
  const auto topics = describe_topics(cluster, timeout, logger);
  if (!topics) return topics.error();
  return find_weaknesses(*topics, demands);
}

}  // namespace hookledger::kafka
