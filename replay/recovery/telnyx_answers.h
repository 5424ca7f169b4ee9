#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "replay/recovery/recovered_event.h"

namespace hookledger {

/// What the provider's API answers, read leniently: its examples are irregular, and its shapes are promised for no type
/// of event. Any bytes may come; what cannot be read is counted and left out. Pure.

/// A page of `webhook_deliveries` or `call_events`.
struct EventPage {
  std::vector<FetchedEvent> events;
  std::size_t items = 0;       ///< On the page, those that are none of ours too.
  std::size_t unreadable = 0;  ///< Items without a type, or events without leg and call and id.
  std::uint64_t pages = 0;     ///< In all; 0: not told.
};
/// Nothing when it is no such page at all.
std::optional<EventPage> read_webhook_deliveries(std::string_view json);
std::optional<EventPage> read_call_events(std::string_view json);

/// An empty one is not told.
struct LegIds {
  std::string leg_id, control_id, call_id;
};

enum class Liveness : std::uint8_t { kUnknown, kAlive, kEnded };
/// `calls/{id}` of the leg that was asked about; unknown when it is of another. Ended only with the time of its end.
struct LegState {
  Liveness liveness = Liveness::kUnknown;
  std::optional<Time> started_at, ended_at;
};
LegState read_leg_state(std::string_view json, const LegIds& asked);

/// A page of `active_calls`.
struct ActivePage {
  std::vector<LegIds> legs;
  std::string after;  ///< Where the next page begins; empty: this is the last.
};
std::optional<ActivePage> read_active_calls(std::string_view json);

}  // namespace hookledger
