#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hookledger::kafka {

/// Configuration properties of librdkafka: name, value.
using Properties = std::vector<std::pair<std::string, std::string>>;

/// Where the log is, and how to get there.
struct Cluster {
  std::string brokers;  ///< `HOST:PORT`, comma separated.
  std::string topic = "hookledger.events";
  Properties properties;  ///< The user's, secrets already read from their files.
};

/// The topics beside that of the events. What stands before the last dot of its name is theirs too.
struct TopicNames {
  std::string events, calls, findings, keys, owners;
  std::string group;  ///< The projectors' consumer group.
};
TopicNames topic_names(std::string_view events);

}  // namespace hookledger::kafka
