#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "projector/known_call.h"
#include "projector/rules.h"

namespace hookledger {

/// That a rule's condition holds for a leg from an instant on, as long as no more is known.
struct Condition {
  /// Of what is a fact as soon as it is known.
  static constexpr Time kAtOnce = Time::min();

  Time holds_from;
  /// The events that prove it, padded with nulls. The first is the one that the deadline counts from.
  std::array<const EventFact*, 3> evidence{};
  Duration took{};             ///< For rules about something that took too long.
  std::string_view missing{};  ///< For rules about events that never came: their types.
};

/// A rule as the engine runs it. One of the checks is set, and says all that the rule knows.
struct Rule {
  /// Does the condition hold for this leg (kWholeCall: for the call itself), and from when on?
  using LegCheck = std::optional<Condition> (*)(const KnownCall& call, LegIndex leg, Duration limit);
  /// Does this event by itself prove the condition, for good?
  using EventCheck = std::optional<Condition> (*)(const EventFact& event, Duration limit);

  RuleInfo info;
  std::string summary, action;  ///< Templates: projector/finding_text.h.
  LegCheck leg_check = nullptr;
  EventCheck event_check = nullptr;

  /// The rule's one duration, zero when it has none.
  Duration limit() const { return info.parameters.empty() ? Duration{} : info.parameters.front().second; }
};

std::unique_ptr<RuleSet> make_rule_set(std::vector<Rule> rules);

}  // namespace hookledger
