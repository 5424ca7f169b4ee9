#include "projector/rules/arrival_walk.h"

#include <algorithm>
#include <utility>

#include "projector/rules/leg_conditions.h"
#include "projector/rules/state_event.h"

namespace hookledger::rules {
namespace {

std::vector<const EventFact*> arrivals(const CallFacts& facts, Time at) {
  std::vector<const EventFact*> events;
  events.reserve(facts.events().size());
  for (const EventFact& event : facts.events()) {
    if (!event.repeat && event.known_at <= at) events.push_back(&event);
  }
  if (!std::ranges::is_sorted(events, {}, &EventFact::known_at)) {
    std::ranges::stable_sort(events, {}, &EventFact::known_at);
  }
  return events;
}

}  // namespace

ArrivalWalk::ArrivalWalk(const CallFacts& facts, std::span<const RuleSpec* const> rules, Time at)
    : rules_(rules), known_(facts), over_(rules.size()), periods_(rules.size()) {
  for (const EventFact* event : arrivals(facts, at)) {
    known_.add(*event);
    settle(event->known_at);
  }
  end(at);
}

void ArrivalWalk::settle(Time now) {
  const std::vector<LegIndex>& changed = known_.settle();
  if (changed.empty()) return;
  running_.resize(known_.legs().size() * rules_.size());
  for (std::size_t rule = 0; rule < rules_.size(); ++rule) {
    if (rules_[rule]->kind == Kind::kAtMost) {
      set_over_limit(rule, now);
      continue;
    }
    for (const LegIndex leg : changed) set(rule, leg, leg_condition(*rules_[rule], known_, leg), now);
  }
}

void ArrivalWalk::set(std::size_t rule, LegIndex leg, std::optional<Condition> condition, Time now) {
  Running& running = running_[leg * rules_.size() + rule];
  const bool goes_on = running.condition && condition && running.condition->holds_from == condition->holds_from;
  if (!goes_on) {
    stop(rule, leg, now);
    running.known_since = now;
  }
  running.condition = std::move(condition);
}

void ArrivalWalk::set_over_limit(std::size_t rule, Time now) {
  std::vector<LegIndex> over = legs_over_limit(*rules_[rule], known_);
  for (const LegIndex leg : over_[rule]) {
    if (!std::ranges::binary_search(over, leg)) set(rule, leg, std::nullopt, now);
  }
  for (const LegIndex leg : over) {
    const Seen begun{&known_, state_event(rules_[rule]->event, known_, leg), leg};
    set(rule, leg, Condition{.holds_from = Condition::kAtOnce, .evidence = {begun}}, now);
  }
  over_[rule] = std::move(over);
}

void ArrivalWalk::stop(std::size_t rule, LegIndex leg, Time now) {
  const Running& running = running_[leg * rules_.size() + rule];
  if (!running.condition) return;
  const Time from = std::max(running.condition->holds_from, running.known_since);
  if (from >= now) return;
  periods_[rule].push_back({.from = from,
                            .to = now,
                            .leg = leg,
                            .condition = *running.condition,
                            .organization = known_.facts().text(known_.organization())});
}

void ArrivalWalk::end(Time at) {
  const std::size_t legs = rules_.empty() ? 0 : running_.size() / rules_.size();
  for (LegIndex leg = 0; leg < legs; ++leg) {
    for (std::size_t rule = 0; rule < rules_.size(); ++rule) {
      const Running& running = running_[leg * rules_.size() + rule];
      if (!running.condition) continue;
      const Time from = std::max(running.condition->holds_from, running.known_since);
      if (from > at) continue;
      periods_[rule].push_back({.from = from,
                                .leg = leg,
                                .condition = *running.condition,
                                .organization = known_.facts().text(known_.organization())});
    }
  }
  for (auto& periods : periods_) {
    std::ranges::sort(periods, {}, [](const Period& period) { return std::pair(period.from, period.leg); });
  }
}

}  // namespace hookledger::rules
