#pragma once

#include <vector>

#include "projector/rules/condition.h"
#include "projector/rules/rule_spec.h"
#include "projector/rules/scene.h"

namespace hookledger::rules {

/// When more than `max` were live, events, values or calls, among those that go together. Without an end (`until`)
/// events are live for good. A noted rule goes by when things happened, any other by when they were received.
std::vector<Period> at_most(const RuleSpec& rule, const Scene& scene);

}  // namespace hookledger::rules
