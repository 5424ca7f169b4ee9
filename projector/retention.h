#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "ingest/log/event_log.h"
#include "projector/call_store.h"
#include "projector/rules/rule_set.h"

namespace hookledger {

struct RetentionLimits {
  std::optional<Duration> age;         ///< Of a call's newest record, by when it was received.
  std::optional<std::uint64_t> bytes;  ///< Of the log on disk.
  bool any() const { return age || bytes; }
};

struct RetentionDone {
  std::uint64_t calls = 0, records = 0;
};

/// Removes whole calls whose newest record was received before `now - age`, and records of no call received
/// before that; with `bytes`, of the oldest as many more as bring the log under it, by estimate. State goes before
/// records, so that after a crash the rest goes next time, and a rebuild equals the live store (G5).
/// Takes only what the store covers. Memory: bounded. `keep_going` is asked between batches.
/// Errors: kCorruption, kUnavailable.
Result<RetentionDone> apply_retention(const RetentionLimits& limits, CallStore& store, EventLog& log,
                                      const RuleSet& rules, Time now, const std::function<bool()>& keep_going);

}  // namespace hookledger
