#pragma once

#include <memory>
#include <string>
#include <vector>

#include "projector/rule_files/rule_file.h"
#include "projector/rules/rule_set.h"
#include "tools/settings.h"

namespace hookledger {

/// These, `--rules` and `--expect-recordings`. Whoever reads with other rules than the projection was made with
/// evaluates the past by them first.
std::vector<OptionSpec> with_rule_options(std::vector<OptionSpec> options);

/// The shipped packs, and what the settings add to them: a file that cannot be read is an error of that file.
rules::LoadedRules load_configured_rules(const Settings& settings);

/// These files after the shipped packs.
rules::LoadedRules load_rules(const std::vector<std::string>& paths);

/// Gives the rules, or prints every error on a line of its own to stderr. Errors: kUsage.
Result<std::vector<rules::RuleSpec>> rules_or_errors(rules::LoadedRules loaded);

/// The rules in force. The server and the commands beside it should be given the same, best in one config file. Errors:
/// as rules_or_errors.
Result<std::unique_ptr<RuleSet>> configured_rules(const Settings& settings);

}  // namespace hookledger
