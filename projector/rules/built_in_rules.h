#pragma once

#include <memory>

#include "projector/rules/rule_set.h"

namespace hookledger {

/// Parameters of the shipped rules that a user may change.
struct BuiltInRuleOptions {
  bool expect_recordings = false;
};

/// The rules that ship: schemas/rules/*.yaml.
std::unique_ptr<RuleSet> built_in_rules(const BuiltInRuleOptions& options = {});

}  // namespace hookledger
