#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "ingest/kafka/cluster.h"
#include "schemas/error.h"
#include "schemas/logging.h"
#include "schemas/partition_owner.h"

namespace hookledger::kafka {

class Client;

struct OwnerDirectoryOptions {
  Cluster cluster;
  std::uint32_t partitions = 0;  ///< Of the events; whatever else the topic says is ignored.
  std::string instance, url;     ///< This process, and where its API is reached.
};

/// Which projector answers for which partition, as all of them say in the compacted topic of owners. The last claim
/// counts until its own instance releases it, so that somebody who wakes too late takes nothing away. Who holds a
/// partition and reads that it is another's or nobody's claims it again. Threads: any.
class OwnerDirectory {
 public:
  /// Follows the topic on its own thread. `logger` outlives it. Errors: kUsage.
  static Result<std::unique_ptr<OwnerDirectory>> open(OwnerDirectoryOptions options, Logger& logger);
  ~OwnerDirectory();
  OwnerDirectory(const OwnerDirectory&) = delete;
  OwnerDirectory& operator=(const OwnerDirectory&) = delete;

  /// Durable when they return. A claim that failed is made again by and by. Errors: kUnavailable, kUsage (refused).
  Result<void> claim(const std::vector<std::uint32_t>& partitions);
  Result<void> release(const std::vector<std::uint32_t>& partitions);

  /// Of the API of whoever answers for the partition; nothing when nobody is known to.
  std::optional<std::string> url_of(std::uint32_t partition) const;

  /// Nothing once all is known that was claimed before `open`.
  std::optional<std::string> not_ready() const;

 private:
  OwnerDirectory(OwnerDirectoryOptions options, Logger& logger);
  Result<void> say(const std::vector<std::uint32_t>& partitions, bool ours);
  void follow();
  void take(std::string_view key, std::string_view value);
  void claim_again();

  const OwnerDirectoryOptions options_;
  const std::string topic_;
  Logger& logger_;
  std::unique_ptr<Client> reader_, writer_;
  std::atomic<bool> stopping_ = false, caught_up_ = false;
  std::mutex saying_;  ///< Held while something is written, so that a claim and a release keep their order.

  mutable std::mutex mutex_;  ///< Guards all below.
  std::map<std::uint32_t, PartitionOwner> owners_;
  std::set<std::uint32_t> held_;  ///< What we claimed and did not release.
  std::thread thread_;
};

}  // namespace hookledger::kafka
