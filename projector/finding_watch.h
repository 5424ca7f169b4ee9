#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ingest/log/event_log.h"
#include "projector/call_store.h"
#include "projector/due_calls.h"
#include "projector/finding_book.h"
#include "projector/rules/rule_set.h"
#include "projector/subject_watch.h"

namespace hookledger {

/// Shows a book the findings of a store that may have changed: of calls and devices that new records changed, of those
/// that became due, and of ratios. It looks at an instant only once all that was durable then is in the store, so that
/// nothing is told because the fold is behind. A book that begins is shown what is open. One thread.
class FindingWatch {
 public:
  struct Parts {  ///< All outlive it.
    const CallStore& store;
    const LogReader& log;
    const RuleSet& rules;
  };

  /// What is looked at: all, but where partitions move between processes, calls and the rest in watches of their own.
  struct Scope {
    bool calls = true;
    bool subjects = true;                   ///< Devices and ratios: the store has all partitions.
    const SubjectOwners* owners = nullptr;  ///< Of the subjects; outlives the watch. Null: all are ours.
  };

  /// `partitions`: those that the store has.
  FindingWatch(Parts parts, std::vector<std::uint32_t> partitions, FindingBook& book, Scope scope);

  /// Goes on a little, unless the book is full. False when there is nothing to do for now.
  /// Errors: those of store, log and book; then the same again.
  Result<bool> step(FindingBook::Now now);
  /// Looks again at some of what was told: forgets calls that are gone, notices what other rules no longer say.
  Result<void> look_back(FindingBook::Now now);

  /// What is known of devices and ratios of the partition counts no more: another may know better.
  void let_go(std::uint32_t partition);

 private:
  /// An instant, and what was durable then.
  struct Horizon {
    Time at;
    AlertProgress::Offsets ends;
  };

  void note_owners();
  Result<bool> reach_horizon(Time now);
  struct Changed {
    std::vector<std::string> calls;
    DeviceIds devices;  ///< Of which an event belongs to no call.
  };
  /// What the next records up to the horizon changed.
  Result<Changed> read_changed(AlertProgress& progress);
  Result<void> observe(const CallFacts& facts, FindingBook::Now now);

  const Parts parts_;
  const std::vector<std::uint32_t> partitions_;
  FindingBook& book_;
  const bool calls_;
  std::optional<SubjectWatch> subjects_;
  std::optional<Horizon> horizon_;
  std::optional<DueCalls> due_;
};

}  // namespace hookledger
