#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "tests/projector/fold_event.h"

namespace hookledger::testing {

/// A second reading of "The call model", by the letter: everything is looked up anew in the sorted events, so neither
/// order of arrival nor what was looked up before can play a part. Slow.
class FoldOracle {
 public:
  /// `events` in the order in which they were appended.
  static Call call(const std::vector<FoldEvent>& events) { return FoldOracle(events).derive(); }

 private:
  using OptionalTime = std::optional<Time>;

  explicit FoldOracle(const std::vector<FoldEvent>& events) {
    std::set<std::pair<bool, std::string>> known;
    for (const bool stand_ins : {false, true}) {  // Of copies one that is none counts first.
      for (FoldEvent event : events) {
        if ((rank(event.provenance) > 2) != stand_ins) continue;
        if (!event.timed) event.occurred_at = event.received_at;
        if (known.insert({event.telemetry, event.id}).second) events_.push_back(event);
      }
    }
    std::sort(events_.begin(), events_.end(), [](const FoldEvent& a, const FoldEvent& b) {
      return std::tuple(rank(a.provenance), a.occurred_at, a.id, a.telemetry) <
             std::tuple(rank(b.provenance), b.occurred_at, b.id, b.telemetry);
    });
  }

  static int rank(Provenance provenance) {
    switch (provenance) {
      case Provenance::kDelivered: return 1;
      case Provenance::kImported: return 2;
      case Provenance::kRecovered: return 3;
      case Provenance::kSynthetic: return 4;
    }
    return 5;
  }

  /// The event that counts of those of this leg with this meaning.
  const FoldEvent* first(const std::string& leg, const std::string& type) const {
    for (const FoldEvent& event : events_) {
      if (!event.telemetry && event.leg == leg && event.type == type) return &event;
    }
    return nullptr;
  }
  OptionalTime when(const std::string& leg, const std::string& type) const {
    const FoldEvent* event = first(leg, type);
    return event == nullptr ? OptionalTime() : OptionalTime(event->occurred_at);
  }
  bool any(const std::string& leg, bool FoldEvent::*field) const {
    return std::ranges::any_of(events_, [&](const FoldEvent& event) { return event.leg == leg && event.*field; });
  }
  std::string attribute(const std::string& leg, std::string FoldEvent::*field) const {
    for (const FoldEvent& event : events_) {
      if (event.leg == leg && !(event.*field).empty()) return event.*field;
    }
    return {};
  }

  Leg leg(const std::string& id) const {
    Leg leg;
    leg.id = id;
    leg.control_id = attribute(id, &FoldEvent::control_id);
    leg.direction = attribute(id, &FoldEvent::direction);
    leg.from = attribute(id, &FoldEvent::from);
    leg.to = attribute(id, &FoldEvent::to);
    leg.initiated_at = when(id, "call.initiated");
    leg.ringing_at = when(id, "leg.ringing");
    leg.answered_at = when(id, "call.answered");
    for (const FoldEvent& event : events_) {
      if (event.telemetry) continue;
      const bool bridges = event.type == "call.bridged" || (event.type == "call.answered" && event.dialled);
      if (event.leg == id && bridges && !leg.bridged_at) leg.bridged_at = event.occurred_at;
    }
    leg.ended_at = when(id, "call.hangup");
    leg.status = leg.ended_at      ? CallStatus::kEnded
                 : leg.bridged_at  ? CallStatus::kBridged
                 : leg.answered_at ? CallStatus::kAnswered
                 : leg.ringing_at  ? CallStatus::kRinging
                                   : CallStatus::kInitiated;
    if (const FoldEvent* hangup = first(id, "call.hangup")) {
      leg.hangup_cause = hangup->hangup_cause;
      leg.hangup_source = hangup->hangup_source;
      leg.sip_hangup_cause = hangup->sip_hangup_cause;
    }
    return leg;
  }

  /// (nulls last, time).
  static auto nulls_last(const OptionalTime& time) { return std::pair(!time.has_value(), time.value_or(Time())); }

  static OptionalTime earliest(const std::vector<Leg>& legs, OptionalTime Leg::*time) {
    std::set<Time> times;
    for (const Leg& leg : legs) {
      if (leg.*time) times.insert(*(leg.*time));
    }
    return times.empty() ? OptionalTime() : OptionalTime(*times.begin());
  }

  Call derive() const {
    Call call;
    call.id = "call";
    if (events_.empty()) return call;
    for (const FoldEvent& event : events_) {
      if (event.telemetry) continue;
      if (call.source.empty()) call.source = event.source;
      if (call.organization_id.empty()) call.organization_id = event.organization;
    }
    std::set<std::string> ids;
    std::set<Time> times;
    for (const FoldEvent& event : events_) {
      if (!event.leg.empty()) ids.insert(event.leg);
      times.insert(event.occurred_at);
    }
    for (const std::string& id : ids) call.legs.push_back(leg(id));
    std::sort(call.legs.begin(), call.legs.end(), [](const Leg& a, const Leg& b) {
      return std::pair(nulls_last(a.initiated_at), a.id) < std::pair(nulls_last(b.initiated_at), b.id);
    });
    call.event_count = events_.size();
    call.first_at = *times.begin();
    call.last_at = *times.rbegin();
    add_recordings(call);
    if (!call.legs.empty()) relate(call);
    return call;
  }

  void relate(Call& call) const {
    const auto dialled = [this](const Leg& leg) { return any(leg.id, &FoldEvent::dialled); };
    const Leg* originator = nullptr;
    for (const Leg& leg : call.legs) {
      if (originator == nullptr && leg.direction == "incoming" && !dialled(leg)) originator = &leg;
    }
    for (const Leg& leg : call.legs) {
      if (originator == nullptr && !dialled(leg)) originator = &leg;
    }
    if (originator != nullptr) {
      call.originator_leg_id = originator->id;
      call.direction = originator->direction;
      call.from = originator->from;
      call.to = originator->to;
      call.hangup_cause = originator->hangup_cause;
      call.hangup_source = originator->hangup_source;
    }

    std::map<std::pair<Time, std::string>, std::string> answers;
    std::set<CallStatus> going_on;
    std::set<Time> ends;
    for (const Leg& leg : call.legs) {
      if (&leg != originator && leg.answered_at)
        answers[{*leg.answered_at, first(leg.id, "call.answered")->id}] = leg.id;
      if (leg.status != CallStatus::kEnded) going_on.insert(leg.status);
      if (leg.ended_at) ends.insert(*leg.ended_at);
      if (!leg.initiated_at && !any(leg.id, &FoldEvent::by_subscription))
        call.missing.push_back({leg.id, "call.initiated"});
      if (leg.bridged_at && !leg.answered_at) call.missing.push_back({leg.id, "call.answered"});
    }
    call.status = going_on.empty() ? CallStatus::kEnded : *going_on.rbegin();
    if (going_on.empty()) call.ended_at = *ends.rbegin();
    call.initiated_at = earliest(call.legs, &Leg::initiated_at);
    call.bridged_at = earliest(call.legs, &Leg::bridged_at);
    call.answered_at = earliest(call.legs, &Leg::answered_at);
    if (!answers.empty()) {
      call.winner_leg_id = answers.begin()->second;
      call.answered_at = answers.begin()->first.first;
    }
  }

  void add_recordings(Call& call) const {
    std::set<std::string> known;
    for (const FoldEvent& event : events_) {
      if (event.telemetry) continue;
      const bool saved = event.type == "call.recording.saved" || event.type == "conference.recording.saved";
      if (!saved && event.recording_id.empty()) continue;
      const std::string id = event.recording_id.empty() ? event.id : event.recording_id;
      if (!known.insert(id).second) continue;
      call.recordings.push_back({.id = id,
                                 .started_at = event.recording_started_at,
                                 .ended_at = event.recording_ended_at,
                                 .saved_at = event.occurred_at,
                                 .channels = event.channels,
                                 .urls = event.urls});
    }
    std::sort(call.recordings.begin(), call.recordings.end(), [](const Recording& a, const Recording& b) {
      return std::pair(nulls_last(a.started_at), a.id) < std::pair(nulls_last(b.started_at), b.id);
    });
  }

  std::vector<FoldEvent> events_;
};

}  // namespace hookledger::testing
