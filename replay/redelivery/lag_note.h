#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schemas/call_facts.h"
#include "schemas/time.h"

namespace hookledger {

/// The log itself is told when a subscription is behind, and when it no longer is: so the rule `subscription-lagging`
/// finds it, as of any time. The events are those of a device that stands for the subscription. Pure.
enum class LagTurn : std::uint8_t { kLagging, kCaughtUp };

/// How old the oldest undelivered record may be.
inline constexpr Duration kLagMax = std::chrono::minutes(1);

/// Id of the device.
std::string lag_device(std::string_view subscription);
/// The subscription that a device stands for, if it does.
std::optional<std::string_view> subscription_of_device(std::string_view device);
/// The rule that finds it.
inline constexpr std::string_view kLagRule = "subscription-lagging";
/// What is to be told now; nothing: it is known. `device`: its own events, null when there are none.
std::optional<LagTurn> lag_turn(const CallFacts* device, Duration age);
/// The event as CloudEvents JSON.
std::string lag_event(std::string_view subscription, LagTurn turn, std::uint64_t records, Duration age, Time now);

/// Is it such an event? Nobody subscribes to these.
bool is_lag_note(std::string_view type);

}  // namespace hookledger
