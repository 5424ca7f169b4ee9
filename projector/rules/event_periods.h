#pragma once

#include <vector>

#include "projector/rules/condition.h"
#include "projector/rules/rule_spec.h"
#include "projector/rules/scene.h"

namespace hookledger::rules {

/// When the condition of a rule about events held, as far as the scene is known: what is known of an event is known
/// from when it was received. A period may begin in the future: at its deadline, if nothing more is received. A pure
/// function of the set of events; `rule` is none of states alone and no `rate`. Time: n log n in the events that the
/// rule means.
std::vector<Period> event_periods(const RuleSpec& rule, const Scene& scene);

}  // namespace hookledger::rules
