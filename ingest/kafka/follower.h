#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "ingest/kafka/fetcher.h"
#include "ingest/log/log_store.h"
#include "schemas/clock.h"
#include "schemas/kafka_record.h"

namespace hookledger::kafka {

/// Keeps the index of event ids warm by reading what all sinks append: from where it stopped, at the first time from
/// the beginning of the dedup window. One thread of its own. Threads: any.
class Follower {
 public:
  struct Parts {  ///< All outlive the follower.
    const Cluster& cluster;
    LogStore& index;
    const Clock& clock;
    Logger& logger;
  };

  /// Errors: kUsage.
  static Result<std::unique_ptr<Follower>> make(Parts parts, std::uint32_t partitions, Duration window);
  ~Follower();
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  /// Has it read all that the brokers have of the partition now? They are asked. Errors: kUnavailable, within a second.
  Result<bool> reached_end(std::uint32_t partition) const;
  /// How far it is, until it has once read all there was when it began; nothing from then on.
  std::optional<std::string> warming() const;
  /// Is it that the brokers cannot be reached?
  bool cut_off() const { return cut_off_; }
  void stop();

 private:
  struct Partition {
    std::unique_ptr<Fetcher::Reading> reading;
    std::atomic<std::uint64_t> begun = 0, position = 0, wanted = 0;
  };

  Follower(Parts parts, std::unique_ptr<Fetcher> fetcher, std::uint32_t partitions, Duration window);
  void run();
  /// Where each partition is read from, and how far to be warm.
  Result<void> begin();
  Result<std::vector<std::uint64_t>> offsets_at(Time time) const;
  /// False when nothing was new.
  Result<bool> read_some();
  void note(const rd_kafka_message_t& message, LogStore::Index& index);
  bool pause(std::chrono::milliseconds time);
  void set_trouble(std::optional<Error> trouble);

  const Parts parts_;
  const Duration window_;
  std::unique_ptr<Fetcher> fetcher_;
  std::vector<Partition> partitions_;
  MessageView view_;
  MessageReader records_;
  std::atomic<bool> begun_ = false, cut_off_ = false;
  mutable std::mutex mutex_;  ///< Guards the three below.
  std::condition_variable wake_;
  bool stopping_ = false;
  std::optional<Error> trouble_;  ///< Nothing when all is well.
  std::thread thread_;
};

}  // namespace hookledger::kafka
