#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ingest/kafka/cluster.h"
#include "ingest/kafka/progress.h"
#include "schemas/error.h"
#include "schemas/logging.h"

namespace hookledger::kafka {

class Client;

/// How far a named reader of the events has come, partition by partition: the offsets of a consumer group that has no
/// members, so that every tool for groups shows its lag. It fences nobody: of two that store, the last one counts.
/// Brokers forget what was not stored again for long (`offsets.retention.minutes`, by default a week). Threads: any.
///
/// Errors of all but `make`: kUnavailable, kUsage (refused). They come within some seconds, brokers or not.
class GroupOffsets {
 public:
  /// What the brokers take of a note unless they are told otherwise (`offset.metadata.max.bytes`).
  static constexpr std::size_t kNoteBytesMax = 4096;

  /// Reaches no broker yet. `group`: the reader's name; `logger` outlives it. Errors: kUsage.
  static Result<std::unique_ptr<GroupOffsets>> make(const Cluster& cluster, const std::string& group, Logger& logger);
  ~GroupOffsets();
  GroupOffsets(const GroupOffsets&) = delete;
  GroupOffsets& operator=(const GroupOffsets&) = delete;

  /// A partition of which nothing is known is left out.
  Result<ProgressByPartition> load(const std::vector<std::uint32_t>& partitions) const;
  /// When it returns, the brokers have it. After an error they may have, or have it later. Partitions that are not
  /// named stay as they are. Also kInvalid: a note is too long.
  Result<void> store(const ProgressByPartition& progress);

 private:
  GroupOffsets(Cluster cluster, std::unique_ptr<Client> client);

  const Cluster cluster_;
  const std::unique_ptr<Client> client_;
};

}  // namespace hookledger::kafka
