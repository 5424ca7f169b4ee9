#pragma once

#include "projector/rules/rule_spec.h"

namespace hookledger::rules {

/// Calls `visit(Pattern&)` for every pattern of the rule.
template <class Visit>
void for_each_pattern(RuleSpec& rule, const Visit& visit) {
  for (Pair& pair : rule.pairs) {
    visit(pair.when);
    for (Pattern& pattern : pair.then) visit(pattern);
  }
  visit(rule.event);
  visit(rule.base);
  for (std::optional<Pattern>* pattern : {&rule.condition, &rule.meanwhile, &rule.until}) {
    if (*pattern) visit(**pattern);
  }
}

}  // namespace hookledger::rules
