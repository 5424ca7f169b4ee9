#pragma once

#include <string_view>

#include "projector/rule_files/problems.h"
#include "projector/rules/rule_spec.h"

namespace hookledger::rules {

/// Checks that the {placeholders} of a rule's summary or action exist, and have something to stand for.
void check_placeholders(const RuleSpec& rule, std::string_view text, std::string_view label, Position at,
                        Problems& problems);

/// The JSON Pointers that a text asks for: `{/platform}`.
std::vector<std::string> pointers_in(std::string_view text);

}  // namespace hookledger::rules
