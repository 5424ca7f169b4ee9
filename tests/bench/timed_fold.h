#pragma once

#include <string>

#include "projector/rules/rule_set.h"

namespace hookledger::bench {

/// CPU-seconds of this process from a log on disk to a store that can be asked, which is made and removed.
double fold_seconds(const std::string& log_path, const std::string& store_path, const RuleSet& rules, unsigned threads);

}  // namespace hookledger::bench
