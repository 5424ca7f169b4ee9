#include "projector/rules/at_most.h"

#include <algorithm>
#include <map>
#include <set>

#include "projector/rules/event_groups.h"
#include "projector/rules/field.h"

namespace hookledger::rules {
namespace {

std::vector<Seen> by_arrival(std::vector<Seen> events) {
  std::ranges::stable_sort(events, {}, received);
  return events;
}

/// More than `max` events, each for good.
void add_too_many(const RuleSpec& rule, std::vector<Seen> events, std::vector<Period>& periods) {
  if (events.size() <= rule.max) return;
  const Time from = received(by_arrival(events)[rule.max]);
  periods.push_back({.from = from, .leg = events.front().leg, .condition = {.holds_from = occurred(events[rule.max])}});
  prove(periods.back().condition, events);
}

/// Different values: for each leg the first event that has one, and the first with another.
void add_distinct(const RuleSpec& rule, const std::vector<Seen>& events, std::vector<Period>& periods) {
  struct Of {
    Seen first, other;
    std::string value;
  };
  std::set<std::string> values;
  std::map<LegIndex, Of> legs;
  std::optional<Time> over;
  for (const Seen& seen : by_arrival(events)) {
    std::string value = read_text(*rule.distinct, seen);
    if (value.empty()) continue;
    values.insert(value);
    if (!over && values.size() > rule.max) over = received(seen);
    Of& leg = legs[seen.leg];
    if (!leg.first) {
      leg.first = seen;
      leg.value = std::move(value);
    } else if (!leg.other && value != leg.value) {
      leg.other = seen;
    }
  }
  if (!over) return;
  for (const auto& [leg, of] : legs) {
    periods.push_back({.from = std::max(*over, received(of.first)),
                       .leg = leg,
                       .condition = {.holds_from = Condition::kAtOnce, .evidence = {of.first, of.other}}});
  }
}

/// One that begins and ends, as far as is known at a time.
struct Live {
  Seen begun, ended;
  bool is_live() const { return begun && (!ended || occurred(ended) < occurred(begun)); }
};

/// A change in what is known.
struct Change {
  Seen seen;
  bool begins = true;
  std::string which;
};

/// Follows one group's changes in the order of `time_of`, and calls `crossed(now, alive)` whenever the limit is passed
/// in one or the other direction; `alive` is by occurrence.
template <class TimeOf, class Crossed>
void follow(const RuleSpec& rule, std::vector<Change> changes, const TimeOf& time_of, const Crossed& crossed) {
  std::ranges::stable_sort(changes, {}, [&](const Change& change) { return time_of(change.seen); });
  std::map<std::string, Live> known;
  std::size_t count = 0;
  bool over = false;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const Change& change = changes[i];
    Live& live = known[change.which];
    Seen& mark = change.begins ? live.begun : live.ended;
    const bool was_live = live.is_live();
    if (!mark || occurred(mark) < occurred(change.seen)) mark = change.seen;
    count = count - (was_live ? 1 : 0) + (live.is_live() ? 1 : 0);
    const Time now = time_of(change.seen);
    const bool last_of_instant = i + 1 == changes.size() || time_of(changes[i + 1].seen) != now;
    if (!last_of_instant || over == (count > rule.max)) continue;
    over = !over;
    std::vector<Seen> alive;
    for (const auto& [which, each] : known) {
      if (each.is_live()) alive.push_back(each.begun);
    }
    std::ranges::stable_sort(alive, {}, occurred);
    crossed(now, alive);
  }
}

Period begin_period(const RuleSpec& rule, Time from, std::vector<Seen> alive) {
  const Seen& too_many = alive[rule.max];
  Period period{.from = from, .leg = too_many.leg, .condition = {.holds_from = occurred(too_many)}};
  std::swap(alive[0], alive[rule.max]);  // The one too many is what the finding is about.
  prove(period.condition, alive);
  return period;
}

/// As it is known: over the limit from one arrival to another.
void add_live(const RuleSpec& rule, std::vector<Change> changes, std::vector<Period>& periods) {
  follow(rule, std::move(changes), received, [&](Time now, const std::vector<Seen>& alive) {
    if (alive.size() > rule.max) {
      periods.push_back(begin_period(rule, now, alive));
    } else {
      periods.back().to = now;
    }
  });
}

/// As it was: over the limit from one event to another.
void add_past(const RuleSpec& rule, std::vector<Change> changes, std::vector<Period>& periods) {
  follow(rule, std::move(changes), occurred, [&](Time, const std::vector<Seen>& alive) {
    if (alive.size() <= rule.max) return;
    const Time from = received(*std::ranges::max_element(alive, {}, received));
    periods.push_back(begin_period(rule, from, alive));
  });
}

std::map<std::string_view, std::vector<Change>> gather_changes(const RuleSpec& rule, const Scene& scene) {
  std::map<std::string_view, std::vector<Change>> groups;
  const auto add = [&](const Pattern& pattern, bool begins) {
    const Matches& matches = scene.matches(rule, pattern);
    for (std::size_t i = 0; i < matches.events.size(); ++i) {
      const Seen& seen = matches.events[i];
      groups[matches.key(i)].push_back({seen, begins, rule.by ? read_text(*rule.by, seen) : std::string(seen.id())});
    }
  };
  if (rule.event.what == Pattern::kCall && rule.event.call == CallState::kActive) {
    for (const DeviceCall& call : device_calls(scene.calls(), scene.device())) {
      auto& changes = groups[{}];
      changes.push_back({call.from, true, call.from.facts().call_id()});
      if (call.to) changes.push_back({call.to, false, call.from.facts().call_id()});
    }
    return groups;
  }
  if (scene.matches(rule, rule.event).events.size() <= rule.max) return groups;  // Too few have begun.
  add(rule.event, true);
  if (rule.until) add(*rule.until, false);
  return groups;
}

}  // namespace

std::vector<Period> at_most(const RuleSpec& rule, const Scene& scene) {
  std::vector<Period> periods;
  const bool begins_and_ends = rule.until || rule.event.call == CallState::kActive;
  if (begins_and_ends) {
    for (auto& [key, changes] : gather_changes(rule, scene)) {
      if (changes.size() <= rule.max) continue;
      if (rule.noted) {
        add_past(rule, std::move(changes), periods);
      } else {
        add_live(rule, std::move(changes), periods);
      }
    }
    return periods;
  }
  if (scene.matches(rule, rule.event).events.size() <= rule.max) return periods;
  for (auto& [key, events] : group(scene.matches(rule, rule.event))) {
    if (rule.distinct) {
      add_distinct(rule, events, periods);
    } else {
      add_too_many(rule, events, periods);
    }
  }
  return periods;
}

}  // namespace hookledger::rules
