#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "ingest/log/event_log.h"
#include "schemas/clock.h"
#include "schemas/logging.h"
#include "schemas/metrics.h"

namespace hookledger::kafka {

struct SpoolLimits {
  std::uint64_t bytes = 1024ULL * 1024 * 1024;  ///< Of records that wait.
  Duration age = std::chrono::hours(24);        ///< Of the oldest that waits.
};

/// Records that wait for the brokers, durably, in an embedded log of their own. Threads: any.
class Spool : private AppendObserver {
 public:
  /// References outlive the spool. Errors: those of open_embedded_log.
  static Result<std::unique_ptr<Spool>> open(const std::string& path, std::uint32_t partitions,
                                             const SpoolLimits& limits, const Clock& clock, Logger& logger,
                                             Metrics& metrics);
  ~Spool() override { stop(); }
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  /// As EventLog::submit; outcomes are `spooled`, their offsets mean nothing. Errors also: kUnavailable when it is
  /// full.
  Result<void> submit(std::vector<Append> appends);

  /// Does nothing of the partition wait, nor is on its way to the disk?
  bool empty(std::uint32_t partition) const;
  struct Waiting {
    Place place;
    std::string record;
  };
  /// The next records of the partition: at least one, if there is one, and no more of either. Errors: kCorruption,
  /// kUnavailable.
  Result<std::vector<Waiting>> head(std::uint32_t partition, std::size_t records, std::size_t bytes) const;
  /// They are on the brokers. All of one partition, in order.
  Result<void> remove(const std::vector<Waiting>& drained);
  /// The brokers will never take it: it stays on disk, and waits again when the spool is opened next.
  void set_aside(const Waiting& record);

  /// That wait; without those that were set aside.
  std::uint64_t records() const { return records_; }
  std::uint64_t bytes() const { return bytes_; }
  /// Of the oldest that waits; zero when none does.
  Duration age() const;
  /// Why it takes nothing now; nothing when it does.
  std::optional<std::string> closed() const;
  void stop() { log_->stop(); }

 private:
  struct Submitted {
    AppendObserver* observer;
    std::uint64_t token;
    std::uint32_t partition;
    std::size_t bytes;
    Time at;
  };
  Spool(std::unique_ptr<EventLog> log, const SpoolLimits& limits, const Clock& clock);
  Result<void> count();
  bool is_aside(Place place) const;
  void waits_no_more(const Waiting& record);
  void appended(std::vector<AppendOutcome> outcomes) override;

  const SpoolLimits limits_;
  const Clock& clock_;
  std::atomic<std::uint64_t> records_ = 0, bytes_ = 0;

  mutable std::mutex mutex_;  ///< Guards all down to `log_`.
  std::uint64_t last_token_ = 0;
  std::map<std::uint64_t, Submitted> submitted_;
  std::vector<std::uint64_t> on_the_way_, waiting_;  ///< Records by partition.
  std::vector<Time> oldest_;                         ///< By partition; of one where nothing waits it means nothing.
  std::set<Place> aside_;

  std::unique_ptr<EventLog> log_;  ///< Ends first: it reports to the rest.
};

}  // namespace hookledger::kafka
