#pragma once

#include <optional>
#include <vector>

#include "projector/rules/condition.h"
#include "projector/rules/rule_spec.h"

namespace hookledger::rules {

/// Does the rule speak of the states of a call's legs alone? Then its condition is one for each leg (kWholeCall: for
/// the call), and changes only when a state does.
bool is_of_states(const RuleSpec& rule);

/// The condition of such an `expect`, as it is known for the leg. Pure.
std::optional<Condition> leg_condition(const RuleSpec& rule, const KnownCall& call, LegIndex leg);

/// Of such an `at-most`: the legs that were live while more than the rule allows were; sorted. Pure.
std::vector<LegIndex> legs_over_limit(const RuleSpec& rule, const KnownCall& call);

}  // namespace hookledger::rules
