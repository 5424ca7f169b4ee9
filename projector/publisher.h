#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "ingest/log/event_log.h"
#include "projector/partition_publisher.h"
#include "projector/publication.h"
#include "projector/rules/rule_set.h"
#include "projector/subject_publisher.h"
#include "schemas/clock.h"
#include "schemas/logging.h"
#include "schemas/metrics.h"

namespace hookledger {

/// Keeps call states and findings published, of the partitions that this process has, on its own thread. What goes
/// wrong is logged, counted and tried again; fold and API know nothing of it. Threads: any.
class Publisher {
 public:
  struct Parts {  ///< All outlive it. The publication and the log are used by its thread alone.
    Publication& publication;
    const LogReader& log;
    const RuleSet& rules;
    const Clock& clock;
    Logger& logger;
    Metrics& metrics;
  };
  /// Where findings of devices and ratios come from: a store of all partitions, and a log that nobody else reads. Both
  /// outlive the publisher.
  struct Subjects {
    const CallStore& store;
    const LogReader& log;
  };

  /// `subjects`: none given, findings of devices and ratios are not published.
  explicit Publisher(const Parts& parts, const std::optional<Subjects>& subjects = {});
  ~Publisher();  ///< Ends after what it is at.
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  /// From now on publishes what `store`, which outlives `remove`, knows of the partition.
  void add(std::uint32_t partition, const CallStore& store);
  /// When it returns, nothing of the partition is on its way any more, and none will be.
  void remove(std::uint32_t partition);

 private:
  struct Entry {
    const CallStore& store;
    std::unique_ptr<PartitionPublisher> publisher;  ///< Null until the progress is known.
    bool certain = false;                           ///< Is the progress what the publication has?
  };
  using Entries = std::map<std::uint32_t, std::shared_ptr<Entry>>;

  void work();
  /// True when something was published.
  bool round(const Entries& entries);
  bool gather(std::uint32_t partition, Entry& entry, PublicationBatch& batch);
  /// Adds what is to be published of devices and ratios. Its partitions are in the progress, that only their owner can
  /// commit.
  void gather_subjects(const Entries& entries, PublicationBatch& batch);
  bool make_certain(std::uint32_t partition, Entry& entry);
  void note_failure(const std::string& what, const Error& error);
  void note_lag(const Entries& entries);

  const Parts parts_;
  Metrics::Gauge& lag_;
  Metrics::Counter& messages_;
  Metrics::Counter& failures_;
  // Of its thread alone.
  std::uint32_t first_ = 0;                  ///< The partition that came first in the last round.
  std::map<std::uint32_t, Published> ours_;  ///< Of this round: what is published of each partition.
  std::optional<SubjectPublisher> subjects_;
  std::string last_failure_;
  bool failed_ = false;

  std::mutex mutex_;  ///< Guards all below.
  std::condition_variable changed_;
  Entries entries_;
  std::uint64_t rounds_begun_ = 0, rounds_ended_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace hookledger
