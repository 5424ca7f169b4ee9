#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "ingest/kafka/cluster.h"
#include "ingest/kafka/progress.h"
#include "schemas/error.h"
#include "schemas/logging.h"

namespace hookledger::kafka {

class Client;

/// Hears which partitions this process has. Called on the group's own thread, one call after the other.
class PartitionObserver {
 public:
  virtual ~PartitionObserver() = default;
  /// They are ours from now on, beside those we have. Must return soon: others wait for the group meanwhile.
  virtual void assigned(const std::vector<std::uint32_t>& partitions) = 0;
  /// They go to others as soon as this returns, so by then we must have let go of them. Also called when the group
  /// has put us out; then they may be others' already.
  virtual void revoked(const std::vector<std::uint32_t>& partitions) = 0;
};

struct ConsumerGroupOptions {
  Cluster cluster;
  std::string instance;  ///< This process in the group; no two have the same at a time.
  /// How long the partitions of a process that is gone wait for it to return.
  std::chrono::milliseconds session_timeout{10'000};
};

/// Membership in the group of projectors, and nothing else: partitions come and go, no record is fetched. Partitions
/// move while the others go on (cooperative), and a process that restarts within the session timeout gets its own back
/// without a word to anybody (static membership). Threads: any.
///
/// Who is put out for good, because somebody joined with the same instance, says so and joins again after the session
/// timeout: as a rule that was itself, whose request to join the brokers had forgotten while they were away.
class ConsumerGroup {
 public:
  /// Joins in the background. `observer` and `logger` outlive it. Errors: kUsage.
  static Result<std::unique_ptr<ConsumerGroup>> join(const ConsumerGroupOptions& options, PartitionObserver& observer,
                                                     Logger& logger);
  ~ConsumerGroup();  ///< As `stop`.
  ConsumerGroup(const ConsumerGroup&) = delete;
  ConsumerGroup& operator=(const ConsumerGroup&) = delete;

  /// Lets go of everything and ends. For a restart: the group keeps our partitions for us for the session timeout.
  void stop();

  /// What is wrong, and what to do, or that we have not joined yet; nothing when all is well.
  std::optional<std::string> not_ready() const;

  /// The group's progress in a partition, once no transaction is open on it; nothing when there is none.
  /// Errors: kUnavailable, kUsage (refused).
  Result<std::optional<Progress>> committed(std::uint32_t partition) const;

  const TopicNames& names() const { return names_; }
  /// For transactions that commit progress as a member.
  std::shared_ptr<const Client> client() const;

 private:
  ConsumerGroup(const ConsumerGroupOptions& options, PartitionObserver& observer, Logger& logger);
  Result<void> connect();
  void work();
  void join_again();
  void poll_once();
  void rebalance(int event, void* partitions);
  void let_go(std::vector<std::uint32_t> partitions);
  void fail(std::string reason);

  const ConsumerGroupOptions options_;
  const TopicNames names_;
  PartitionObserver& observer_;
  Logger& logger_;
  std::atomic<bool> stopping_ = false;
  // Of the group's thread alone.
  std::set<std::uint32_t> held_;
  bool put_out_ = false;

  mutable std::mutex mutex_;  ///< Guards all below.
  std::shared_ptr<Client> client_;
  std::string failure_;  ///< Empty when all is well.
  std::thread thread_;
};

}  // namespace hookledger::kafka
