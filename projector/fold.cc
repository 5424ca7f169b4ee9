#include "projector/fold.h"

#include <algorithm>

#include "projector/call_outline.h"

namespace hookledger {
namespace {

std::optional<Time> time_of(const EventFact* event) {
  return event == nullptr ? std::nullopt : std::optional(event->occurred_at);
}

/// Order of optional times with absent ones last.
bool earlier(const std::optional<Time>& a, const std::optional<Time>& b) { return a && (!b || *a < *b); }

void keep_earliest(std::optional<Time>& kept, const std::optional<Time>& other) {
  if (earlier(other, kept)) kept = other;
}

Leg make_leg(const CallFacts& facts, const LegOutline& leg) {
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

}  // namespace

Call derive_call(const CallFacts& facts) {
  const CallOutline outline = outline_of(facts);
  Call call;
  call.id = facts.call_id();
  call.source = facts.text(outline.source);
  call.organization_id = facts.text(outline.organization);
  call.status = outline.status;
  call.event_count = outline.events.size();
  call.first_at = outline.first_at;
  call.last_at = outline.last_at;
  for (const EventFact* event : outline.events) {
    if (event->recording != 0) add_recording(facts, *event, call.recordings);
  }
  std::sort(call.recordings.begin(), call.recordings.end(), [](const Recording& a, const Recording& b) {
    if (a.started_at != b.started_at) return earlier(a.started_at, b.started_at);
    return a.id < b.id;
  });

  const auto incoming = [&](const LegOutline& leg) { return facts.text(leg.direction) == "incoming"; };
  const LegOutline* originator = nullptr;
  const LegOutline* winner = nullptr;
  for (const LegOutline& leg : outline.legs) {
    call.legs.push_back(make_leg(facts, leg));
    if (leg.dialled) continue;
    if (originator == nullptr || (incoming(leg) && !incoming(*originator))) originator = &leg;
  }
  const auto answer = [&](const LegOutline& leg) {
    return std::pair(leg.answered->occurred_at, facts.text(leg.answered->id));
  };
  for (const LegOutline& leg : outline.legs) {
    if (&leg == originator || leg.answered == nullptr) continue;
    if (winner == nullptr || answer(leg) < answer(*winner)) winner = &leg;
  }

  for (std::size_t i = 0; i < call.legs.size(); ++i) {
    const Leg& leg = call.legs[i];
    keep_earliest(call.initiated_at, leg.initiated_at);
    keep_earliest(call.answered_at, leg.answered_at);
    keep_earliest(call.bridged_at, leg.bridged_at);
    if (call.status == CallStatus::kEnded) call.ended_at = std::max(call.ended_at, leg.ended_at);
    if (!leg.initiated_at && !outline.legs[i].by_subscription) call.missing.push_back({leg.id, "call.initiated"});
    if (leg.bridged_at && !leg.answered_at) call.missing.push_back({leg.id, "call.answered"});
  }
  if (winner != nullptr) {
    call.answered_at = winner->answered->occurred_at;
    call.winner_leg_id = facts.text(winner->id);
  }
  if (originator != nullptr) {
    const Leg& leg = call.legs[static_cast<std::size_t>(originator - outline.legs.data())];
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
