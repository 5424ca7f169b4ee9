#pragma once

#include "projector/rule_files/problems.h"
#include "projector/rules/rule_spec.h"

namespace hookledger::rules {

/// A rule and where it stands, as far as it could be read.
struct ReadRule {
  RuleSpec rule;
  Position at;  ///< Of its name.
};

ReadRule read_rule(const YamlNode& node, Problems& problems);

/// Changes rules by `tune`: {RULE: {PARAMETER: VALUE, …}, …}.
void read_tuning(const YamlNode& node, std::vector<RuleSpec>& rules, Problems& problems);

}  // namespace hookledger::rules
