#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "projector/rules/rule_spec.h"
#include "projector/rules/seen.h"
#include "schemas/place.h"

namespace hookledger::rules {

/// Whose ratio it is.
struct RateSubject {
  std::string rule, whose, value;  ///< `whose`: the device or organisation; `value`: that of the rule's `per`.
  friend auto operator<=>(const RateSubject&, const RateSubject&) = default;
};

/// What an event counts as for a rule that watches a ratio.
struct RateMark {
  RateSubject subject;
  bool of = false, to = false;  ///< Numerator, denominator.
};

/// An event that was counted.
struct Counted {
  Time occurred_at, received_at;
  bool of = false, to = false;
  Place place;
};

/// Nothing when the rule does not count the event.
std::optional<RateMark> rate_mark(const RuleSpec& rule, const Seen& seen);

/// The findings of one ratio, from all that was received by `at` of what counted for it in [`since`, `at`]; by
/// occurrence. A ratio is too high from the event that makes it so until enough has left the window or came to the
/// other side. One that was too high at `since` already begins there.
std::vector<Finding> rate_findings(const RuleSpec& rule, const RateSubject& subject, const std::vector<Counted>& events,
                                   Time at);

}  // namespace hookledger::rules
