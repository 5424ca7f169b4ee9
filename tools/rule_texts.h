#pragma once

#include <string>
#include <vector>

#include "projector/rules/rule_spec.h"
#include "schemas/error.h"

namespace hookledger {

/// `rules list`, to stdout: the rules, then the failure catalogue; as JSON lines the rules alone.
void list_rules(const std::vector<rules::RuleSpec>& rules, bool as_json);

/// `rules explain`, to stdout. Gives the exit code. Errors: kNotFound.
Result<int> explain_rule_or_failure(const std::vector<rules::RuleSpec>& rules, const std::string& id, bool as_json);

}  // namespace hookledger
