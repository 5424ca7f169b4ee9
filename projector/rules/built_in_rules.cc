#include "projector/rules/built_in_rules.h"

#include <algorithm>

#include "projector/rule_files/shipped.h"

namespace hookledger {

std::unique_ptr<RuleSet> built_in_rules(const BuiltInRuleOptions& options) {
  std::vector<rules::RuleSpec> specs = rules::shipped_rules();
  const auto recordings = std::ranges::find(specs, "recording-not-saved", &rules::RuleSpec::name);
  recordings->enabled = options.expect_recordings;
  return std::make_unique<RuleSet>(std::move(specs));
}

}  // namespace hookledger
