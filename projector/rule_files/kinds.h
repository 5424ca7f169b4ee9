#pragma once

#include "projector/rule_files/mapping.h"
#include "projector/rules/rule_spec.h"

namespace hookledger::rules {

/// Reads the keys that only rules of `rule.kind` have. Scope and kind of `rule` are known already.
void read_kind(Mapping& mapping, RuleSpec& rule, Problems& problems);

}  // namespace hookledger::rules
