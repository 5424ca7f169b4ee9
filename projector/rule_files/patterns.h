#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "projector/rule_files/problems.h"
#include "projector/rules/rule_spec.h"

namespace hookledger::rules {

/// Where a pattern stands: that decides what it may speak of.
struct PatternPlace {
  Scope scope = Scope::kCall;
  bool call_active = false;  ///< May `{call: active}` stand there?
};

/// As the readers of `values.h`. Of a wrong pattern nothing is given, or what could be read.
std::optional<Pattern> read_pattern(const YamlNode* node, std::string_view label, const PatternPlace& place,
                                    Problems& problems);
/// One pattern, or a list of them.
std::vector<Pattern> read_patterns(const YamlNode* node, std::string_view label, const PatternPlace& place,
                                   Problems& problems);

/// `where`: {FIELD: VALUE or {OP: OPERAND, …}, …}.
std::vector<Comparison> read_comparisons(const YamlNode* node, Problems& problems);

}  // namespace hookledger::rules
