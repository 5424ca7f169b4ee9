#pragma once

#include <vector>

#include "projector/folding.h"
#include "projector/queries.h"
#include "schemas/metrics.h"

namespace hookledger {

/// Sets the gauge of open findings by rule and severity, over the newest ten thousand: as many of each state.
void count_findings(const std::vector<const Queries*>& states, const RuleSet& rules, Time now, Metrics& metrics);

/// Sets the gauge of what is durable and not yet in the state.
void show_lag(const FoldProgress& progress, Metrics& metrics);

}  // namespace hookledger
