#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "ingest/log/event_log.h"
#include "ingest/log/log_store.h"
#include "schemas/clock.h"
#include "schemas/logging.h"
#include "schemas/metrics.h"

namespace hookledger {

/// Bounds of what waits for the disk (G11), and how long a bad disk is left alone.
struct CommitLimits {
  std::size_t queue_records_max = 32 * 1024;
  std::size_t queue_bytes_max = 64 * 1024 * 1024;  ///< More only in one piece, when nothing else waits.
  std::size_t batch_records_max = 4096;
  std::size_t batch_bytes_max = 8 * 1024 * 1024;
  std::chrono::milliseconds probe_interval{1000};  ///< After a failed write.
};

/// Group commit: one thread takes all appends that wait, gives duplicates their original's place, writes the rest
/// as one synced batch, then reports. Batch size follows load; there is no timer.
///
/// After a failed write it refuses appends, probes the disk now and then, and reopens the log when the disk is
/// well again (ARCHITECTURE.md, Decisions).
class Committer {
 public:
  /// All references outlive the committer. `next`: the store's.
  Committer(LogStore& store, std::vector<std::uint64_t> next, const CommitLimits& limits, const Clock& clock,
            Logger& logger, Metrics& metrics);
  ~Committer();
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  Result<void> submit(std::span<Append> appends);
  std::uint64_t end(std::uint32_t partition) const { return ends_[partition].load(std::memory_order_acquire); }
  std::uint64_t wait_for_change(std::uint64_t seen, std::chrono::milliseconds timeout);
  LogHealth health() const;
  std::size_t queued() const;
  void stop();

 private:
  using Batch = std::vector<Append>;
  struct Plan;

  void run();
  bool wait_for_work(Batch& batch);
  void commit(Batch batch);
  void plan_append(Plan& plan, const Append& append, std::size_t index);
  void report(const Batch& batch, const Plan& plan, const Error* failure);
  void fail(const std::string& reason);
  void try_to_recover();
  void publish_ends();
  void publish_change();

  LogStore& store_;
  const CommitLimits limits_;
  const Clock& clock_;
  Logger& logger_;
  Metrics::Histogram& batch_records_;
  Metrics::Histogram& commit_seconds_;

  mutable std::mutex mutex_;  // Guards all down to reason_.
  std::condition_variable work_, change_;
  std::vector<Append> queue_;
  std::size_t queue_bytes_ = 0;
  std::uint64_t changes_ = 1;
  bool stopping_ = false;
  bool failed_ = false;
  bool failed_again_ = false;  ///< Since the last reopening began.
  std::string reason_;

  std::vector<std::uint64_t> next_;  // Committer thread only.
  std::vector<std::atomic<std::uint64_t>> ends_;
  std::thread thread_;
};

}  // namespace hookledger
