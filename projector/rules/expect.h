#pragma once

#include <vector>

#include "projector/rules/condition.h"
#include "projector/rules/rule_spec.h"
#include "projector/rules/scene.h"

namespace hookledger::rules {

/// For each event that is meant by `when`: from its deadline on, until one of `then` is received. An event of `then`
/// counts when it did not happen before that of `when`; a state counts whenever it was reached.
std::vector<Period> expect(const RuleSpec& rule, const Scene& scene);

/// For each event of a `forbid` with `until`: until one of those is received that did not happen before it.
std::vector<Period> forbid_until(const RuleSpec& rule, const Scene& scene);

}  // namespace hookledger::rules
