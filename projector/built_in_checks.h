#pragma once

#include "projector/rule.h"

/// The conditions of CONTRACT, "Findings and rules", one function each: may this leg be said to be in the
/// rule's trouble, and from when on? Each looks at all that is known, so none depends on order.
namespace hookledger::checks {

std::optional<Condition> legs_ring_after_hangup(const KnownCall& call, LegIndex leg, Duration limit);
std::optional<Condition> legs_ring_after_answer(const KnownCall& call, LegIndex leg, Duration limit);
std::optional<Condition> answered_not_bridged(const KnownCall& call, LegIndex leg, Duration limit);
std::optional<Condition> no_answer_no_end(const KnownCall& call, LegIndex leg, Duration limit);
std::optional<Condition> peer_not_ended(const KnownCall& call, LegIndex leg, Duration limit);
std::optional<Condition> no_end(const KnownCall& call, LegIndex leg, Duration limit);
std::optional<Condition> missing_event(const KnownCall& call, LegIndex leg, Duration limit);
std::optional<Condition> recording_not_saved(const KnownCall& call, LegIndex leg, Duration limit);
std::optional<Condition> organization_conflict(const KnownCall& call, LegIndex leg, Duration limit);
std::optional<Condition> double_answer(const KnownCall& call, LegIndex leg, Duration limit);
std::optional<Condition> late_event(const EventFact& event, Duration limit);
/// The originator may wait in a menu or for others to ring, so it counts only when it alone was answered.
std::optional<Condition> slow_bridge(const KnownCall& call, LegIndex leg, Duration limit);

}  // namespace hookledger::checks
