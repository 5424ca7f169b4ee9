#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <vector>

#include "ingest/log/event_log.h"

namespace hookledger {

/// Hands many appends to a log in the order given, a bounded number of them in flight, and counts their outcomes.
/// One thread uses it; the log's thread reports to it. Errors everywhere: the first append's that failed, kUnavailable,
/// kStopping.
class AppendWindow : private AppendObserver {
 public:
  /// `log` outlives the window.
  explicit AppendWindow(EventLog& log) : log_(log) {}
  /// Waits for what is in flight.
  ~AppendWindow() override;
  AppendWindow(const AppendWindow&) = delete;
  AppendWindow& operator=(const AppendWindow&) = delete;

  /// Blocks while the window or the log's queue is full.
  Result<void> add(Append append);
  /// Waits until everything added is durable.
  Result<void> finish();

  struct Counts {
    std::uint64_t appended = 0, duplicates = 0;
  };
  Counts counts() const;

 private:
  void appended(std::vector<AppendOutcome> outcomes) override;
  Result<void> submit();
  Result<void> first_failure() const;

  EventLog& log_;
  std::vector<Append> batch_;
  std::size_t batch_bytes_ = 0;

  mutable std::mutex mutex_;  ///< Guards all below.
  std::condition_variable outcome_;
  std::size_t in_flight_ = 0, bytes_in_flight_ = 0;
  Counts counts_;
  std::optional<Error> failure_;
};

}  // namespace hookledger
