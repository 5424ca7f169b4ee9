#include "projector/rules/match.h"

#include <algorithm>
#include <tuple>

#include "projector/rules/field.h"
#include "projector/rules/state_event.h"

namespace hookledger::rules {
namespace {

void match_events(const Pattern& pattern, const Scene& scene, std::pmr::vector<Seen>& found) {
  std::size_t types = 0;
  for (std::size_t type = 0; type < scene.types().size(); ++type) {
    if (!is_of_type(pattern, scene.types()[type])) continue;
    ++types;
    for (const Seen& seen : scene.of_type(type)) {
      if (holds(pattern.where, seen)) found.push_back(seen);
    }
  }
  if (types > 1) sort_by_occurrence(found);
}

void match_legs(const Pattern& pattern, Legs legs, const Scene& scene, const KnownCall& call,
                std::pmr::vector<Seen>& found) {
  for (const LegIndex leg : legs_of_device(call, scene.device())) {
    if (pattern.of == Of::kThis && !is_about(legs, call, leg)) continue;
    const Seen seen{&call, state_event(pattern, call, leg), leg_meant(pattern.of, call, leg)};
    if (!seen) continue;
    found.push_back(seen);
    if (pattern.of != Of::kThis) return;
  }
}

void match_call(const Pattern& pattern, const KnownCall& call, std::pmr::vector<Seen>& found) {
  if (pattern.call != CallState::kOrganized) {
    if (const EventFact* event = event_of(call, pattern.call)) found.push_back({&call, event, kWholeCall});
    return;
  }
  for (const EventFact* event : call.events()) {
    if (event->organization != 0) found.push_back(see(call, *event));
  }
}

}  // namespace

bool is_about(Legs legs, const KnownCall& call, LegIndex leg) {
  const Relations& relations = call.relations();
  if (legs == Legs::kAll || leg != relations.originator) return true;
  return legs == Legs::kAnswering && relations.winner == kNoLeg;
}

bool is_of_type(const Pattern& pattern, std::string_view type) {
  return std::ranges::any_of(pattern.types, [&](std::string_view wanted) {
    if (!wanted.ends_with('*')) return type == wanted;
    return type.starts_with(wanted.substr(0, wanted.size() - 1));
  });
}

Seen see(const KnownCall& call, const EventFact& event) {
  const LegIndex leg = call.find_leg(event.leg);
  return {&call, &event, leg == kNoLeg ? kWholeCall : leg};
}

void sort_by_occurrence(std::pmr::vector<Seen>& events) {
  std::ranges::sort(events, [](const Seen& a, const Seen& b) {
    if (occurred(a) != occurred(b)) return occurred(a) < occurred(b);
    return std::tuple(a.id(), a.event->offset) < std::tuple(b.id(), b.event->offset);
  });
}

void add_matches(const Pattern& pattern, Legs legs, const Scene& scene, std::pmr::vector<Seen>& found) {
  if (pattern.what == Pattern::kEvent) return match_events(pattern, scene, found);
  for (const KnownCall* call : scene.calls()) {
    if (pattern.what == Pattern::kLeg) {
      match_legs(pattern, legs, scene, *call, found);
    } else {
      match_call(pattern, *call, found);
    }
  }
  sort_by_occurrence(found);
}

}  // namespace hookledger::rules
