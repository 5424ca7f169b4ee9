#pragma once

#include <functional>

#include "ingest/log/event_log.h"
#include "projector/call_store.h"
#include "projector/folding.h"
#include "projector/rules/rule_set.h"

namespace hookledger {

/// Who follows an evaluation of the past, which may take long.
struct Evaluation {
  std::function<void(const FoldProgress&)> progress{};  ///< In records and calls. Null: nobody looks.
  std::function<bool()> give_up{};                      ///< Asked all the while: it ends, and begins anew another time.
};

/// Makes what hangs on rules anew, for all that is in the store: fields of events, from the log and only when the rules
/// need others than before, then deadlines. The state of calls stays as it is. While it runs nobody else writes the
/// store; after a crash it begins anew. Errors: those of log and store; kStopping.
Result<void> apply_rules(CallStore& store, const LogReader& log, const RuleSet& rules,
                         const Evaluation& evaluation = {});

/// Does so when the store was made with other rules. True when it was not.
Result<bool> follow_rules(CallStore& store, const LogReader& log, const RuleSet& rules,
                          const Evaluation& evaluation = {});

}  // namespace hookledger
