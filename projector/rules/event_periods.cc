#include "projector/rules/event_periods.h"

#include <algorithm>

#include "projector/rules/at_most.h"
#include "projector/rules/event_groups.h"
#include "projector/rules/expect.h"
#include "projector/rules/field.h"
#include "projector/rules/while.h"

namespace hookledger::rules {
namespace {

Period noted(std::initializer_list<Seen> events, Duration took = {}) {
  Period period{.from = Time::min(), .leg = events.begin()->leg, .condition = {.holds_from = Condition::kAtOnce}};
  prove(period.condition, {events.begin(), events.size()});
  period.condition.took = took;
  for (const Seen& seen : events) period.from = std::max(period.from, received(seen));
  return period;
}

/// The time that the pattern compares with another; zero when it does not.
Duration compared(const Pattern& pattern, const Seen& event) {
  for (const Comparison& comparison : pattern.where) {
    if (comparison.type != Type::kDuration) continue;
    if (const auto value = read_field(comparison.field, Type::kDuration, event)) return std::get<Duration>(*value);
  }
  return {};
}

/// Does the pattern say how the copy of an event came that counts, rather than what it says?
bool is_about_arrival(const Pattern& pattern) {
  return std::ranges::any_of(pattern.where, [](const Comparison& comparison) {
    const Field::Name name = comparison.field.name;
    return name == Field::kProvenance || name == Field::kReceivedAt || name == Field::kLag;
  });
}

std::vector<Period> forbid(const RuleSpec& rule, const Scene& scene) {
  const States states(scene);
  std::vector<Period> periods;
  for (const Seen& event : scene.matches(rule, rule.event).events) {
    const auto holding = states.holds_at(rule.during, event);
    if (!holding) continue;
    periods.push_back(noted({event}, compared(rule.event, event)));
    if (is_about_arrival(rule.event)) periods.back().from = event.event->received_at;
    if (*holding) periods.back().from = std::max(periods.back().from, received(*holding));
  }
  return periods;
}

std::vector<Period> spread(const RuleSpec& rule, const Scene& scene) {
  std::vector<Period> periods;
  for (const auto& [key, events] : group(scene.matches(rule, rule.event))) {
    const Duration apart = occurred(events.back()) - occurred(events.front());
    if (apart <= rule.spread) continue;
    periods.push_back(noted({events.front(), events.back()}, apart));
    if (events.front().leg == kWholeCall || events.back().leg == events.front().leg) continue;
    periods.push_back(noted({events.back(), events.front()}, apart));
  }
  return periods;
}

std::vector<Period> sequence(const RuleSpec& rule, const Scene& scene) {
  const Pair& pair = rule.pairs.front();
  const auto first = group(scene.matches(rule, pair.when));
  std::vector<Period> periods;
  for (const auto& [key, seconds] : group(scene.matches(rule, pair.then.front()))) {
    const auto found = first.find(key);
    if (found == first.end()) continue;
    for (const Seen& second : seconds) {
      const auto after = std::ranges::upper_bound(found->second, occurred(second), {}, occurred);
      if (after == found->second.begin()) continue;
      const Seen& before = *std::prev(after);
      const Duration took = occurred(second) - occurred(before);
      if (took > rule.within || before.event == second.event) continue;
      periods.push_back(noted({before, second}, took));
      if (second.call == before.call) periods.back().leg = second.leg;
    }
  }
  return periods;
}

}  // namespace

std::vector<Period> event_periods(const RuleSpec& rule, const Scene& scene) {
  switch (rule.kind) {
    case Kind::kExpect: return expect(rule, scene);
    case Kind::kForbid: return rule.until ? forbid_until(rule, scene) : forbid(rule, scene);
    case Kind::kAtMost: return at_most(rule, scene);
    case Kind::kSpread: return spread(rule, scene);
    case Kind::kSequence: return sequence(rule, scene);
    case Kind::kRate: return {};
  }
  return {};
}

}  // namespace hookledger::rules
