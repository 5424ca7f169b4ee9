#pragma once

#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "replay/recovery/recovery.h"

namespace hookledger {

/// Which legs the provider says are active, of all connections, a page at a time. One thread.
class ActiveComparison {
 public:
  struct Found {
    std::optional<std::set<std::string>> active;  ///< Legs; nothing: no connection could be asked.
    std::optional<Error> wrong;                   ///< With a connection or a leg, the last.
  };

  /// `recovery` outlives it.
  ActiveComparison(Recovery& recovery, std::vector<std::string> connections)
      : recovery_(recovery), connections_(std::move(connections)) {}

  bool under_way() const { return at_ > 0 || !cursors_.empty(); }
  /// Asks for a page, and what happened on the legs on it that were never heard of. Nothing: there is more to ask.
  /// A connection or a leg about which the provider answers what is none is passed over. Errors: those of TelnyxApi;
  /// the next step tries again.
  Result<std::optional<Found>> step(const std::stop_token& stop);

 private:
  Recovery& recovery_;
  const std::vector<std::string> connections_;
  std::size_t at_ = 0;             ///< Of connections, the one that is asked about,
  std::string cursor_;             ///< and from where on.
  std::set<std::string> cursors_;  ///< That it gave: an API may go round in a circle.
  std::set<std::string> active_;
  bool any_ = false;  ///< Was a connection known?
  std::optional<Error> wrong_;
};

}  // namespace hookledger
