#pragma once

#include <ostream>
#include <vector>

#include "tools/simulate/plan.h"

namespace hookledger {

/// The events of which at least one delivery was sent, sorted, unique. `taken[i]`: whether delivery `i` was
/// accepted; empty: all were.
std::vector<EventIndex> events_sent(const Plan& plan, const std::vector<bool>& taken = {});

/// Every event that happened, lost ones too.
std::vector<EventIndex> events_all(const Plan& plan);

/// Writes the calls that must result from these events (sorted, unique): JSON documents without `findings`,
/// one a line, sorted by id bytewise. A call none of whose events is among them has no line.
/// Errors: kUnavailable, when `out` fails.
Result<void> write_expected_calls(const TrafficOptions& options, const std::vector<EventIndex>& events,
                                  std::ostream& out);

}  // namespace hookledger
