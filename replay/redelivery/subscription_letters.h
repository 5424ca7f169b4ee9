#pragma once

#include <functional>
#include <mutex>
#include <set>
#include <vector>

#include "replay/redelivery/dispatcher.h"
#include "replay/redelivery/subscription_book.h"
#include "schemas/clock.h"

namespace hookledger {

/// The dead letters of a subscription in one store, and how they are delivered after all: as usual records, each behind
/// what else of its key is under way. Threads: any, `step` one.
class SubscriptionLetters {
 public:
  struct Parts {  ///< All outlive it.
    const LogReader& log;
    Dispatcher& dispatcher;
    const Clock& clock;
    SubscriptionBook& book;
  };

  SubscriptionLetters(const Parts& parts, const std::vector<std::uint32_t>& partitions)
      : parts_(parts), partitions_(partitions.begin(), partitions.end()) {}

  /// Hands on some of those that are to be delivered after all, as far as there is room. Errors: the first one; others
  /// are handed on, and after a second all are tried again.
  Result<void> step();
  /// Keeps a record that is given up. One that was no letter before is `done`, which is told when nobody else can
  /// change what is kept. Errors: what `result` says is to be kept again.
  Result<void> finished(const DeliveryResult& result, const std::function<void()>& done);
  /// After it the book is not used any more.
  void close();

  /// From `from` on, at most `max`.
  Result<std::vector<DeadLetter>> list(Place from, std::size_t max) const;
  /// False when there is no such letter.
  Result<bool> retry(Place place);
  Result<bool> drop(Place place);

 private:
  Result<std::vector<DeadLetter>> take_some();
  Result<void> hand_on(const DeadLetter& letter);
  Result<std::string> key_of(Place place) const;
  Result<DeadLetter> letter_of(const DeliveryResult& result) const;

  const Parts parts_;
  const std::set<std::uint32_t> partitions_;
  // Of `step` alone:
  std::optional<Error> trouble_;  ///< Since the last attempt, and when there is another:
  std::chrono::steady_clock::time_point retry_at_{};

  mutable std::mutex mutex_;  ///< Guards all below, and what the book has of letters.
  std::set<Place> under_way_;
  std::set<Place> dropped_;              ///< Before they were added, or as they were told.
  std::optional<Place> next_ = Place{};  ///< From here on some may be to be delivered; nothing: none is.
  bool closed_ = false;
};

}  // namespace hookledger
