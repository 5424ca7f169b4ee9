#pragma once

#include <vector>

#include "projector/alert_state.h"
#include "projector/rules/rule_set.h"

namespace hookledger {

/// The findings of a call as they were when its book began, and what came of them while nobody knew who told what:
/// another went on for a while from where this book goes on. Works them out when they are asked for. All that it is
/// given outlives it. One thread.
class FindingsThen {
 public:
  FindingsThen(const CallFacts& facts, const RuleSet& rules, const AlertProgress& progress, Time now)
      : facts_(facts), rules_(rules), progress_(progress), now_(now) {}

  /// Was the finding, which is over, as over then, and ever since?
  bool was_over(const Finding& finding);
  /// Those that others told to be open; `findings` are those of now. One that ended meanwhile and came back is none.
  std::vector<Finding> told(const std::vector<Finding>& findings);

 private:
  bool steady(const Finding& finding);
  void work_out();

  const CallFacts& facts_;
  const RuleSet& rules_;
  const AlertProgress& progress_;
  const Time now_;
  bool worked_out_ = false;
  std::vector<Finding> then_;
  std::vector<std::vector<Finding>> since_;  ///< After each record that another may have told of.
  bool unclear_ = false;                     ///< There are too many of those.
};

/// What was received is known, whenever that was: a sink's clock may be ahead of ours.
Time known_at(const CallFacts& facts, Time now);

}  // namespace hookledger
