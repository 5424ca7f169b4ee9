#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "replay/redelivery/delivery_news.h"
#include "replay/redelivery/letter_box.h"
#include "replay/redelivery/subscription_feed.h"
#include "schemas/logging.h"
#include "schemas/metrics.h"

namespace hookledger {

/// A standing subscription: delivers to one application every record that it wants, as it is appended, from the stores
/// that are here. On threads of its own; log, fold, API and other subscriptions know nothing of what goes wrong with
/// it. Threads: any.
class Subscription : public LetterBox, private DeliveryObserver {
 public:
  struct Options {
    std::string name;
    RecordFilter filter{};
    bool from_start = false;
    double rate = 0;        ///< Attempts a second; 0: as fast as it goes.
    unsigned parallel = 8;  ///< Calls at once, each on an endpoint of its own.
    std::size_t endpoints_per_thread = 1;
    GiveUpAfter give_up{};
    std::string key{};       ///< That signs.
    std::uint64_t seed = 0;  ///< Of the jitter.

    friend bool operator==(const Options&, const Options&) = default;
  };
  struct Parts {  ///< All outlive it. The log is read by its threads alone.
    std::function<std::unique_ptr<Endpoint>()> make_endpoint;
    LiveLog& log;
    const Clock& clock;
    Logger& logger;
    Metrics& metrics;
    SubscriptionPlaces* places = nullptr;  ///< Where others look for what is done; null: nobody does.
    /// Appends an event (see lag_note.h), and waits until it is durable; none: nothing is told.
    std::function<Result<void>(const std::string& body)> note{};
  };
  /// A store whose records are delivered, and where the book of it is.
  struct Watched {
    const CallStore& store;                 ///< Outlives `remove`.
    std::vector<std::uint32_t> partitions;  ///< Of the store.
    std::string folder;                     ///< Made when absent.
    std::shared_ptr<const KeyValueMemory> memory{};
  };

  Subscription(Options options, const Parts& parts);
  ~Subscription() override;
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  /// What is appended after it is delivered. A book that cannot be opened is tried again.
  void add(std::uint32_t key, Watched watched);
  /// When it returns the store is not used any more, the book is closed, and others know what is done. Does not wait
  /// for the application.
  void remove(std::uint32_t key);

  /// No further attempt begins.
  void pause();
  /// Waits up to `timeout` for what is under way, and closes the books; what is not answered by then is delivered
  /// again.
  void stop(std::chrono::milliseconds timeout);

  const std::string& name() const override { return options_.name; }
  Result<std::vector<DeadLetter>> letters(Place from, std::size_t max) const override;
  Result<bool> retry(Place place) override;
  Result<bool> drop(Place place) override;

 private:
  struct Entry;
  using Entries = std::map<std::uint32_t, std::shared_ptr<Entry>>;
  struct Figures;

  void attempted(AttemptOutcome outcome, const ReceiverAnswer& answer) override;
  void finished(const DeliveryResult& result) override;

  void work(const std::stop_token& stop);
  bool step(Entry& entry, bool look);
  Result<void> open(Entry& entry);
  Result<SubscriptionPlaces::ByPartition> known_of(const Entry& entry) const;
  Result<void> tell_begun(SubscriptionFeed& feed, const SubscriptionPlaces::ByPartition& known);
  void tell_places(const std::shared_ptr<SubscriptionFeed>& gone = {});
  void tell(std::string& trouble, const Result<void>& went, const char* what);
  void measure(const Entries& entries);
  void note_lag(const Entries& entries, std::uint64_t records, Duration age);
  Entries entries() const;
  std::shared_ptr<Entry> entry_of(std::uint32_t partition) const;
  std::chrono::steady_clock::time_point now() const { return parts_.clock.monotonic(); }

  const Options options_;
  const Parts parts_;
  const std::unique_ptr<Figures> figures_;
  DeliveryNews news_;
  // Of its thread alone:
  std::chrono::steady_clock::time_point note_at_ = std::chrono::steady_clock::time_point::min();

  mutable std::mutex mutex_;  ///< Guards the entries.
  Entries entries_;
  std::mutex places_mutex_;  ///< Held by whoever tells places: an older one never comes after a newer one.
  std::optional<Dispatcher> dispatcher_;
  std::atomic<bool> stopped_ = false;
  std::jthread thread_;
};

}  // namespace hookledger
