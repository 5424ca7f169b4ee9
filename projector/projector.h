#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "ingest/log/event_log.h"
#include "projector/call_store.h"
#include "projector/folding.h"
#include "projector/rules/rule_set.h"
#include "schemas/clock.h"
#include "schemas/logging.h"

namespace hookledger {

/// Keeps a store at the end of the log in some partitions, or in all, on its own threads. Threads: any, for every
/// function; a partition given to one is among those.
class Projector {
 public:
  struct Parts {  ///< All outlive the projector.
    CallStore& store;
    LiveLog& log;
    const RuleSet& rules;
    const Clock& clock;
    Logger& logger;
  };

  /// At most one thread per partition. `partitions`: those to fold; none given: every one of the log.
  Projector(Parts parts, unsigned threads, std::vector<std::uint32_t> partitions = {});
  ~Projector();  ///< As `stop`, but without the flush: what was not flushed is folded again.
  Projector(const Projector&) = delete;
  Projector& operator=(const Projector&) = delete;

  /// Errors: those of the store.
  Result<void> start();
  /// Ends the threads after their current write and flushes the store.
  void stop();

  const std::vector<std::uint32_t>& partitions() const { return numbers_; }
  /// One past the last offset in the state.
  std::uint64_t projected(std::uint32_t partition) const;
  /// Waits until all below `end` is projected. False at the timeout, and at once when the partition has
  /// stopped on a corrupt record.
  bool wait_until(std::uint32_t partition, std::uint64_t end, std::chrono::milliseconds timeout);
  /// For read-your-writes: waits until the partition (nothing: every one) has what is durable now.
  bool settle(std::optional<std::uint32_t> partition, std::chrono::milliseconds timeout);

  /// Records folded since `start`, and how many that has to be to reach the log's present end.
  FoldProgress progress() const;
  /// What is wrong (a corrupt record, a store that cannot be written), or what was durable at `start` and is
  /// not yet projected; nothing when all is well.
  std::optional<std::string> not_ready() const;

 private:
  struct Partition {
    std::uint64_t begun = 0, covered = 0, durable_at_start = 0;
    std::uint64_t durable = 0;  ///< The log's end when it was last asked for.
    std::string failure;        ///< Of the last attempt; empty when it went well.
    bool stopped = false;       ///< For good: what failed will fail again.
  };

  void work(unsigned worker);
  /// Is there reason to look for records, though the log told of no change?
  bool look_again(unsigned worker) const;
  /// Folds what is new in the worker's partitions. False when there was nothing.
  bool pass(unsigned worker, Folding& folding);
  bool fold(std::uint32_t partition, Folding& folding);
  void flush_when_due();
  /// What is durable now, of each partition. May ask brokers, so not under the lock.
  Result<std::uint64_t> ask_end(std::uint32_t number, std::chrono::milliseconds timeout);
  void join();

  const Parts parts_;
  const std::vector<std::uint32_t> numbers_;  ///< Of the partitions.
  const unsigned threads_;
  std::vector<std::thread> workers_;

  mutable std::mutex mutex_;  ///< Guards all below.
  std::condition_variable moved_, wake_;
  std::map<std::uint32_t, Partition> partitions_;  ///< By number.
  unsigned waiting_ = 0;
  bool stopping_ = false;
  std::chrono::steady_clock::time_point flush_at_;
};

}  // namespace hookledger
