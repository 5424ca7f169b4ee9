#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "projector/known_call.h"

namespace hookledger::rules {

/// A known event, with the call that it belongs to, or the device's own events among which it stands.
struct Seen {
  const KnownCall* call = nullptr;
  const EventFact* event = nullptr;
  LegIndex leg = kWholeCall;  ///< That it is an event of.

  explicit operator bool() const { return event != nullptr; }
  const CallFacts& facts() const { return call->facts(); }
  std::string_view id() const { return facts().text(event->id); }
};

inline Time occurred(const Seen& seen) { return seen.event->occurred_at; }
inline Time received(const Seen& seen) { return seen.event->known_at; }

/// The legs of the call that the device's events name; of a call in which they name none, all.
std::vector<LegIndex> legs_of_device(const KnownCall& call, std::string_view device);

/// A time in which a device is in an active call.
struct DeviceCall {
  Seen from;  ///< The answer of one of its legs, or its `device.call.answered`.
  Seen to;    ///< The end of the last of its legs, of the call when it has none; none: still active.
};
std::vector<DeviceCall> device_calls(std::span<const KnownCall* const> calls, std::string_view device);

}  // namespace hookledger::rules
