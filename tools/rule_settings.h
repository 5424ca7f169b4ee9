#pragma once

#include <memory>

#include "projector/rules.h"
#include "tools/settings.h"

namespace hookledger {

/// `--expect-recordings`. Whoever folds or reads with other rules than the projection was made with folds anew.
OptionSpec expect_recordings_option();

/// The rules in force. The server and the commands beside it should be given the same, best in one config file.
std::unique_ptr<RuleSet> configured_rules(const Settings& settings);

}  // namespace hookledger
