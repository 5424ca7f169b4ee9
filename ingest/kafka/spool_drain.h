#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "ingest/kafka/appender.h"
#include "ingest/kafka/follower.h"
#include "ingest/kafka/spool.h"

namespace hookledger::kafka {

/// Brings the spool into the topic, in order per partition, as soon as the brokers take it. A record may be there
/// already, because its acknowledgement was lost: so a partition has its turn only when the client has reported all it
/// had of it and the follower has read all that the brokers have of it. One thread of its own.
class SpoolDrain : private AppendObserver {
 public:
  struct Parts {  ///< All outlive the drain.
    Spool& spool;
    Appender& appender;
    const Follower& follower;
    Logger& logger;
    Metrics& metrics;
  };

  /// `before`: what has to be on the brokers before any record of the spool; called again and again.
  SpoolDrain(Parts parts, std::uint32_t partitions, std::function<Result<void>()> before);
  ~SpoolDrain() override;
  SpoolDrain(const SpoolDrain&) = delete;
  SpoolDrain& operator=(const SpoolDrain&) = delete;

  void stop();

 private:
  void run();
  void note(const std::string& what, const Error& error);
  /// False when there is nothing to do at once.
  Result<bool> round();
  /// How many records left.
  Result<std::size_t> drain(std::uint32_t partition);
  /// Waits for the outcome of each, in their order.
  std::vector<Result<Appended>> append(const std::vector<Spool::Waiting>& records);
  void appended(std::vector<AppendOutcome> outcomes) override;
  bool pause(std::chrono::milliseconds time);

  const Parts parts_;
  const std::uint32_t partitions_;
  const std::function<Result<void>()> before_;
  Metrics::Counter& drained_;
  std::string last_failure_;  ///< Of its thread alone.

  std::mutex mutex_;  ///< Guards all below.
  std::condition_variable wake_, reported_;
  std::size_t unreported_ = 0;
  std::vector<Result<Appended>> outcomes_;  ///< Of what is being appended; a token is its place here.
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace hookledger::kafka
