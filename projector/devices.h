#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "projector/call_store.h"
#include "projector/rules/rule_set.h"

namespace hookledger {

/// Devices in the call store. What is known of a device lies in the calls that it takes part in, of any partition, and
/// in its own events. So nobody can tell its deadline while one partition is written: whoever writes one marks the
/// devices that it changed, in the same write, and tells their deadlines after it. Readers ask for those due and those
/// marked.

/// Calls of a device that are looked at: its newest.
inline constexpr std::size_t kCallsOfDeviceMax = 32;

using DeviceIds = std::set<std::string, std::less<>>;

Result<DeviceFacts> load_device(const CallStore& store, std::string_view device);

/// Tells the deadlines of devices that the partition changed, and removes its marks. Threads: any.
Result<void> update_devices(CallStore& store, const RuleSet& rules, const DeviceIds& devices, std::uint32_t partition);

/// The first `max` devices at or after `from`, in order of id, that may have an open finding at `at`.
Result<DeviceIds> due_devices(const CallStore& store, Time at, std::string_view from, std::size_t max);
/// Those whose first deadline lies after `since`, and by `at`, and those marked.
Result<DeviceIds> devices_due_after(const CallStore& store, Time since, Time at);
/// Of all that are known.
Result<DeviceIds> known_devices(const CallStore& store, std::string_view from, std::size_t max);

}  // namespace hookledger
