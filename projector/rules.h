#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schemas/call_facts.h"
#include "schemas/finding.h"

namespace hookledger {

/// A rule as users see it (`rules list`, `rules explain`).
struct RuleInfo {
  std::string name{};
  Severity severity = Severity::kWarning;
  bool noted = false;  ///< A fact of the past: noted, never open.
  bool enabled = true;
  std::string opens_when{}, ends_when{}, action{};
  std::vector<std::pair<std::string, Duration>> parameters{};
};

/// The rules in force and their evaluation: pure functions of a call's facts and a time (G9). Today the
/// built-in table of CONTRACT; later also rule files. Immutable, threads: any.
class RuleSet {
 public:
  virtual ~RuleSet() = default;

  virtual const std::vector<RuleInfo>& rules() const = 0;
  /// Every finding of the call as of `at`, from what had been received by then; in order of (opened_at, rule).
  /// Of each rule there is one at a time, for all legs concerned: open with those concerned now, resolved
  /// with all that were. Something past is noted for as long as what is known still says so.
  virtual std::vector<Finding> findings(const CallFacts& facts, Time at) const = 0;
  /// The first instant at which a condition holds if nothing more is received; may be past. Nothing: never.
  /// The deadline index is ordered by it, so that a scan reads only what is due.
  virtual std::optional<Time> next_deadline(const CallFacts& facts) const = 0;
};

/// Parameters of the built-in rules that a user may change.
struct BuiltInRuleOptions {
  bool expect_recordings = false;
};

bool has_rule(const RuleSet& rules, std::string_view name);

std::unique_ptr<RuleSet> built_in_rules(const BuiltInRuleOptions& options = {});

/// Names of rules with an open finding, sorted, unique.
std::vector<std::string> open_rules(const std::vector<Finding>& findings);

}  // namespace hookledger
