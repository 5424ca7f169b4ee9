#pragma once

#include "projector/rules/rule_spec.h"
#include "projector/rules/seen.h"

namespace hookledger::rules {

/// Which leg's state is meant, as seen from `leg`; kNoLeg when there is none.
inline LegIndex leg_meant(Of of, const KnownCall& call, LegIndex leg) {
  switch (of) {
    case Of::kThis: return leg;
    case Of::kOriginator: return call.relations().originator;
    case Of::kWinner: return call.relations().winner;
    case Of::kPeer: return call.relations().peer_of(leg);
  }
  return kNoLeg;
}

inline const EventFact* event_of(const KnownLeg& leg, LegState state) {
  switch (state) {
    case LegState::kNamed: return leg.by_subscription ? nullptr : leg.named;
    case LegState::kInitiated: return leg.initiated;
    case LegState::kRinging: return leg.ringing;
    case LegState::kAnswered: return leg.answered;
    case LegState::kBridged: return leg.bridged;
    case LegState::kEnded: return leg.ended;
  }
  return nullptr;
}

inline const EventFact* event_of(const KnownCall& call, CallState state) {
  switch (state) {
    case CallState::kBegun: return call.relations().begun;
    case CallState::kEnded: return call.relations().last_ended;
    case CallState::kRecorded: return call.relations().recording;
    case CallState::kOrganized: return call.relations().organization;
    case CallState::kActive: return nullptr;
  }
  return nullptr;
}

/// The event of the state that the pattern means, as seen from `leg`; null when there is none.
inline const EventFact* state_event(const Pattern& pattern, const KnownCall& call, LegIndex leg) {
  if (pattern.what == Pattern::kCall) return event_of(call, pattern.call);
  const LegIndex meant = leg_meant(pattern.of, call, leg);
  return meant == kNoLeg || meant == kWholeCall ? nullptr : event_of(call.legs()[meant], pattern.leg);
}

}  // namespace hookledger::rules
