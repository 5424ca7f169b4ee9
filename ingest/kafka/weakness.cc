#include "ingest/kafka/weakness.h"

#include <algorithm>

namespace hookledger::kafka {
namespace {

std::string alter(const TopicState& topic, const std::string& setting) {
  return "kafka-configs.sh --alter --entity-type topics --entity-name " + topic.name + " --add-config " + setting;
}

/// What losing its last writes would cost: those of keys and published states cannot all be made again.
std::string durable_guarantees(TopicRole role) {
  if (role == TopicRole::kEvents) return "G1, G7";
  return role == TopicRole::kKeys ? "G8" : "G6";
}

std::string losing(TopicRole role) {
  if (role == TopicRole::kEvents) return "loses records that were answered 200";
  return role == TopicRole::kKeys ? "loses keys that old signatures need" : "loses states that were published";
}

class Judge {
 public:
  Judge(const TopicState& topic, std::vector<Weakness>& found) : topic_(topic), found_(found) {}

  void durability() {
    if (topic_.role == TopicRole::kOwners) return;  // Written again by every projector, all the time.
    const std::string guarantees = durable_guarantees(topic_.role), losing_it = losing(topic_.role);
    if (topic_.replication < 2) {
      add(guarantees, "it has one replica: a broker that is lost " + losing_it,
          "raise it to 3 with kafka-reassign-partitions.sh, then set min.insync.replicas=2");
    } else if (topic_.min_insync < 2) {
      add(guarantees,
          "min.insync.replicas is 1: what a leader acknowledged while it was alone is lost with it, which " + losing_it,
          alter(topic_, "min.insync.replicas=2"));
    } else if (topic_.min_insync > topic_.replication) {
      add("G1",
          "min.insync.replicas is " + std::to_string(topic_.min_insync) + " of " + std::to_string(topic_.replication) +
              " replicas: nothing can be written",
          alter(topic_, "min.insync.replicas=" + std::to_string(topic_.replication - 1)));
    }
    if (topic_.unclean_election) {
      add(guarantees,
          "unclean.leader.election.enable is true: a replica that lags can become leader, which " + losing_it,
          alter(topic_, "unclean.leader.election.enable=false"));
    }
  }

  void events(const Demands& demands) {
    if (topic_.compacts) {
      add("G5, G8", "it is compacted: of each call only the newest record stays",
          alter(topic_, "cleanup.policy=delete"));
    }
    if (topic_.deletes && topic_.retention) {
      if (*topic_.retention < demands.dedup_window) {
        add("G3",
            "retention.ms is " + format_duration(*topic_.retention) + ", the dedup window " +
                format_duration(demands.dedup_window) + ": a sink that starts anew does not know all ids of its window",
            alter(topic_, "retention.ms=" + std::to_string(in_ms(demands.dedup_window))) + ", or less --dedup-window");
      }
      add("G5, G8",
          "retention.ms is " + format_duration(*topic_.retention) +
              ": a rebuild reaches no further back, and older evidence is gone",
          alter(topic_, "retention.ms=-1") + ", unless that is what you want");
    }
    if (topic_.deletes && topic_.retention_bytes) {
      add("G3, G5, G8",
          "retention.bytes is " + std::to_string(*topic_.retention_bytes) +
              ": how far back a rebuild, the evidence and known ids reach depends on traffic",
          alter(topic_, "retention.bytes=-1"));
    }
    if (const std::uint64_t needed = record_bytes_max(demands.body_bytes_max); topic_.message_bytes_max < needed) {
      add("G1",
          "max.message.bytes is " + std::to_string(topic_.message_bytes_max) + ", the largest record " +
              std::to_string(needed) + ": it is refused each time it is delivered",
          alter(topic_, "max.message.bytes=" + std::to_string(needed)) + ", or less --max-body");
    }
  }

  void latest_of_each_key() {
    if (topic_.compacts && !topic_.deletes) return;
    add(topic_.role == TopicRole::kKeys ? "G8" : "G6",
        topic_.deletes ? "it deletes by age or size: the newest value of a key can go"
                       : "it is not compacted: it grows without end",
        alter(topic_, "cleanup.policy=compact"));
  }

  void as_many_partitions_as(const TopicState& events) {
    if (topic_.partitions == events.partitions) return;
    add("G6",
        "it has " + std::to_string(topic_.partitions) + " partitions, the events have " +
            std::to_string(events.partitions) + ": a call is not found under the partition of its events",
        "delete it and run hookledger topics --create; its content is published again by a rebuild");
  }

 private:
  static std::int64_t in_ms(Duration duration) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  }

  void add(std::string guarantees, std::string what, std::string remedy) {
    found_.push_back({topic_.name, std::move(guarantees), std::move(what), std::move(remedy)});
  }

  const TopicState& topic_;
  std::vector<Weakness>& found_;
};

}  // namespace

std::uint64_t record_bytes_max(std::uint64_t body_bytes_max) {
  constexpr std::uint64_t kEvidenceBytesMax = 32 * 1024;
  return body_bytes_max + kEvidenceBytesMax;
}

std::vector<Weakness> find_weaknesses(const std::vector<TopicState>& topics, const Demands& demands) {
  const auto events = std::ranges::find(topics, TopicRole::kEvents, &TopicState::role);
  std::vector<Weakness> found;
  for (const TopicState& topic : topics) {
    if (topic.partitions == 0) continue;
    Judge judge(topic, found);
    judge.durability();
    if (topic.role == TopicRole::kEvents) {
      judge.events(demands);
      continue;
    }
    judge.latest_of_each_key();
    const bool beside_events = topic.role == TopicRole::kCalls || topic.role == TopicRole::kFindings;
    if (beside_events && events != topics.end() && events->partitions != 0) judge.as_many_partitions_as(*events);
  }
  return found;
}

}  // namespace hookledger::kafka
