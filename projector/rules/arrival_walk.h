#pragma once

#include <optional>
#include <span>
#include <vector>

#include "projector/rules/condition.h"
#include "projector/rules/rule_spec.h"

namespace hookledger::rules {

/// Follows a call's events in the order in which they arrived, up to and including `at`, and notes when the condition
/// of which rule of states held. Between two arrivals nothing new is known, so a condition holds there from its
/// deadline on. What comes and goes within one microsecond leaves no trace: empty periods are dropped, and
/// touching ones make one finding. Facts and rules must outlive it.
class ArrivalWalk {
 public:
  ArrivalWalk(const CallFacts& facts, std::span<const RuleSpec* const> rules, Time at);

  const KnownCall& known() const { return known_; }
  /// By rule, in order of (`from`, leg).
  std::vector<std::vector<Period>>& periods() { return periods_; }

 private:
  struct Running {
    std::optional<Condition> condition;
    Time known_since;
  };

  void settle(Time now);
  void set(std::size_t rule, LegIndex leg, std::optional<Condition> condition, Time now);
  void set_over_limit(std::size_t rule, Time now);
  void stop(std::size_t rule, LegIndex leg, Time now);
  void end(Time at);

  std::span<const RuleSpec* const> rules_;
  KnownCall known_;
  std::vector<Running> running_;  ///< [leg * rules + rule]
  std::vector<std::vector<LegIndex>>
      over_;  ///< By rule that limits a number: the legs over it, as of the last arrival.
  std::vector<std::vector<Period>> periods_;
};

}  // namespace hookledger::rules
