#pragma once

#include <optional>
#include <vector>

#include "schemas/call.h"
#include "schemas/call_facts.h"

namespace hookledger {

/// A leg: of each meaning the first event and the first text, in the order in which events count; null or 0
/// where there is none.
struct LegOutline {
  Text id = 0;
  Text control_id = 0, direction = 0, from = 0, to = 0;
  const EventFact *initiated = nullptr, *ringing = nullptr, *answered = nullptr, *bridged = nullptr, *ended = nullptr;
  bool dialled = false;          ///< By another leg, which makes that one the originator.
  bool by_subscription = false;  ///< What was not received of it is not missing.

  CallStatus status() const;
};

/// What a call's facts say, without a copy of a text: views into the facts, which must outlive it.
struct CallOutline {
  std::vector<const EventFact*> events;  ///< `events_that_count`.
  Text source = 0;                       ///< Of the first event of a provider.
  Text organization = 0;
  Time first_at, last_at;
  CallStatus status = CallStatus::kNone;
  std::vector<LegOutline> legs;  ///< By (initiated_at, nulls last, id).
};

/// The devices that events name, each once.
std::vector<Text> devices_of(const CallFacts& facts);

/// The facts that count, in the order in which events count: provenance, occurred_at, event id; no repeats.
std::vector<const EventFact*> events_that_count(const CallFacts& facts);

/// Pure; the order of arrival plays no part (G4).
CallOutline outline_of(const CallFacts& facts);

}  // namespace hookledger
