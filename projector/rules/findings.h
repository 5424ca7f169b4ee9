#pragma once

#include <string_view>
#include <vector>

#include "projector/rules/condition.h"
#include "projector/rules/rule_spec.h"
#include "schemas/finding.h"

namespace hookledger::rules {

/// The findings of one rule about one subject (a call, or a device) from the periods of its condition: periods that
/// overlap or touch make one, of each device apart when the rule keeps devices apart.
void add_findings(const RuleSpec& rule, std::string_view subject, std::vector<Period> periods,
                  std::vector<Finding>& findings);

}  // namespace hookledger::rules
