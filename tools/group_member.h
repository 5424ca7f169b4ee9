#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "ingest/kafka/consumer_group.h"
#include "ingest/kafka/kafka_log_reader.h"
#include "ingest/kafka/owner_directory.h"
#include "projector/partition_states.h"
#include "projector/publisher.h"
#include "tools/alerts.h"
#include "tools/subscriptions.h"

namespace hookledger {

/// Takes and lets go of partitions as the group says: their states, their publication, their alerts, their
/// subscriptions, and what the directory says of them. Threads: any.
class GroupMember : public kafka::PartitionObserver {
 public:
  struct Parts {  ///< All outlive it.
    kafka::KafkaLogReader& log;
    PartitionStates& states;
    kafka::OwnerDirectory& directory;
    Logger& logger;
    bool standby;          ///< Keep a copy of what is let go.
    std::string data_dir;  ///< Of the states.
  };

  explicit GroupMember(Parts parts) : parts_(parts) {}

  /// Keeps copies of all partitions.
  void stand_by();

  /// Of the states that are here, from now on. All outlive `stop_publishing`.
  void publish_with(Publisher& publisher, Alerts& alerts, Subscriptions& subscriptions);
  /// Every now and then: publishes, tells of and delivers from those states that were opened since, and watches what
  /// could not be watched.
  void tick();
  void stop_publishing();

  void assigned(const std::vector<std::uint32_t>& partitions) override;
  void revoked(const std::vector<std::uint32_t>& partitions) override;

 private:
  void take(std::uint32_t partition, PartitionStates::Role role);
  void publish_opened();
  void stop_publishing(std::uint32_t partition);

  const Parts parts_;
  std::mutex mutex_;  ///< Guards all below.
  Publisher* publisher_ = nullptr;
  Alerts* alerts_ = nullptr;
  Subscriptions* subscriptions_ = nullptr;
  std::map<std::uint32_t, std::shared_ptr<Projection>> published_;  ///< Kept open for all.
  std::vector<std::uint32_t> owned_;
};

}  // namespace hookledger
