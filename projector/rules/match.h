#pragma once

#include <memory_resource>
#include <vector>

#include "projector/rules/rule_spec.h"
#include "projector/rules/scene.h"

namespace hookledger::rules {

/// Is the rule about this leg?
bool is_about(Legs legs, const KnownCall& call, LegIndex leg);

bool is_of_type(const Pattern& pattern, std::string_view type);

/// The event, and the leg that it names.
Seen see(const KnownCall& call, const EventFact& event);

/// By (occurred_at, id).
void sort_by_occurrence(std::pmr::vector<Seen>& events);

/// What the pattern means among what is known, in order of (occurred_at, id); of `organized`, every event that names an
/// organisation. Of a device's scene, events that name the device, and states of its legs and calls. `found` is empty.
void add_matches(const Pattern& pattern, Legs legs, const Scene& scene, std::pmr::vector<Seen>& found);

}  // namespace hookledger::rules
