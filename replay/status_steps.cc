#include "replay/status_steps.h"

#include <algorithm>

namespace hookledger {
namespace {

CallStatus proven_by(const EventFact& event) {
  switch (event.effect) {
    case Effect::kRinging: return CallStatus::kRinging;
    case Effect::kAnswered: return event.dialled ? CallStatus::kBridged : CallStatus::kAnswered;
    case Effect::kBridged: return CallStatus::kBridged;
    case Effect::kHangup: return CallStatus::kEnded;
    case Effect::kNone:
    case Effect::kInitiated:
    case Effect::kRecording: return CallStatus::kInitiated;
  }
  return CallStatus::kInitiated;
}

}  // namespace

CallStatus StatusSteps::add(const EventFact& event) {
  if (event.leg != 0) {
    const auto [leg, added] = legs_.try_emplace(event.leg, CallStatus::kNone);
    if (!added) --legs_with_[static_cast<std::size_t>(leg->second)];
    leg->second = std::max(leg->second, proven_by(event));
    ++legs_with_[static_cast<std::size_t>(leg->second)];
  }
  return status();
}

CallStatus StatusSteps::status() const {
  for (const CallStatus status :
       {CallStatus::kBridged, CallStatus::kAnswered, CallStatus::kRinging, CallStatus::kInitiated}) {
    if (legs_with_[static_cast<std::size_t>(status)] > 0) return status;
  }
  return legs_.empty() ? CallStatus::kNone : CallStatus::kEnded;
}

}  // namespace hookledger
