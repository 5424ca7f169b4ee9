#include "projector/rule_files/tunables.h"

#include <cmath>

namespace hookledger::rules {
namespace {

/// The bound of `where: {lag: {gt: 2s}}`; null when there is none.
Duration* lag_of(Pattern& pattern) {
  for (Comparison& comparison : pattern.where) {
    if (comparison.field.name != Field::kLag || comparison.literals.size() != 1) continue;
    if (auto* const bound = std::get_if<Duration>(&comparison.literals.front())) return bound;
  }
  return nullptr;
}

std::string percent(double ratio) {
  const double tenths = std::round(ratio * 1000);
  std::string text = std::to_string(static_cast<std::uint64_t>(tenths) / 10);
  if (const auto rest = static_cast<std::uint64_t>(tenths) % 10; rest != 0) text += "." + std::to_string(rest);
  return text + " %";
}

struct Shown {
  std::string operator()(const Duration* value) const {
    return value->count() == 0 ? std::string() : format_duration(*value);
  }
  std::string operator()(const std::uint64_t* value) const { return std::to_string(*value); }
  std::string operator()(const double* value) const { return percent(*value); }
};

}  // namespace

std::vector<Tunable> tunables(RuleSpec& rule) {
  switch (rule.kind) {
    case Kind::kExpect:
      if (rule.due) return {{"before", &rule.before_due}, {"skew", &rule.skew}};
      return {{"within", &rule.within}, {"skew", &rule.skew}};
    case Kind::kForbid:
      if (Duration* const lag = lag_of(rule.event)) return {{"lag", lag}};
      return {};
    case Kind::kAtMost: return {{"max", &rule.max}};
    case Kind::kSpread: return {{"max", &rule.spread}};
    case Kind::kSequence: return {{"within", &rule.within}};
    case Kind::kRate: return {{"above", &rule.above}, {"over", &rule.over}, {"at-least", &rule.at_least}};
  }
  return {};
}

std::vector<std::pair<std::string, std::string>> parameters_of(RuleSpec& rule) {
  std::vector<std::pair<std::string, std::string>> parameters;
  for (const Tunable& tunable : tunables(rule)) {
    std::string shown = std::visit(Shown{}, tunable.value);
    if (!shown.empty()) parameters.emplace_back(tunable.name, std::move(shown));
  }
  return parameters;
}

std::optional<Duration> limit_of(const RuleSpec& rule) {
  RuleSpec copy = rule;
  for (const Tunable& tunable : tunables(copy)) {
    if (auto* const* const duration = std::get_if<Duration*>(&tunable.value)) return **duration;
  }
  return std::nullopt;
}

}  // namespace hookledger::rules
