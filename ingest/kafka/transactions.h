#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "ingest/kafka/consumer_group.h"
#include "schemas/error.h"
#include "schemas/logging.h"

namespace hookledger::kafka {

/// Messages and progress that the brokers take together or not at all. One transaction at a time, one thread.
/// Who no longer is a member of the group with the partitions as it last knew them cannot commit.
///
/// Errors of every function: kUnavailable (abort, and try again), kInUse (another process took our place: so too),
/// kUsage (refused).
class Transactions {
 public:
  /// Reaches no broker yet. `group` and `logger` outlive it. A process with the same instance ends this one's
  /// transactions.
  Transactions(Cluster cluster, const ConsumerGroup& group, std::string_view instance, Logger& logger);
  ~Transactions();
  Transactions(const Transactions&) = delete;
  Transactions& operator=(const Transactions&) = delete;

  /// The first time, and after what cannot be mended, ends what an earlier process with our instance left open.
  Result<void> begin();
  /// Queues a message; no value is a tombstone. The bytes are copied. Also kInvalid: it is too large for the topic.
  Result<void> send(const std::string& topic, std::uint32_t partition, std::string_view key,
                    std::optional<std::string_view> value);
  /// When it returns, all that was sent and the group's progress, by partition of the events, are durable and visible.
  /// After an error they may be.
  Result<void> commit(const ProgressByPartition& progress);
  /// Undoes what was begun. Never fails: what is left the next `begin` ends.
  void abort();

 private:
  template <class Operation>
  Result<void> attempt(const Operation& operation);

  const Cluster cluster_;
  const ConsumerGroup& group_;
  const std::string id_;
  Logger& logger_;
  std::unique_ptr<Client> producer_;  ///< Null until it is needed, and after what cannot be mended.
  bool begun_ = false;
};

}  // namespace hookledger::kafka
