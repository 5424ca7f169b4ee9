#pragma once

#include "schemas/call.h"
#include "schemas/call_facts.h"

namespace hookledger {

/// What a set of facts means: CONTRACT, "The call model". Pure; the order of arrival plays no part (G4).
Call derive_call(const CallFacts& facts);

/// The facts that count, in the order in which events count: provenance, occurred_at, event id; no repeats.
std::vector<const EventFact*> events_that_count(const CallFacts& facts);

}  // namespace hookledger
