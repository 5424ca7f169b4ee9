#pragma once

#include <vector>

#include "projector/rules/rule_spec.h"

namespace hookledger::bench {

inline constexpr std::size_t kPackRules = 100;

/// The shipped rules and made ones of every kind, over legs, calls and event types: `kPackRules` in force. The made
/// ones find nothing in a call that goes as calls do, within 7 hours.
std::vector<rules::RuleSpec> rule_pack();

}  // namespace hookledger::bench
