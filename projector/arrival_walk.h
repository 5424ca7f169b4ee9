#pragma once

#include <optional>
#include <vector>

#include "projector/known_call.h"
#include "projector/rule.h"

namespace hookledger {

/// A time during which a rule's condition held for one leg: [from, to).
struct Period {
  Time from;
  std::optional<Time> to{};  ///< Absent: it still holds.
  LegIndex leg = kWholeCall;
  Condition condition;
  Text organization = 0;  ///< The call's at `to`, else at the end of the walk.
};

/// Follows a call's events in the order in which they arrived, up to and including `at`, and notes when
/// which condition held. Between two arrivals nothing new is known, so a condition holds there from its
/// deadline on. What comes and goes within one microsecond leaves no trace: empty periods are dropped, and
/// touching ones make one finding. Facts and rules must outlive it.
class ArrivalWalk {
 public:
  ArrivalWalk(const CallFacts& facts, const std::vector<Rule>& rules, Time at);

  const KnownCall& known() const { return known_; }
  /// By rule, in order of (`from`, leg).
  const std::vector<std::vector<Period>>& periods() const { return periods_; }

 private:
  struct Running {
    std::optional<Condition> condition;
    Time known_since;
  };

  void arrive(const EventFact& event);
  void settle(Time now);
  void stop(std::size_t rule, LegIndex leg, Time now);
  void end(Time at);

  const std::vector<Rule>& rules_;
  KnownCall known_;
  std::vector<Running> running_;  ///< [leg * rules + rule]
  std::vector<std::vector<Period>> periods_;
};

}  // namespace hookledger
