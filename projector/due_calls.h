#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "projector/call_store.h"
#include "projector/rules/rule_set.h"

namespace hookledger {

/// Which calls of a store get a new finding by the mere passing of time. It goes through the deadline index in order,
/// so that asking costs what has become due since, not what is open. That index has each call's first deadline; the
/// later ones of calls that are already due it keeps itself. `store` and `rules` outlive it. One thread.
class DueCalls {
 public:
  /// Calls with a deadline after `since`.
  DueCalls(const CallStore& store, const RuleSet& rules, Time since) : store_(store), rules_(rules), since_(since) {}

  /// What has become due by `now`: some calls, after a look at `looks_max` at most; the same again until they are
  /// accepted. Errors: those of the store.
  Result<std::vector<CallFacts>> next(Time now, std::size_t looks_max);
  /// What `next` gave is done with: go on behind it.
  void accept();

  /// All that was due by then was given and will be done with by `accept`.
  Time since_when_accepted() const { return step_.last ? *until_ : since_; }
  /// A call that was not given is done with as of `at`: what it has due after that comes in time.
  void note(const CallFacts& facts, Time at);

 private:
  using Later = std::pair<Time, std::string>;

  /// How far `next` looked.
  struct Step {
    std::string position;
    std::vector<Later> later;
    bool last = false;
  };

  void begin_round(Time now);
  Result<void> look_at(std::string_view call_id, std::vector<CallFacts>& due);

  const CallStore& store_;
  const RuleSet& rules_;
  Time since_;
  std::optional<Time> until_;  ///< The round that is under way takes what is due by then.
  std::string position_;       ///< In the index: up to this key, and itself, all was accepted.
  std::set<Later> later_;
  Time start_over_at_ = Time::max();  ///< The first deadline for which there was no room in `later_`.
  Step step_;
};

}  // namespace hookledger
