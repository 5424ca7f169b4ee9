#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "schemas/call_facts.h"
#include "schemas/time.h"

namespace hookledger {

/// An event as the provider's API tells it. An empty string is an absent one.
struct FetchedEvent {
  std::string id;  ///< The provider's.
  std::string type, leg_id, control_id, call_id;
  std::optional<Time> occurred_at;
  std::string payload;  ///< A JSON object's text, as the provider wrote it.

  bool has_id() const { return !id.empty(); }
  /// Its own id, else one that follows from type, leg and time.
  std::string event_id() const;
  /// Of an event with a time: its leg, type and millisecond, which tell whether one without an id is another.
  std::string moment() const;
};

/// The body that is appended for it: re-serialised in the enveloped shape, under the same event id.
std::string recovered_body(const FetchedEvent& event);

/// Has the call the event already? One without an id of its own is known when the call has one of the same leg and type
/// in the same millisecond; one with an id, also when it was recovered before without it.
bool has_event(const CallFacts& facts, const FetchedEvent& event);

/// A leg that the provider's API says to have ended, while no event says why.
struct DeadLeg {
  std::string leg_id, control_id, call_id;
  std::optional<Time> started_at;
  Time ended_at;
};

/// The event that closes the leg, and says that no provider sent it. One leg, one id.
FetchedEvent synthetic_hangup(const DeadLeg& leg);

}  // namespace hookledger
