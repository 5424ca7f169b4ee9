#include "projector/fold.h"

#include <algorithm>
#include <tuple>

namespace hookledger {
namespace {

/// A leg in the making: the first event of each meaning, by the order in which events count.
struct LegFacts {
  Text id = 0;
  Text control_id = 0, direction = 0, from = 0, to = 0;
  const EventFact *initiated = nullptr, *ringing = nullptr, *answered = nullptr, *bridged = nullptr, *ended = nullptr;

  void take(const EventFact& event) {
    for (const auto& [mine, its] : {std::pair{&control_id, event.control_id}, std::pair{&direction, event.direction},
                                    std::pair{&from, event.from}, std::pair{&to, event.to}}) {
      if (*mine == 0) *mine = its;
    }
    const EventFact** slot = slot_of(event.effect);
    if (slot != nullptr && *slot == nullptr) *slot = &event;
  }

  CallStatus status() const {
    if (ended != nullptr) return CallStatus::kEnded;
    if (bridged != nullptr) return CallStatus::kBridged;
    if (answered != nullptr) return CallStatus::kAnswered;
    if (ringing != nullptr) return CallStatus::kRinging;
    return CallStatus::kInitiated;
  }

 private:
  const EventFact** slot_of(Effect effect) {
    switch (effect) {
      case Effect::kInitiated: return &initiated;
      case Effect::kRinging: return &ringing;
      case Effect::kAnswered: return &answered;
      case Effect::kBridged: return &bridged;
      case Effect::kHangup: return &ended;
      case Effect::kNone:
      case Effect::kRecording: return nullptr;
    }
    return nullptr;
  }
};

std::optional<Time> time_of(const EventFact* event) {
  return event == nullptr ? std::nullopt : std::optional(event->occurred_at);
}

/// Order of optional times with absent ones last.
bool earlier(const std::optional<Time>& a, const std::optional<Time>& b) { return a && (!b || *a < *b); }

void keep_earliest(std::optional<Time>& kept, const std::optional<Time>& other) {
  if (earlier(other, kept)) kept = other;
}

Leg make_leg(const CallFacts& facts, const LegFacts& leg) {
  Leg out;
  out.id = facts.text(leg.id);
  out.control_id = facts.text(leg.control_id);
  out.direction = facts.text(leg.direction);
  out.from = facts.text(leg.from);
  out.to = facts.text(leg.to);
  out.status = leg.status();
  out.initiated_at = time_of(leg.initiated);
  out.ringing_at = time_of(leg.ringing);
  out.answered_at = time_of(leg.answered);
  out.bridged_at = time_of(leg.bridged);
  out.ended_at = time_of(leg.ended);
  if (leg.ended != nullptr) {
    out.hangup_cause = facts.text(leg.ended->hangup_cause);
    out.hangup_source = facts.text(leg.ended->hangup_source);
    out.sip_hangup_cause = facts.text(leg.ended->sip_hangup_cause);
  }
  return out;
}

void add_recording(const CallFacts& facts, const EventFact& event, std::vector<Recording>& recordings) {
  const std::string_view id = facts.text(event.recording);
  if (std::any_of(recordings.begin(), recordings.end(), [&](const Recording& known) { return known.id == id; })) return;
  Recording recording;
  recording.id = id;
  recording.started_at = event.recording_started_at;
  recording.ended_at = event.recording_ended_at;
  recording.saved_at = event.occurred_at;
  recording.channels = facts.text(event.channels);
  recording.urls = facts.text(event.urls);
  recordings.push_back(std::move(recording));
}

void derive_status(Call& call) {
  bool all_ended = !call.legs.empty();
  for (const Leg& leg : call.legs) {
    if (leg.status == CallStatus::kEnded) continue;
    all_ended = false;
    call.status = std::max(call.status, leg.status);
  }
  if (!all_ended) return;
  call.status = CallStatus::kEnded;
  for (const Leg& leg : call.legs) call.ended_at = std::max(call.ended_at, leg.ended_at);
}

}  // namespace

std::vector<const EventFact*> events_that_count(const CallFacts& facts) {
  std::vector<const EventFact*> events;
  events.reserve(facts.events().size());
  for (const EventFact& event : facts.events()) {
    if (!event.repeat) events.push_back(&event);
  }
  std::sort(events.begin(), events.end(), [&](const EventFact* a, const EventFact* b) {
    return std::tuple(a->provenance, a->occurred_at, facts.text(a->id)) <
           std::tuple(b->provenance, b->occurred_at, facts.text(b->id));
  });
  return events;
}

Call derive_call(const CallFacts& facts) {
  Call call;
  call.id = facts.call_id();
  const auto events = events_that_count(facts);
  if (events.empty()) return call;
  call.source = facts.text(events.front()->source);
  call.event_count = events.size();
  call.first_at = call.last_at = events.front()->occurred_at;

  std::vector<LegFacts> legs;
  for (const EventFact* event : events) {
    call.first_at = std::min(call.first_at, event->occurred_at);
    call.last_at = std::max(call.last_at, event->occurred_at);
    if (call.organization_id.empty()) call.organization_id = facts.text(event->organization);
    if (event->effect == Effect::kRecording) add_recording(facts, *event, call.recordings);
    if (event->leg == 0) continue;
    auto leg = std::find_if(legs.begin(), legs.end(), [&](const LegFacts& known) { return known.id == event->leg; });
    if (leg == legs.end()) {
      legs.push_back({.id = event->leg});
      leg = legs.end() - 1;
    }
    leg->take(*event);
  }
  std::sort(call.recordings.begin(), call.recordings.end(), [](const Recording& a, const Recording& b) {
    if (a.started_at != b.started_at) return earlier(a.started_at, b.started_at);
    return a.id < b.id;
  });
  std::sort(legs.begin(), legs.end(), [&](const LegFacts& a, const LegFacts& b) {
    const auto a_at = time_of(a.initiated), b_at = time_of(b.initiated);
    if (a_at != b_at) return earlier(a_at, b_at);
    return facts.text(a.id) < facts.text(b.id);
  });

  const LegFacts* originator = nullptr;
  const LegFacts* winner = nullptr;
  for (const LegFacts& leg : legs) {
    call.legs.push_back(make_leg(facts, leg));
    if (originator == nullptr && facts.text(leg.direction) == "incoming") originator = &leg;
  }
  if (originator == nullptr && !legs.empty()) originator = &legs.front();
  const auto answer = [&](const LegFacts& leg) {
    return std::pair(leg.answered->occurred_at, facts.text(leg.answered->id));
  };
  for (const LegFacts& leg : legs) {
    if (&leg == originator || leg.answered == nullptr) continue;
    if (winner == nullptr || answer(leg) < answer(*winner)) winner = &leg;
  }

  derive_status(call);
  for (const Leg& leg : call.legs) {
    keep_earliest(call.initiated_at, leg.initiated_at);
    keep_earliest(call.answered_at, leg.answered_at);
    keep_earliest(call.bridged_at, leg.bridged_at);
    if (!leg.initiated_at) call.missing.push_back({leg.id, "call.initiated"});
    if (leg.bridged_at && !leg.answered_at) call.missing.push_back({leg.id, "call.answered"});
  }
  if (winner != nullptr) {
    call.answered_at = winner->answered->occurred_at;
    call.winner_leg_id = facts.text(winner->id);
  }
  if (originator != nullptr) {
    const Leg& leg = call.legs[static_cast<std::size_t>(originator - legs.data())];
    call.originator_leg_id = leg.id;
    call.direction = leg.direction;
    call.from = leg.from;
    call.to = leg.to;
    call.hangup_cause = leg.hangup_cause;
    call.hangup_source = leg.hangup_source;
  }
  return call;
}

}  // namespace hookledger
