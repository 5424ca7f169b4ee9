#pragma once

#include <functional>
#include <string>
#include <vector>

#include "projector/call_store.h"
#include "projector/rules/rule_set.h"

namespace hookledger {

/// What rules that watch a ratio count, in the call store: an entry for each event, by subject and time. So an event is
/// counted once however often it is folded, and a ratio as of any instant is read, not kept.

/// Adds the entries of an event to what is written.
void count_event(const RuleSet& rules, const CallFacts& facts, const EventFact& event, bool is_call, Writes& writes);

/// Every subject that something was counted for, in order.
Result<std::vector<rules::RateSubject>> rate_subjects(const CallStore& store);

/// Findings of a subject as of `at`, but those that were over before `since`. Reads what counted since then, and
/// further back only as long as a ratio was too high all the while.
Result<std::vector<Finding>> rate_findings(const CallStore& store, const RuleSet& rules,
                                           const rules::RateSubject& subject, Time since, Time at);

/// Removes what was received before `cutoff`.
Result<void> forget_counted(CallStore& store, Time cutoff);

}  // namespace hookledger
