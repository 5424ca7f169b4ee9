#include "projector/rules/seen.h"

#include <algorithm>
#include <numeric>

namespace hookledger::rules {
namespace {

constexpr std::string_view kAnswered = "device.call.answered";

/// Sorted; empty when none is named.
std::vector<LegIndex> named_legs(const KnownCall& call, Text device) {
  std::vector<LegIndex> legs;
  for (const EventFact* event : call.events()) {
    if (device == 0 || event->device != device) continue;
    if (const LegIndex leg = call.find_leg(event->leg); leg != kNoLeg) legs.push_back(leg);
  }
  std::ranges::sort(legs);
  legs.erase(std::unique(legs.begin(), legs.end()), legs.end());
  return legs;
}

bool earlier(const Seen& a, const Seen& b) { return !b || a.event->occurred_at < b.event->occurred_at; }

Seen answer_of(const KnownCall& call, Text device, const std::vector<LegIndex>& legs) {
  Seen first;
  for (const LegIndex leg : legs) {
    const Seen answer{&call, call.legs()[leg].answered, leg};
    if (answer && earlier(answer, first)) first = answer;
  }
  for (const EventFact* event : call.events()) {
    if (event->device != device || call.facts().text(event->type) != kAnswered) continue;
    if (const Seen answer{&call, event, kWholeCall}; earlier(answer, first)) first = answer;
  }
  return first;
}

Seen end_of(const KnownCall& call, const std::vector<LegIndex>& legs) {
  Seen last;
  for (const LegIndex leg : legs) {
    const Seen end{&call, call.legs()[leg].ended, leg};
    if (!end) return {};
    if (!last || last.event->occurred_at < end.event->occurred_at) last = end;
  }
  return legs.empty() ? Seen{&call, call.relations().last_ended, kWholeCall} : last;
}

}  // namespace

std::vector<LegIndex> legs_of_device(const KnownCall& call, std::string_view device) {
  std::vector<LegIndex> legs = named_legs(call, call.facts().find(device));
  if (!legs.empty()) return legs;
  legs.resize(call.legs().size() - 1);
  std::iota(legs.begin(), legs.end(), kWholeCall + 1);
  return legs;
}

std::vector<DeviceCall> device_calls(std::span<const KnownCall* const> calls, std::string_view device) {
  std::vector<DeviceCall> active;
  for (const KnownCall* call : calls) {
    const Text named = call->facts().find(device);
    if (named == 0 || !call->is_call()) continue;
    const std::vector<LegIndex> legs = named_legs(*call, named);
    if (const Seen answer = answer_of(*call, named, legs)) active.push_back({answer, end_of(*call, legs)});
  }
  return active;
}

}  // namespace hookledger::rules
