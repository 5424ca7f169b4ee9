#include "projector/call_outline.h"

#include <algorithm>
#include <tuple>

namespace hookledger {
namespace {

void keep(const EventFact*& mine, const EventFact& its) {
  if (mine == nullptr) mine = &its;
}

void keep(Text& mine, Text its) {
  if (mine == 0) mine = its;
}

void take(LegOutline& leg, const EventFact& event) {
  keep(leg.control_id, event.control_id);
  keep(leg.direction, event.direction);
  keep(leg.from, event.from);
  keep(leg.to, event.to);
  leg.dialled |= event.dialled;
  leg.by_subscription |= event.by_subscription;
  switch (event.effect) {
    case Effect::kInitiated: return keep(leg.initiated, event);
    case Effect::kRinging: return keep(leg.ringing, event);
    case Effect::kAnswered:
      keep(leg.answered, event);
      if (event.dialled) keep(leg.bridged, event);
      return;
    case Effect::kBridged: return keep(leg.bridged, event);
    case Effect::kHangup: return keep(leg.ended, event);
    case Effect::kNone:
    case Effect::kRecording: return;
  }
}

LegOutline& leg_of(std::vector<LegOutline>& legs, Text id) {
  const auto known = std::find_if(legs.begin(), legs.end(), [&](const LegOutline& leg) { return leg.id == id; });
  return known == legs.end() ? legs.emplace_back(LegOutline{.id = id}) : *known;
}

CallStatus status_of(const std::vector<LegOutline>& legs) {
  CallStatus status = CallStatus::kNone;
  for (const LegOutline& leg : legs) {
    if (leg.status() != CallStatus::kEnded) status = std::max(status, leg.status());
  }
  return status == CallStatus::kNone && !legs.empty() ? CallStatus::kEnded : status;
}

}  // namespace

CallStatus LegOutline::status() const {
  if (ended != nullptr) return CallStatus::kEnded;
  if (bridged != nullptr) return CallStatus::kBridged;
  if (answered != nullptr) return CallStatus::kAnswered;
  if (ringing != nullptr) return CallStatus::kRinging;
  return CallStatus::kInitiated;
}

std::vector<Text> devices_of(const CallFacts& facts) {
  std::vector<Text> devices;
  for (const EventFact& event : facts.events()) {
    if (event.device != 0 && !event.repeat) devices.push_back(event.device);
  }
  std::ranges::sort(devices);
  devices.erase(std::unique(devices.begin(), devices.end()), devices.end());
  return devices;
}

std::vector<const EventFact*> events_that_count(const CallFacts& facts) {
  std::vector<const EventFact*> events;
  events.reserve(facts.events().size());
  for (const EventFact& event : facts.events()) {
    if (!event.repeat) events.push_back(&event);
  }
  std::sort(events.begin(), events.end(), [&](const EventFact* a, const EventFact* b) {
    return std::tuple(a->provenance, a->occurred_at, facts.text(a->id), a->telemetry) <
           std::tuple(b->provenance, b->occurred_at, facts.text(b->id), b->telemetry);
  });
  return events;
}

CallOutline outline_of(const CallFacts& facts) {
  CallOutline call;
  call.events = events_that_count(facts);
  if (call.events.empty()) return call;
  call.first_at = call.last_at = call.events.front()->occurred_at;
  for (const EventFact* event : call.events) {
    call.first_at = std::min(call.first_at, event->occurred_at);
    call.last_at = std::max(call.last_at, event->occurred_at);
    if (!event->telemetry) keep(call.source, event->source);
    keep(call.organization, event->organization);
    if (event->leg != 0) take(leg_of(call.legs, event->leg), *event);
  }
  std::sort(call.legs.begin(), call.legs.end(), [&](const LegOutline& a, const LegOutline& b) {
    const auto place = [&](const LegOutline& leg) {
      return std::tuple(leg.initiated == nullptr, leg.initiated == nullptr ? Time() : leg.initiated->occurred_at,
                        facts.text(leg.id));
    };
    return place(a) < place(b);
  });
  call.status = status_of(call.legs);
  return call;
}

}  // namespace hookledger
