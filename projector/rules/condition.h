#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "projector/rules/seen.h"

namespace hookledger::rules {

/// That a rule's condition holds from an instant on, as long as no more is known.
struct Condition {
  /// Of what is a fact as soon as it is known.
  static constexpr Time kAtOnce = Time::min();

  Time holds_from;
  /// The events that prove it. The first is the one that the deadline counts from; those without an event are none.
  std::array<Seen, 3> evidence{};
  std::vector<Seen> more{};         ///< Further ones.
  Duration took{};                  ///< For rules about something that took too long, or lay too far apart.
  std::uint32_t missing_pairs = 0;  ///< Of an `expect`: bit n, nothing followed `pairs[n].when`.
};

/// A time during which a rule's condition held: [from, to).
struct Period {
  Time from;
  std::optional<Time> to{};  ///< Absent: it still holds.
  LegIndex leg = kWholeCall;
  Condition condition;
  std::string_view organization{};  ///< The call's at `to`, else as far as is known.
};

}  // namespace hookledger::rules
