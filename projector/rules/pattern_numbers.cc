#include "projector/rules/pattern_numbers.h"

#include <map>
#include <tuple>

#include "projector/rules/each_pattern.h"

namespace hookledger::rules {

std::size_t number_patterns(std::vector<RuleSpec>& rules) {
  using Meaning = std::tuple<Pattern::What, std::vector<std::string>, LegState, Of, CallState, std::vector<Comparison>,
                             Legs, std::vector<Field>>;
  std::map<Meaning, std::uint32_t> numbers;
  for (RuleSpec& rule : rules) {
    for_each_pattern(rule, [&](Pattern& pattern) {
      const Meaning meaning(pattern.what, pattern.types, pattern.leg, pattern.of, pattern.call, pattern.where,
                            rule.legs, rule.same);
      pattern.number = numbers.try_emplace(meaning, static_cast<std::uint32_t>(numbers.size())).first->second;
    });
  }
  return numbers.size();
}

}  // namespace hookledger::rules
