#include "projector/arrival_walk.h"

#include <algorithm>
#include <utility>

namespace hookledger {
namespace {

std::vector<const EventFact*> arrivals(const CallFacts& facts, Time at) {
  std::vector<const EventFact*> events;
  events.reserve(facts.events().size());
  for (const EventFact& event : facts.events()) {
    if (!event.repeat && event.received_at <= at) events.push_back(&event);
  }
  if (!std::ranges::is_sorted(events, {}, &EventFact::received_at)) {
    std::ranges::stable_sort(events, {}, &EventFact::received_at);
  }
  return events;
}

}  // namespace

ArrivalWalk::ArrivalWalk(const CallFacts& facts, const std::vector<Rule>& rules, Time at)
    : rules_(rules), known_(facts), periods_(rules.size()) {
  for (const EventFact* event : arrivals(facts, at)) {
    arrive(*event);
    settle(event->received_at);
  }
  end(at);
}

void ArrivalWalk::arrive(const EventFact& event) {
  const LegIndex leg = known_.add(event);
  for (std::size_t rule = 0; rule < rules_.size(); ++rule) {
    if (!rules_[rule].info.enabled || rules_[rule].event_check == nullptr) continue;
    const auto condition = rules_[rule].event_check(event, rules_[rule].limit());
    if (condition) periods_[rule].push_back({.from = event.received_at, .leg = leg, .condition = *condition});
  }
}

void ArrivalWalk::settle(Time now) {
  const std::vector<LegIndex>& changed = known_.settle();
  running_.resize(known_.legs().size() * rules_.size());
  for (const LegIndex leg : changed) {
    for (std::size_t rule = 0; rule < rules_.size(); ++rule) {
      if (!rules_[rule].info.enabled || rules_[rule].leg_check == nullptr) continue;
      const auto condition = rules_[rule].leg_check(known_, leg, rules_[rule].limit());
      Running& running = running_[leg * rules_.size() + rule];
      const bool goes_on = running.condition && condition && running.condition->holds_from == condition->holds_from;
      if (!goes_on) {
        stop(rule, leg, now);
        running.known_since = now;
      }
      running.condition = condition;
    }
  }
}

void ArrivalWalk::stop(std::size_t rule, LegIndex leg, Time now) {
  const Running& running = running_[leg * rules_.size() + rule];
  if (!running.condition) return;
  const Time from = std::max(running.condition->holds_from, running.known_since);
  if (from >= now) return;
  periods_[rule].push_back(
      {.from = from, .to = now, .leg = leg, .condition = *running.condition, .organization = known_.organization()});
}

void ArrivalWalk::end(Time at) {
  for (LegIndex leg = 0; leg < running_.size() / rules_.size(); ++leg) {
    for (std::size_t rule = 0; rule < rules_.size(); ++rule) {
      const Running& running = running_[leg * rules_.size() + rule];
      if (!running.condition) continue;
      const Time from = std::max(running.condition->holds_from, running.known_since);
      if (from <= at) periods_[rule].push_back({.from = from, .leg = leg, .condition = *running.condition});
    }
  }
  for (auto& periods : periods_) {
    std::ranges::sort(periods, {}, [](const Period& period) { return std::pair(period.from, period.leg); });
    for (Period& period : periods) {
      if (!period.to) period.organization = known_.organization();
    }
  }
}

}  // namespace hookledger
