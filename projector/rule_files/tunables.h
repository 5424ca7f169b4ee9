#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "projector/rules/rule_spec.h"

namespace hookledger::rules {

/// A number of a rule that a user may change, by the name that `tune` and `rules list` know it by.
struct Tunable {
  std::string_view name;
  std::variant<Duration*, std::uint64_t*, double*> value;
};

/// Those of the rule's kind, the most telling first. They point into `rule`.
std::vector<Tunable> tunables(RuleSpec& rule);

/// As `rules list` shows them: ("within", "10s"); without those that are zero.
std::vector<std::pair<std::string, std::string>> parameters_of(RuleSpec& rule);

/// The duration that `{limit}` stands for: within, before, the lag, the spread or the window.
std::optional<Duration> limit_of(const RuleSpec& rule);

}  // namespace hookledger::rules
