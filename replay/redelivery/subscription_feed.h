#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "projector/call_store.h"
#include "replay/redelivery/dispatcher.h"
#include "replay/redelivery/filter.h"
#include "replay/redelivery/lanes.h"
#include "replay/redelivery/subscription_book.h"
#include "replay/redelivery/subscription_letters.h"
#include "replay/redelivery/subscription_places.h"
#include "schemas/sources/event_readers.h"

namespace hookledger {

/// Feeds a dispatcher with the records of one store's partitions, and keeps in a book what became of them. Each
/// partition has two lanes (see Lanes); a record of the live one whose call has records in the backlog takes these
/// along, so that a call's records stay in order. When the application is well again, what waited is the backlog. What
/// is given up becomes a dead letter.
/// `step`, `save` and `figures` on one thread, all else on any.
class SubscriptionFeed {
 public:
  struct Options {
    RecordFilter filter{};
    bool from_start = false;       ///< A partition that was never begun is read from its first record, not from now on.
    std::uint64_t behind_max = 0;  ///< Records that the live lane may be behind before it jumps.
    std::size_t live_max = 0;      ///< Room of the dispatcher for urgent records, and
    std::size_t backlog_max = 0;   ///< for usual ones.
  };
  struct Parts {  ///< All outlive `close`.
    const LogReader& log;
    const CallStore& store;
    Dispatcher& dispatcher;
    const Clock& clock;
  };
  struct Figures {
    std::uint64_t undelivered = 0;
    std::optional<Time> oldest;  ///< When the oldest of them was received.
    std::size_t dead_letters = 0;
  };

  /// `known`: what is done as others know it, by partition. Errors: those of the book and of the log.
  static Result<std::unique_ptr<SubscriptionFeed>> open(Options options, Parts parts,
                                                        const std::vector<std::uint32_t>& partitions,
                                                        std::unique_ptr<SubscriptionBook> book,
                                                        const SubscriptionPlaces::ByPartition& known);

  ~SubscriptionFeed();

  /// Hands on what there is room for. `look`: the log may have grown. False when there is nothing to do for now.
  /// Errors: the first one; partitions that have none went on, those that have are left alone for a second.
  Result<bool> step(bool look);
  /// Is there something that waits for room?
  bool has_more() const;
  /// What cannot be kept is kept with the next `save`.
  void finished(const DeliveryResult& result);
  Result<void> save();
  /// With a flush; after it the store is not used any more.
  void close();

  Result<Figures> figures();
  /// What is done, by partition. The dead letters among it outlive a power cut.
  Result<SubscriptionPlaces::ByPartition> places();

  SubscriptionLetters& letters() { return letters_; }

 private:
  struct Course;
  struct Batch;

  SubscriptionFeed(Options options, Parts parts, const std::vector<std::uint32_t>& partitions,
                   std::unique_ptr<SubscriptionBook> book);
  Result<void> begin(std::uint32_t partition, const OffsetSet* known);
  bool step_or_rest(Course& course, bool look);
  Result<bool> step(Course& course, bool look);
  void leave_behind_what_waited();
  Result<bool> feed(Course& course, Urgency lane);
  std::optional<OffsetRange> plan(Course& course, Urgency lane);
  Result<std::optional<std::uint64_t>> folded(const Course& course) const;
  Result<Batch> read(const Course& course, OffsetRange range) const;
  Result<void> take(Course& course, Urgency lane, const Batch& batch);
  Result<bool> take_along(Course& course, const RecordView& record);
  Result<std::string> organization_of(const RecordView& record);
  Result<void> keep(const DeliveryResult& result);
  Result<void> keep_again();

  const Options options_;
  const Parts parts_;
  const std::unique_ptr<SubscriptionBook> book_;
  SubscriptionLetters letters_;
  EventReaders readers_;  ///< Of `step` alone.

  mutable std::mutex mutex_;  ///< Guards all below, and what the book has of what is done.
  std::map<std::uint32_t, std::unique_ptr<Course>> courses_;
  std::vector<DeliveryResult> unkept_;  ///< The book could not be written.
  std::uint64_t returns_;               ///< Of the application, that are noticed.
  bool closed_ = false;
};

}  // namespace hookledger
