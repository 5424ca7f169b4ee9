#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "projector/alert_book.h"
#include "projector/alert_places.h"
#include "projector/finding_watch.h"
#include "projector/receiver_answer.h"
#include "projector/retry_schedule.h"
#include "schemas/clock.h"
#include "schemas/logging.h"
#include "schemas/metrics.h"

namespace hookledger {

/// Who is told. One thread.
class AlertReceiver {
 public:
  virtual ~AlertReceiver() = default;
  /// One attempt. Blocks, within bounds; returns soon when it is to stop.
  virtual ReceiverAnswer tell(const std::string& id, const std::string& body, std::stop_token stop) = 0;
};

/// Tells one receiver of the findings of the stores that are here, on its own thread. What goes wrong is logged,
/// counted and tried again; log, fold, API and other receivers know nothing of it. Threads: any.
class Alerter {
 public:
  struct Options {
    std::string alert;  ///< The receiver's name.
    AlertFilter filter{};
    Duration window{};
    std::uint64_t seed = 0;  ///< Of the jitter.
  };
  struct Parts {  ///< All outlive it. Receiver and log are used by its thread alone.
    AlertReceiver& receiver;
    const LogReader& log;
    const RuleSet& rules;
    const Clock& clock;
    Logger& logger;
    Metrics& metrics;
    /// For who takes a partition over, where stores come and go, each of one partition: of calls, and of the rest.
    /// Else null.
    AlertPlaces *places = nullptr, *subject_places = nullptr;
  };
  /// A store whose findings are told, and where the book of it is.
  struct Watched {
    const CallStore& store;                 ///< Outlives `remove`.
    std::vector<std::uint32_t> partitions;  ///< Of the store.
    std::string folder;                     ///< Made when absent.
    std::shared_ptr<const KeyValueMemory> memory{};
    enum class Scope : std::uint8_t { kAll, kCalls, kSubjects } scope = Scope::kAll;
    /// Of kSubjects: of which partitions devices and ratios are ours. Called on the alerter's thread.
    std::function<std::set<std::uint32_t>()> here{};
  };

  Alerter(Options options, const Parts& parts);
  ~Alerter();  ///< Ends the attempt that is under way; what waits stays in the books.
  Alerter(const Alerter&) = delete;
  Alerter& operator=(const Alerter&) = delete;

  void add(std::uint32_t key, Watched watched);
  /// When it returns the store is not used any more and the book is closed. Does not wait for the receiver.
  void remove(std::uint32_t key);

 private:
  struct Entry;
  using Entries = std::map<std::uint32_t, std::shared_ptr<Entry>>;
  struct Sending {
    std::shared_ptr<Entry> entry;
    AlertBook::Due due;
  };

  void work(const std::stop_token& stop);
  void find_places(const Entries& entries);
  void keep_places();
  void note_place(const Entry& entry);
  void note_subject_places(const AlertBook& book);
  AlertBook::Now now() const { return {parts_.clock.wall(), parts_.clock.monotonic()}; }
  /// False when there is nothing to do for now.
  bool watch(const Entries& entries);
  Result<bool> watch(Entry& entry);
  Result<void> open(Entry& entry);
  Result<std::unique_ptr<AlertBook>> open_book(const Entry& entry) const;
  bool send(const Entries& entries, const std::stop_token& stop);
  std::optional<Sending> next_due(const Entries& entries);
  void take_answer(const Sending& sending, const ReceiverAnswer& answer);
  void take_outcome(Entry& entry, const AlertBook::Due& due, AttemptOutcome outcome,
                    std::optional<Duration> retry_after);
  void note_failure(Entry& entry, const Error& error);
  void say(AttemptOutcome outcome, const ReceiverAnswer& answer);
  void measure(const Entries& entries);

  const Options options_;
  const Parts parts_;
  const std::string fingerprint_;
  Metrics::Gauge& waiting_;
  Metrics::Gauge& oldest_;
  Metrics::Gauge& disabled_gauge_;
  std::map<AttemptOutcome, Metrics::Counter*> told_;
  AlertPlaceKeeper places_, subject_places_;
  // Of its thread alone.
  RetrySchedule schedule_;
  RetrySchedule::Instant keep_places_at_ = RetrySchedule::Instant::min();
  std::uint32_t first_ = 0;  ///< The key that came first in the last round.
  std::string places_failure_, last_said_;
  bool disabled_ = false;

  std::mutex mutex_;  ///< Guards all below.
  std::condition_variable_any changed_;
  Entries entries_;
  std::jthread thread_;
};

}  // namespace hookledger
