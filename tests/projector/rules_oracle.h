#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "projector/call_outline.h"
#include "projector/fold.h"
#include "schemas/call_facts.h"

namespace hookledger::testing {

/// A second opinion on the built-in rules, from the call as the fold derives it: slow, and by the letter of
/// their table. Per rule and leg (an empty id: the call), the instant from which the condition holds.
class RulesOracle {
 public:
  using Deadlines = std::map<std::string, std::map<std::string, Time>>;

  static Deadlines deadlines(const CallFacts& known) {
    RulesOracle oracle(known);
    oracle.judge();
    return oracle.found_;
  }

  static bool knows(std::string_view rule) { return rule != "legs-initiated-apart"; }

  /// Rules that hold at `at`, with the legs concerned in the call's order.
  static std::map<std::string, std::vector<std::string>> holding(const CallFacts& facts, Time at) {
    const CallFacts known = facts.as_of(at, false);
    const Call call = derive_call(known);
    std::map<std::string, std::vector<std::string>> holding;
    for (const auto& [rule, legs] : deadlines(known)) {
      if (std::ranges::none_of(legs, [&](const auto& leg) { return leg.second <= at; })) continue;
      std::vector<std::string>& concerned = holding[rule];
      for (const Leg& leg : call.legs) {
        if (legs.contains(leg.id) && legs.at(leg.id) <= at) concerned.push_back(leg.id);
      }
    }
    return holding;
  }

 private:
  explicit RulesOracle(const CallFacts& known) : facts_(known), call_(derive_call(known)) {}

  void judge() {
    using namespace std::chrono_literals;
    const Leg* originator = leg(call_.originator_leg_id);
    const Leg* winner = leg(call_.winner_leg_id);
    std::vector<const Leg*> bridged;
    for (const Leg& it : call_.legs) {
      const bool other = &it != originator, ended = it.ended_at.has_value();
      if (other && originator != nullptr && originator->ended_at && !ended)
        due("legs-ring-after-hangup", it.id, *originator->ended_at + 2s);
      if (other && winner != nullptr && &it != winner && !it.answered_at && !ended) {
        due("legs-ring-after-answer", it.id, *winner->answered_at + 2s);
      }
      if (other && it.answered_at && !it.bridged_at && !ended) {
        due("answered-not-bridged", it.id, *it.answered_at + 10s);
      }
      if (it.initiated_at && !it.answered_at && !ended) due("no-answer-no-end", it.id, *it.initiated_at + 60s);
      if (it.initiated_at && !ended) due("no-end", it.id, *it.initiated_at + 4h + 5min);
      if (it.bridged_at && !dialled(it.id)) bridged.push_back(&it);
      if ((other || winner == nullptr) && it.answered_at && it.bridged_at && *it.bridged_at > *it.answered_at + 10s) {
        noted("slow-bridge", it.id);
      }
      for (const Leg& second : call_.legs) {
        if (other && &second != originator && &it != &second && together(it, second)) noted("double-answer", it.id);
      }
    }
    if (bridged.size() == 2) {
      for (const auto& [gone, left] : {std::pair(bridged[0], bridged[1]), std::pair(bridged[1], bridged[0])}) {
        if (gone->ended_at && !left->ended_at) due("peer-not-ended", left->id, *gone->ended_at + 10s);
      }
    }
    for (const MissingEvent& missing : call_.missing) {
      due("missing-event", missing.leg_id,
          (missing.type == "call.answered" ? *leg(missing.leg_id)->bridged_at : named_at(missing.leg_id)) + 5s);
    }
    if (call_.ended_at && call_.recordings.empty()) due("recording-not-saved", "", *call_.ended_at + 5min);
    judge_events();
  }

  void judge_events() {
    std::set<std::string_view> organizations;
    for (const EventFact* event : events_that_count(facts_)) {
      if (event->organization != 0) organizations.insert(facts_.text(event->organization));
      if (event->timed && event->provenance <= Provenance::kImported &&
          event->received_at - event->occurred_at > std::chrono::seconds(2)) {
        noted("late-event", std::string(facts_.text(event->leg)));
      }
    }
    if (organizations.size() < 2) return;
    for (const EventFact* event : events_that_count(facts_)) {
      if (event->organization != 0) noted("organization-conflict", std::string(facts_.text(event->leg)));
    }
  }

  const Leg* leg(const std::string& id) const {
    for (const Leg& it : call_.legs) {
      if (it.id == id) return &it;
    }
    return nullptr;
  }

  bool dialled(const std::string& id) const {
    return std::ranges::any_of(events_that_count(facts_),
                               [&](const EventFact* event) { return event->dialled && facts_.text(event->leg) == id; });
  }

  Time named_at(const std::string& id) const {
    Time first = Time::max();
    for (const EventFact* event : events_that_count(facts_)) {
      if (facts_.text(event->leg) == id) first = std::min(first, event->occurred_at);
    }
    return first;
  }

  static bool together(const Leg& a, const Leg& b) {
    if (!a.answered_at || !b.answered_at) return false;
    return std::max(*a.answered_at, *b.answered_at) <
           std::min(a.ended_at.value_or(Time::max()), b.ended_at.value_or(Time::max()));
  }

  void due(const std::string& rule, const std::string& leg_id, Time from) {
    const auto [entry, added] = found_[rule].try_emplace(leg_id, from);
    if (!added) entry->second = std::min(entry->second, from);
  }
  void noted(const std::string& rule, const std::string& leg_id) { due(rule, leg_id, Time::min()); }

  const CallFacts& facts_;
  Call call_;
  Deadlines found_;
};

}  // namespace hookledger::testing
