#pragma once

#include <cstddef>
#include <vector>

#include "projector/rules/rule_spec.h"

namespace hookledger::rules {

/// Gives each pattern its number: an equal one to those that mean the same events of any scene, and keep them together
/// by the same fields. So a scene works out once what many rules ask for. Returns how many numbers there are. The
/// fields have their slots.
std::size_t number_patterns(std::vector<RuleSpec>& rules);

}  // namespace hookledger::rules
