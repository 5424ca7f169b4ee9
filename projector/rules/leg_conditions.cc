#include "projector/rules/leg_conditions.h"

#include <algorithm>

#include "projector/rules/match.h"
#include "projector/rules/state_event.h"

namespace hookledger::rules {
namespace {

bool is_state(const Pattern& pattern) { return pattern.what != Pattern::kEvent && pattern.call != CallState::kActive; }

bool is_of_states(const Pair& pair) { return is_state(pair.when) && std::ranges::all_of(pair.then, is_state); }

/// What makes the leg one that another leg's event concerns.
const EventFact* concern(Of of, const KnownLeg& leg) {
  switch (of) {
    case Of::kThis: return nullptr;
    case Of::kPeer: return leg.bridged;
    default: return leg.named;
  }
}

/// Nothing when all is well.
std::optional<Condition> pair_condition(const RuleSpec& rule, const Pair& pair, const KnownCall& call, LegIndex leg) {
  const EventFact* const when = state_event(pair.when, call, leg);
  if (when == nullptr) return std::nullopt;
  const EventFact* then = nullptr;
  for (const Pattern& pattern : pair.then) {
    if (then = state_event(pattern, call, leg); then != nullptr) break;
  }
  const Seen cause{&call, when, leg};
  if (rule.late) {
    if (then == nullptr || then->occurred_at - when->occurred_at <= rule.within) return std::nullopt;
    return Condition{.holds_from = Condition::kAtOnce,
                     .evidence = {cause, Seen{&call, then, leg}},
                     .took = then->occurred_at - when->occurred_at};
  }
  if (then != nullptr) return std::nullopt;
  const EventFact* const concerned =
      pair.when.what == Pattern::kLeg ? concern(pair.when.of, call.legs()[leg]) : nullptr;
  return Condition{.holds_from = when->occurred_at + rule.within, .evidence = {cause, Seen{&call, concerned, leg}}};
}

}  // namespace

bool is_of_states(const RuleSpec& rule) {
  if (rule.scope != Scope::kCall && rule.scope != Scope::kLeg) return false;
  if (rule.kind == Kind::kAtMost) return is_state(rule.event) && rule.event.what == Pattern::kLeg && !rule.distinct;
  return rule.kind == Kind::kExpect && rule.during == While::kAlways && !rule.condition && !rule.meanwhile &&
         !rule.due && std::ranges::all_of(rule.pairs, [](const Pair& pair) { return is_of_states(pair); });
}

std::optional<Condition> leg_condition(const RuleSpec& rule, const KnownCall& call, LegIndex leg) {
  if ((rule.scope == Scope::kCall) != (leg == kWholeCall) || !is_about(rule.legs, call, leg)) return std::nullopt;
  std::optional<Condition> joint;
  for (std::size_t i = 0; i < rule.pairs.size(); ++i) {
    auto condition = pair_condition(rule, rule.pairs[i], call, leg);
    if (!condition) continue;
    condition->missing_pairs = 1U << i;
    if (!joint) {
      joint = std::move(condition);
      continue;
    }
    joint->missing_pairs |= condition->missing_pairs;
    if (condition->holds_from < joint->holds_from) {
      std::swap(joint->holds_from, condition->holds_from);
      std::swap(joint->evidence, condition->evidence);
    }
    for (const Seen& seen : condition->evidence) {
      if (seen) joint->more.push_back(seen);
    }
  }
  return joint;
}

std::vector<LegIndex> legs_over_limit(const RuleSpec& rule, const KnownCall& call) {
  struct Stretch {
    Time from, to;
    LegIndex leg;
  };
  if (call.legs().size() - 1 <= rule.max) return {};
  std::vector<Stretch> stretches;
  for (LegIndex leg = kWholeCall + 1; leg < call.legs().size(); ++leg) {
    const EventFact* const begin = state_event(rule.event, call, leg);
    if (begin == nullptr || !is_about(rule.legs, call, leg)) continue;
    const EventFact* const end = rule.until ? state_event(*rule.until, call, leg) : nullptr;
    const Time to = end == nullptr ? Time::max() : end->occurred_at;
    if (begin->occurred_at < to) stretches.push_back({begin->occurred_at, to, leg});
  }
  std::vector<LegIndex> over;
  if (stretches.size() <= rule.max) return over;
  std::ranges::sort(stretches, {}, &Stretch::from);
  std::vector<Stretch> live, told;  // Those of `told` are in `over`.
  for (const Stretch& begun : stretches) {
    const auto has_ended = [&](const Stretch& each) { return each.to <= begun.from; };
    std::erase_if(live, has_ended);
    std::erase_if(told, has_ended);
    live.push_back(begun);
    if (live.size() + told.size() <= rule.max) continue;
    for (const Stretch& each : live) over.push_back(each.leg);
    told.insert(told.end(), live.begin(), live.end());
    live.clear();
  }
  std::ranges::sort(over);
  return over;
}

}  // namespace hookledger::rules
