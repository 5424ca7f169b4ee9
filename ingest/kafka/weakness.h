#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schemas/time.h"

namespace hookledger::kafka {

enum class TopicRole { kEvents, kCalls, kFindings, kKeys, kOwners };

/// A topic as the brokers have it.
struct TopicState {
  TopicRole role = TopicRole::kEvents;
  std::string name;
  std::uint32_t partitions = 0;   ///< 0: there is no such topic, and nothing below is known.
  std::uint32_t replication = 0;  ///< Of the partition that has the fewest replicas.
  std::uint32_t min_insync = 0;
  bool deletes = false;  ///< Removes what is beyond a retention. May hold together with `compacts`.
  bool compacts = false;
  std::optional<Duration> retention = std::nullopt;             ///< Absent: for ever.
  std::optional<std::uint64_t> retention_bytes = std::nullopt;  ///< Of one partition. Absent: any number.
  bool unclean_election = false;
  std::uint64_t message_bytes_max = 0;

  bool operator==(const TopicState&) const = default;
};

/// What the topics have to bear.
struct Demands {
  Duration dedup_window = std::chrono::hours(72);
  std::uint64_t body_bytes_max = 1024 * 1024;
};

/// A setting that takes something from a guarantee.
struct Weakness {
  std::string topic;
  std::string guarantees;  ///< `G1, G7`.
  std::string what;        ///< The setting, and what it can cost.
  std::string remedy;      ///< What to do, as a command where there is one.

  bool operator==(const Weakness&) const = default;
};

/// The most that a record with such a body takes in a topic: the evidence around it is bounded by the request head.
std::uint64_t record_bytes_max(std::uint64_t body_bytes_max);

/// Of the topics that are there, in their order, the gravest first in each. Pure.
std::vector<Weakness> find_weaknesses(const std::vector<TopicState>& topics, const Demands& demands);

}  // namespace hookledger::kafka
