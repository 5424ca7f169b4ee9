#include "projector/rules/while.h"

#include <algorithm>

namespace hookledger::rules {
namespace {

Seen first_answer(const KnownCall& call) {
  Seen first;
  for (LegIndex leg = kWholeCall + 1; leg < call.legs().size(); ++leg) {
    const Seen answer{&call, call.legs()[leg].answered, leg};
    if (answer && (!first || answer.event->occurred_at < first.event->occurred_at)) first = answer;
  }
  return first;
}

Seen end_of_call(const KnownCall& call) { return {&call, call.relations().last_ended, kWholeCall}; }

bool by_then(const Seen& seen, const Seen& event) {
  return seen && seen.event->occurred_at <= event.event->occurred_at;
}

}  // namespace

std::optional<Seen> States::holds_at(While during, const Seen& event) const {
  const KnownCall& call = *event.call;
  switch (during) {
    case While::kAlways: return Seen{};
    case While::kCallOpen:
      return call.is_call() && !by_then(end_of_call(call), event) ? std::optional(Seen{}) : std::nullopt;
    case While::kCallActive: {
      const Seen answer = first_answer(call);
      return by_then(answer, event) && !by_then(end_of_call(call), event) ? std::optional(answer) : std::nullopt;
    }
    case While::kCallEnded: {
      const Seen end = end_of_call(call);
      return end && end.event->occurred_at < event.event->occurred_at ? std::optional(end) : std::nullopt;
    }
    case While::kDeviceActive: {
      const DeviceCall* active = device_call_at(event);
      return active == nullptr ? std::nullopt : std::optional(active->from);
    }
  }
  return std::nullopt;
}

Seen States::end_of(While during, const Seen& event) const {
  switch (during) {
    case While::kAlways:
    case While::kCallEnded: return {};
    case While::kCallOpen:
    case While::kCallActive: return end_of_call(*event.call);
    case While::kDeviceActive: {
      const DeviceCall* active = device_call_at(event);
      return active == nullptr ? Seen{} : active->to;
    }
  }
  return {};
}

const DeviceCall* States::device_call_at(const Seen& event) const {
  if (!calls_) {
    calls_ = device_calls(scene_.calls(), event.facts().text(event.event->device));
  }
  const auto found = std::ranges::find_if(
      *calls_, [&](const DeviceCall& active) { return by_then(active.from, event) && !by_then(active.to, event); });
  return found == calls_->end() ? nullptr : &*found;
}

}  // namespace hookledger::rules
