#pragma once

#include <functional>
#include <memory>
#include <string>

#include "ingest/log/event_log.h"
#include "projector/call_store.h"
#include "projector/folding.h"
#include "projector/rules/rule_set.h"

namespace hookledger {

/// A data dir as a command sees it, beside a running owner or without one.
struct ProjectionView {
  std::unique_ptr<LogReader> log;
  /// Has everything that was durable in `log` when that was opened. Changes stay in memory.
  std::unique_ptr<CallStore> store;
  std::string discarded;     ///< Why the live store was left aside and all of the log folded; empty when it was not.
  bool other_rules = false;  ///< The live store was made with other rules: the past was evaluated by these, in memory.
};

/// Opens the live store as last flushed, then the log, and folds the tail into memory; all of the log when there is
/// no store that fits. One thread. Errors: those of `open_log`; kCorruption, kUnavailable.
Result<ProjectionView> open_view(const std::string& data_dir, const RuleSet& rules,
                                 const std::function<Result<std::unique_ptr<LogReader>>()>& open_log,
                                 const std::function<void(const FoldProgress&)>& progress = {});

}  // namespace hookledger
